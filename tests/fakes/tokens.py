"""Made-up tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import TokenSet
from fakes.clock import NOW

if TYPE_CHECKING:
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.stores.journal import Journal


def make_token(
    value: str = "made-up-access-token",
    *,
    lives: int = 3600,
    obtained_at: float = NOW,
    refresh: str | None = None,
    scope: str | None = None,
) -> TokenSet:
    """Return a token that lives for so many seconds from its receipt."""
    return TokenSet(
        access_token=Secret(value),
        expires_at=int(obtained_at) + lives,
        obtained_at=int(obtained_at),
        scope=scope,
        refresh_token=None if refresh is None else Secret(refresh),
    )


def receive(
    journal: Journal,
    item: str,
    token: TokenSet,
    *,
    key: str,
    replaces: Secret,
    login: str = "made-up-login",
    kept: str = "made-up-kept",
) -> None:
    """Write down an answer of which everything can be used."""
    assert token.refresh_token is not None
    with journal.begin(item) as record:
        record.received(token.refresh_token, login=login, kept=Secret(kept), token=token, key=key, replaces=replaces)


def keep_token(runtime: Runtime, settings: Settings, token: TokenSet) -> None:
    """Put a token into the cache, as of the login that is there."""
    credentials = runtime.credentials(settings)
    credentials.cache.save(credentials.key_of(settings), token)
