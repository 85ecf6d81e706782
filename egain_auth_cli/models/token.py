"""A token as the client holds it: what RFC 6749 §5.1 answers, with an absolute expiry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from egain_auth_cli.models.secret import Secret

DEFAULT_LIFETIME = 3600
"""Seconds, where the answer has no ``expires_in``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """An access token, and the refresh token that may come with it.

    Attributes:
        access_token: The token, in the b64token alphabet of RFC 6750 §2.1.
        expires_at: Epoch seconds, counted from the receipt of the answer.
        scope: What was granted, separated by spaces; None where the server did not say.
        refresh_token: None where the server gave none.
        obtained_at: Epoch seconds of the receipt.
    """

    access_token: Secret
    expires_at: int
    obtained_at: int
    scope: str | None = None
    refresh_token: Secret | None = None

    def remaining(self, now: float) -> float:
        """Give the seconds of life left at ``now`` (epoch seconds); negative once it has expired."""
        return self.expires_at - now
