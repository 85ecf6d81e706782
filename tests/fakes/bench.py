"""A token service with everything around it in memory or in a test's own folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from egain_auth_cli.models.secret import Secret
from egain_auth_cli.stores.lock import Locks
from egain_auth_cli.stores.login_marks import LoginMark
from egain_auth_cli.stores.login_place import LoginPlace
from egain_auth_cli.stores.secret_store import BoundSecrets, client_secret_item
from egain_auth_cli.tokens.acquire import TokenService
from egain_auth_cli.tokens.credentials import Credentials
from egain_auth_cli.tokens.logins import Logins
from egain_auth_cli.tokens.request import TokenRequest
from egain_auth_cli.tokens.stored_login import StoredLogin
from fakes.clock import FakeClock
from fakes.profiles import ACME, make_settings
from fakes.secret_store import FakeSecretStore
from fakes.sender import FakeSender
from fakes.token_cache import FakeTokenCache

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.tokens.client_secrets import ClientSecrets


class Bench:
    """Parts that tests look at, and short ways to set them up."""

    def __init__(
        self, tmp_path: Path, *script: Any, text: str = ACME, environ: Mapping[str, str] | None = None
    ) -> None:
        self.text = text
        self.environ = dict(environ or {})
        self.clock = FakeClock()
        self.cache = FakeTokenCache()
        self.store = FakeSecretStore()
        self.sender = FakeSender(*script)
        self.place = LoginPlace(lambda: tmp_path / "logins")
        self.journal = self.place.journal
        self.locks = Locks(lambda: tmp_path / "locks")
        self.warnings: list[str] = []

    @property
    def credentials(self) -> Credentials:
        """What is stored for the profile, as a new process opens it."""
        return Credentials(
            self.environ,
            place=self.place,
            locks=self.locks,
            cache=self.cache,
            kind=self.store.kind,
            open_store=lambda _: self.store,
            say=self.warnings.append,
        )

    @property
    def secrets(self) -> BoundSecrets:
        """The secrets."""
        return self.credentials.secrets

    @property
    def client_secrets(self) -> ClientSecrets:
        """The finder of client secrets."""
        return self.credentials.client_secrets

    @property
    def logins(self) -> Logins:
        """The stored logins."""
        return self.credentials.logins

    def settings(self, **options: Any) -> Settings:
        """Resolve settings of the profile."""
        return make_settings(environ=self.environ, text=self.text, **options)

    def service(self, *, seconds: float = 5.0) -> TokenService:
        """Return a service, as a new process makes it."""
        return TokenService(
            self.credentials,
            sender=self.sender,
            clock=self.clock,
            seconds=seconds,
            warn=self.warnings.append,
            recheck=lambda: None,
        )

    def acquire(self, settings: Settings | None = None, *, seconds: float = 5.0, **request: Any) -> TokenSet:
        """Ask for a token."""
        asked = TokenRequest(settings=settings or self.settings(), **request)
        return self.service(seconds=seconds).acquire_token(asked)

    def cached(self, token: TokenSet, settings: Settings | None = None) -> None:
        """Put a token into the cache."""
        self.cache.save(self.credentials.key_of(settings or self.settings()), token)

    def signed_in(self, refresh: str = "made-up-refresh-1", settings: Settings | None = None) -> None:
        """Store a login."""
        used = settings or self.settings()
        login = StoredLogin(Secret(refresh), used.wire_scopes, id="made-up-login")
        self.place.marks.write(Logins.item(used), LoginMark(login.id, login.person))
        self.secrets.set(Logins.item(used), login.as_secret(), use=used.binding())

    def refresh_token(self, settings: Settings | None = None) -> str | None:
        """Return the refresh token that is stored."""
        used = settings or self.settings()
        secret = self.secrets.get(Logins.item(used), use=used.binding(), remedy="x")
        return None if secret is None else StoredLogin.from_secret(secret).refresh_token.reveal()

    def client_secret(self, value: str = "made-up-client-secret") -> None:
        """Store the profile's client secret."""
        settings = self.settings()
        item = client_secret_item(settings.owner)
        self.secrets.set(item, Secret(value), use=settings.secret_binding())
