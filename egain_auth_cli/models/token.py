"""A token as the client holds it: what RFC 6749 §5.1 answers, with an absolute expiry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from egain_auth_cli.models.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_LIFETIME = 3600
"""Seconds, where the answer has no ``expires_in``: eGain's own MCP server counts with the same."""
LONGEST_TOKEN = 64 * 1024
"""Characters of an access or refresh token; the stores hold as much, and no server takes a header as long."""
CLOCK_SLACK = 60
"""Seconds that a clock may be set back without making tokens void."""
_BEARER = re.compile(r"[A-Za-z0-9\-._~+/]+=*")  # b64token, RFC 6750 §2.1


def is_bearer_token(text: str) -> bool:
    """Return whether a text may stand as a token in an Authorization header (RFC 6750 §2.1)."""
    return _BEARER.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """An access token, and the refresh token that may come with it.

    Attributes:
        access_token: The token, in the b64token alphabet of RFC 6750 §2.1.
        expires_at: Epoch seconds, counted from the receipt of the answer.
        scope: What was granted, separated by spaces; None where the server did not say.
        refresh_token: None where the server gave none.
        obtained_at: Epoch seconds of the receipt.
        person: Who it is for, by its unverified claims: to be shown, and for nothing else.
    """

    access_token: Secret
    expires_at: int
    obtained_at: int
    scope: str | None = None
    refresh_token: Secret | None = None
    person: str | None = None

    def remaining(self, now: float) -> float:
        """Return the seconds of life left at ``now`` (epoch seconds); negative once it has expired.

        A token that was obtained in the future has none: the clock was ahead then, and its end is not known.
        """
        return 0.0 if self.seconds_ahead(now) else self.expires_at - now

    def seconds_ahead(self, now: float) -> float:
        """Return how far in the future it was obtained; 0 where that is no more than clocks are set back by."""
        ahead = self.obtained_at - now
        return ahead if ahead > CLOCK_SLACK else 0.0

    def as_record(self) -> dict[str, object]:
        """Return the access token as JSON-able values for a store, without the refresh token."""
        return {
            "access_token": self.access_token.reveal(),
            "expires_at": self.expires_at,
            "obtained_at": self.obtained_at,
            "scope": self.scope,
            "person": self.person,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, object]) -> TokenSet | None:
        """Read what ``as_record`` returned; None for anything else."""
        access_token, scope, person = record.get("access_token"), record.get("scope"), record.get("person")
        # The file may be of another release, or damaged: what does not fit is not used, and a new token is acquired.
        expires_at, obtained_at = record.get("expires_at"), record.get("obtained_at")
        if not (isinstance(access_token, str) and isinstance(expires_at, int) and isinstance(obtained_at, int)):
            return None
        return cls(
            access_token=Secret(access_token),
            expires_at=expires_at,
            obtained_at=obtained_at,
            scope=scope if isinstance(scope, str) and scope else None,
            person=person if isinstance(person, str) and person else None,
        )
