"""The composition root: builds settings, stores, transport and services when they are asked for."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.grants import Flow, SecretStoreKind, TokenCacheKind
from egain_auth_cli.stores.lock import Locks
from egain_auth_cli.stores.paths import Paths
from egain_auth_cli.stores.profile_store import Config, ProfileStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from egain_auth_cli.call.send import CallService
    from egain_auth_cli.health.doctor import DoctorService
    from egain_auth_cli.health.probe import ProbeResult
    from egain_auth_cli.health.status import Status, StatusService
    from egain_auth_cli.models.form_request import Client, FormRequest
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.profiles.discovery import DiscoveryService
    from egain_auth_cli.profiles.edit import ProfileService
    from egain_auth_cli.settings.resolve import FlowOptions, Settings
    from egain_auth_cli.sign_in.sign_in import SessionService
    from egain_auth_cli.stores.fast_file import FastFiles
    from egain_auth_cli.stores.secret_store import BoundSecrets, SecretStore
    from egain_auth_cli.stores.token_cache import TokenCache
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.tokens.acquire import TokenRequest, TokenService
    from egain_auth_cli.tokens.client_secrets import ClientSecrets
    from egain_auth_cli.tokens.keep_secret import SecretService
    from egain_auth_cli.tokens.logins import Logins
    from egain_auth_cli.tokens.sign_out import LogoutService
    from egain_auth_cli.transport.client import HttpClient
    from egain_auth_cli.transport.token_endpoint import TokenEndpoint

DEFAULT_SECONDS = 30.0
_MOST_SECONDS = 3600.0


@dataclass
class GlobalOptions:
    """Options that every command takes, before or after its name."""

    profile: str | None = None


class Runtime:
    """Everything one run may need; nothing is built before it is needed.

    Args:
        environ: The environment.
        terminal: The streams.
        clock: Epoch seconds.

    Attributes:
        child_status: The exit status of a command that was run, to end with.
    """

    def __init__(
        self, environ: Mapping[str, str], terminal: Terminal, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.environ = environ
        self.terminal = terminal
        self.clock = clock
        self.options = GlobalOptions()
        self.child_status: int | None = None
        self.paths = Paths(environ)
        self._secret_stores: dict[SecretStoreKind, SecretStore] = {}

    @cached_property
    def seconds(self) -> float:
        """The end of a token, discovery or revocation request, in seconds (``EGAIN_TIMEOUT``).

        Raises:
            ConfigError: The variable is no number of seconds.
        """
        text = self.environ.get("EGAIN_TIMEOUT")
        if not text:
            return DEFAULT_SECONDS
        try:
            seconds = float(text)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds <= _MOST_SECONDS:
            raise ConfigError("`EGAIN_TIMEOUT` must be seconds, more than 0", hint="set it to `30`, or unset it")
        return seconds

    @cached_property
    def profile_store(self) -> ProfileStore:
        """``config.toml``."""
        return ProfileStore(self.paths.config_file, self.locks)

    @cached_property
    def locks(self) -> Locks:
        """Locks of credentials, and of edits of the profiles."""
        return Locks(lambda: self.paths.locks_dir)

    def config(self) -> Config:
        """Read the profiles; an unknown home folder means none."""
        try:
            store = self.profile_store
        except ConfigError:
            if self.environ.get("EGAIN_CLIENT_ID") and self.environ.get("EGAIN_TOKEN_URL"):
                return Config({}, self._nowhere())
            raise
        return store.load()

    @staticmethod
    def _nowhere() -> Path:
        from pathlib import Path

        return Path("config.toml")

    def settings(self, options: FlowOptions) -> Settings:
        """Resolve settings; the profile of ``-p`` is filled in."""
        from dataclasses import replace

        from egain_auth_cli.settings.resolve import resolve_settings

        return resolve_settings(replace(options, profile=self.options.profile), self.environ, self.config())

    def secret_store(self, kind: SecretStoreKind) -> SecretStore:
        """Give the store of one kind, the same each time."""
        if kind not in self._secret_stores:
            self._secret_stores[kind] = self._open_secret_store(kind)
        return self._secret_stores[kind]

    def _open_secret_store(self, kind: SecretStoreKind) -> SecretStore:
        if kind is SecretStoreKind.KEYRING:
            from egain_auth_cli.stores.keyring_store import KeyringStore

            return KeyringStore(self.environ)
        if kind is SecretStoreKind.FILE:
            from egain_auth_cli.stores.file_secret_store import FileSecretStore

            return FileSecretStore(self.paths.secrets_dir)
        from egain_auth_cli.stores.secret_store import NoSecretStore

        return NoSecretStore()

    def secrets(self, kind: SecretStoreKind) -> BoundSecrets:
        """Give the secrets of a profile, opened when one is needed."""
        from egain_auth_cli.stores.secret_store import BoundSecrets

        return BoundSecrets(lambda: self.secret_store(kind))

    def token_cache(self, kind: TokenCacheKind) -> TokenCache:
        """Give the cache of one kind."""
        from egain_auth_cli.stores.token_cache import FileTokenCache, KeyringTokenCache, NoTokenCache

        if kind is TokenCacheKind.FILE:
            return FileTokenCache(lambda: self.paths.tokens_dir, forget_fast=self.fast_files.clear)
        return (
            KeyringTokenCache(self.secret_store(SecretStoreKind.KEYRING))
            if kind is TokenCacheKind.KEYRING
            else NoTokenCache()
        )

    @cached_property
    def fast_files(self) -> FastFiles:
        """The files that answer the next ``egain token``."""
        from egain_auth_cli.stores.fast_file import FastFiles

        return FastFiles(self.paths)

    def keep_for_fast_path(self, header: list[str] | None, request: TokenRequest, token: TokenSet) -> None:
        """Let the fast path answer the same command line, if it is one of those that need no thought."""
        from egain_auth_cli.stores.token_cache import FileTokenCache
        from egain_auth_cli.tokens.acquire import cache_key

        cache = self.token_cache(request.settings.token_cache.value)
        plain = request.settings.flow.value not in (Flow.ON_BEHALF_OF, Flow.TOKEN_EXCHANGE)
        if header is not None and plain and isinstance(cache, FileTokenCache):
            self.fast_files.write(header, cache.path_of(cache_key(request.settings)), token)

    @cached_property
    def http(self) -> HttpClient:
        """The HTTP client; its first request loads the HTTP library."""
        from egain_auth_cli.transport.client import HttpClient

        return HttpClient(self.environ, trace=self.terminal.trace)

    @cached_property
    def token_endpoint(self) -> TokenEndpoint:
        """The sender of grants."""
        from egain_auth_cli.transport.token_endpoint import TokenEndpoint

        return TokenEndpoint(self.http, seconds=self.seconds, clock=self.clock)

    def client_secrets(self, settings: Settings) -> ClientSecrets:
        """Give the finder of client secrets."""
        from egain_auth_cli.tokens.client_secrets import ClientSecrets

        return ClientSecrets(self.environ, self.secrets(settings.secret_store.value))

    def logins(self, settings: Settings) -> Logins:
        """Give the stored logins of a profile."""
        from egain_auth_cli.stores.journal import Journal
        from egain_auth_cli.tokens.logins import Logins

        return Logins(
            self.secrets(settings.secret_store.value),
            self.client_secrets(settings),
            Journal(lambda: self.paths.journal_dir),
            LateTokenEndpoint(self),
        )

    def token_service(self, settings: Settings) -> TokenService:
        """Give the service that acquires tokens."""
        from egain_auth_cli.tokens.acquire import TokenService

        return TokenService(
            cache=self.token_cache(settings.token_cache.value),
            locks=self.locks,
            logins=self.logins(settings),
            client_secrets=self.client_secrets(settings),
            sender=LateTokenEndpoint(self),
            clock=self.clock,
            seconds=self.seconds,
            warn=self.terminal.warn,
        )

    def session_service(self, settings: Settings) -> SessionService:
        """Give the service that signs in."""
        from egain_auth_cli.sign_in.browser import Browser
        from egain_auth_cli.sign_in.sign_in import SessionService

        return SessionService(
            secrets=self.secrets(settings.secret_store.value),
            logins=self.logins(settings),
            cache=self.token_cache(settings.token_cache.value),
            locks=self.locks,
            sender=LateTokenEndpoint(self),
            open_browser=Browser(self.environ, notify=self.terminal.instruct).open,
            notify=self.terminal.instruct,
            clock=self.clock,
            lock_seconds=self.seconds,
        )

    def logout_service(self) -> LogoutService:
        """Give the service that signs out."""
        from egain_auth_cli.tokens.sign_out import LogoutService

        return LogoutService(
            self.environ,
            cache=self.token_cache,
            logins=self.logins,
            locks=self.locks,
            revoke=self._revoke,
            lock_seconds=self.seconds,
        )

    def _revoke(self, url: str, client: Client, token: Secret, kind: str) -> None:
        from egain_auth_cli.transport.revocation import revoke_token

        with self.terminal.progress("revoking the login"):
            revoke_token(self.token_endpoint, url=url, client=client, token=token, kind=kind)

    def profile_service(self) -> ProfileService:
        """Give the service that edits profiles."""
        from egain_auth_cli.profiles.edit import ProfileService
        from egain_auth_cli.profiles.profile_data import Belongings
        from egain_auth_cli.stores.journal import Journal

        journal = Journal(lambda: self.paths.journal_dir)
        belongings = Belongings(
            secrets=self.secrets,
            cache=self.token_cache,
            journal=journal,
            locks=self.locks,
            home=lambda: self.config().home,
        )
        return ProfileService(self.profile_store, belongings)

    def discovery_service(self) -> DiscoveryService:
        """Give the service that reads metadata documents."""
        from egain_auth_cli.profiles.discovery import DiscoveryService

        return DiscoveryService(self._fetch)

    def _fetch(self, url: str) -> dict[str, object]:
        from egain_auth_cli.profiles.fetch import fetch_document

        with self.terminal.progress("asking the instance"):
            return fetch_document(self.http, url, seconds=self.seconds)

    def secret_service(self) -> SecretService:
        """Give the service that keeps client secrets."""
        from egain_auth_cli.tokens.keep_secret import SecretService

        return SecretService(secrets=self.secrets, client_secrets=self.client_secrets)

    def status_service(self) -> StatusService:
        """Give the service that describes what is in use."""
        from egain_auth_cli.health.status import StatusService

        return StatusService(cache=self.token_cache, logins=self.logins, clock=self.clock)

    def doctor_service(self) -> DoctorService:
        """Give the service that checks everything."""
        from egain_auth_cli.health.doctor import DoctorService
        from egain_auth_cli.models.urls import origin_of

        def reach(url: str, form: bool, seconds: float) -> ProbeResult:  # noqa: FBT001  a plain callable
            from egain_auth_cli.health.probe import reach as ask

            return ask(self.http, url, origin_of(url), form=form, seconds=seconds)

        def certificates() -> str:
            from egain_auth_cli.health.probe import certificate_source

            return certificate_source(self.environ)

        return DoctorService(
            self.environ,
            paths=self.paths,
            resolve=self.settings,
            describe=self.describe,
            secret_store=self.secret_store,
            reach=reach,
            certificates=certificates,
        )

    def describe(self, settings: Settings) -> Status:
        """Describe what settings would use, nothing secret."""
        return self.status_service().describe(settings, self.secret_service().locate(settings), self.settings)

    def call_service(self) -> CallService:
        """Give the service that calls the API."""
        from egain_auth_cli.call.send import CallService

        return CallService(self.http, clock=self.clock, trace=self.terminal.trace)


class LateTokenEndpoint:
    """Sends grants, and loads the HTTP library only when the first one is sent.

    Args:
        runtime: Gives the real sender.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def request_token(self, form: FormRequest) -> TokenSet:
        """See ``TokenEndpoint.request_token``."""
        with self._runtime.terminal.progress("asking for a token"):
            return self._runtime.token_endpoint.request_token(form)
