"""What every command shares: paths, settings, HTTP, credentials, tokens; what loads more is made when asked for."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.grants import SecretStoreKind, TokenCacheKind
from egain_auth_cli.sanitize import without_blanks
from egain_auth_cli.settings.profile import Config
from egain_auth_cli.settings.resolve import resolve_settings
from egain_auth_cli.stores.lock import Locks
from egain_auth_cli.stores.login_place import LoginPlace
from egain_auth_cli.stores.paths import Paths
from egain_auth_cli.stores.profile_store import ProfileStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.settings.settings import FlowOptions, Settings
    from egain_auth_cli.stores.fast_file import FastFiles
    from egain_auth_cli.stores.secret_store import SecretStore
    from egain_auth_cli.stores.token_cache import TokenCache
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.tokens.acquire import TokenService
    from egain_auth_cli.tokens.credentials import Credentials
    from egain_auth_cli.transport.client import HttpClient
    from egain_auth_cli.transport.token_endpoint import TokenEndpoint

DEFAULT_SECONDS = 30.0
_OURS = "EGAIN_"
_MOST_SECONDS = 3600.0
"""More is refused as a slip, such as milliseconds."""


class Runtime:
    """The parts of one run.

    NOTE: stores, tokens and transport are imported by the methods that need them: what a run does not use costs it
    nothing.

    Args:
        environ: The environment.
        terminal: The streams.
        clock: Epoch seconds.

    Attributes:
        environ: The environment, the blanks around our own variables left out.
        trimmed: The variables that had such blanks.
        profile: As ``-p`` names it, before or after the command's name.
        child_status: The exit status of a command that was run, to end with.
    """

    def __init__(
        self, environ: Mapping[str, str], terminal: Terminal, *, clock: Callable[[], float] = time.time
    ) -> None:
        pasted = {name: without_blanks(text) for name, text in environ.items() if name.upper().startswith(_OURS)}
        self.environ = {**environ, **pasted}
        self.trimmed = sorted(name for name, text in pasted.items() if text != environ[name])
        self.terminal = terminal
        self.clock = clock
        self.profile: str | None = None
        self.child_status: int | None = None
        self.paths = Paths(self.environ)
        self.locks = Locks(self.paths.locks_dir, otherwise="; `--no-store` needs none")
        self._login_places: dict[SecretStoreKind, LoginPlace] = {}
        self._secret_stores: dict[SecretStoreKind, SecretStore] = {}
        self._credentials: dict[tuple[SecretStoreKind, TokenCacheKind], Credentials] = {}

    @cached_property
    def seconds(self) -> float:
        """How long a token, discovery or revocation request, or the wait for a lock, may take (``EGAIN_TIMEOUT``).

        Raises:
            ConfigError: The variable is not a number of seconds.
        """
        text = self.environ.get("EGAIN_TIMEOUT")
        if not text:
            return DEFAULT_SECONDS
        try:
            seconds = float(text)
        except ValueError:
            seconds = math.nan  # which the comparison below refuses, as it does a "nan" in the variable
        if not 0 < seconds <= _MOST_SECONDS:
            raise ConfigError("`EGAIN_TIMEOUT` must be seconds, more than 0", hint="set it to `30`, or unset it")
        return seconds

    @cached_property
    def profile_store(self) -> ProfileStore:
        """``config.toml``."""
        return ProfileStore(self.paths.config_file, seconds=lambda: self.seconds)

    def config(self) -> Config:
        """Read the profiles; an unknown home folder means none where the environment alone is enough.

        Raises:
            ConfigError: The file cannot be read, or there is no home folder to look for it in.
        """
        # A user without a home folder is usual in a container, where the environment says everything.
        try:
            store = self.profile_store
        except ConfigError:
            if self.environ.get("EGAIN_CLIENT_ID") and self.environ.get("EGAIN_TOKEN_URL"):
                return Config({}, Path("config.toml"))
            raise
        return store.load()

    def settings(self, options: FlowOptions) -> Settings:
        """Resolve settings; the profile of ``-p`` is filled in.

        Raises:
            ConfigError: The profile does not exist, or a value is invalid.
        """
        return resolve_settings(replace(options, profile=self.profile), self.environ, self.config())

    def secret_store(self, kind: SecretStoreKind) -> SecretStore:
        """Return the store of one kind, the same each time.

        So a keyring that did not answer within its bound is not asked, and waited for, again in this run.
        """
        if kind not in self._secret_stores:
            from egain_auth_cli.stores.kinds import open_secret_store

            waiting = self.terminal.instruct if self.terminal.can_ask else None
            self._secret_stores[kind] = open_secret_store(kind, self.environ, self.paths, waiting=waiting)
        return self._secret_stores[kind]

    def login_place(self, kind: SecretStoreKind) -> LoginPlace:
        """Return the place beside the logins of a kind of store, the same each time."""
        if kind not in self._login_places:
            self._login_places[kind] = LoginPlace(partial(self.paths.login_dir, kind))
        return self._login_places[kind]

    def token_cache(self, kind: TokenCacheKind) -> TokenCache:
        """Return the cache of one kind."""
        from egain_auth_cli.stores.token_cache import FileTokenCache, KeyringTokenCache, NoTokenCache

        if kind is TokenCacheKind.FILE:
            return FileTokenCache(self.paths.tokens_dir, forget_fast=self.fast_files.clear)
        if kind is TokenCacheKind.KEYRING:
            return KeyringTokenCache(
                self.secret_store(SecretStoreKind.KEYRING),
                self.login_place(SecretStoreKind.KEYRING).locks,
                seconds=lambda: self.seconds,
            )
        return NoTokenCache()

    @cached_property
    def fast_files(self) -> FastFiles:
        """The files that answer the next ``egain token``."""
        from egain_auth_cli.stores.fast_file import FastFiles

        return FastFiles(self.paths)

    def credentials(self, settings: Settings) -> Credentials:
        """Return what is stored for the profile of these settings."""
        return self.credentials_in(settings.secret_store.value, settings.token_cache.value)

    def credentials_in(self, secret_store: SecretStoreKind, token_cache: TokenCacheKind) -> Credentials:
        """Return what is stored in these two kinds of places, the same objects each time."""
        from egain_auth_cli.tokens.credentials import Credentials

        kinds = (secret_store, token_cache)
        if kinds not in self._credentials:
            self._credentials[kinds] = Credentials(
                self.environ,
                place=self.login_place(secret_store),
                locks=self.locks,
                cache=self.token_cache(token_cache),
                kind=secret_store,
                open_store=self.secret_store,
                say=self.terminal.say,
            )
        return self._credentials[kinds]

    @cached_property
    def http(self) -> HttpClient:
        """The HTTP client; the first request loads the HTTP library."""
        from egain_auth_cli.transport.client import HttpClient

        return HttpClient(self.environ, trace=self.terminal.trace)

    @cached_property
    def token_endpoint(self) -> TokenEndpoint:
        """The sender of grants."""
        from egain_auth_cli.transport.token_endpoint import TokenEndpoint

        return TokenEndpoint(self.http, seconds=self.seconds, clock=self.clock, progress=self.terminal.progress)

    def token_service(self, settings: Settings) -> TokenService:
        """Return what acquires the tokens of these settings."""
        from egain_auth_cli.settings.recheck import recheck_profile
        from egain_auth_cli.tokens.acquire import TokenService

        return TokenService(
            self.credentials(settings),
            sender=self.token_endpoint,
            clock=self.clock,
            seconds=self.seconds,
            warn=self.terminal.warn,
            recheck=lambda: recheck_profile(settings, self.config()),
        )
