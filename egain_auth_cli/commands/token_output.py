"""A token as the JSON object that scripts read."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.resolve import Settings


def rfc3339(epoch: int) -> str:
    """Give a moment in UTC, as RFC 3339 writes it."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def token_document(token: TokenSet, settings: Settings) -> dict[str, object]:
    """Give the object of ``--output json``, with the RFC's names."""
    return {
        "access_token": token.access_token.reveal(),
        "token_type": "Bearer",
        "expires_in": max(0, int(token.remaining(time.time()))),
        "expires_at": token.expires_at,
        "expires": rfc3339(token.expires_at),
        "scope": token.scope or " ".join(settings.wire_scopes),
        "profile": settings.profile.value,
        "flow": settings.need_flow().value,
    }
