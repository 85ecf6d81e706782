"""Signing out: everything stored is forgotten in every case, then revoked where the server can (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import ConfigError, EgainError, KeyringMissing, NetworkError
from egain_auth_cli.flows import sign_in_records
from egain_auth_cli.models.grants import Actor
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.settings.resolve import resolve_settings
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.tokens.logins import Logins

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.models.form_request import Client
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.settings.profile import Config
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.tokens.credentials import Credentials
    from egain_auth_cli.tokens.stored_login import StoredLogin


class LoggedOut(NamedTuple):
    """What ``logout`` did for one profile.

    Attributes:
        profile: Its name; None for the environment's client.
        forgotten: How many logins and tokens were removed.
        revoked: How many the server revoked.
    """

    profile: str | None
    forgotten: int
    revoked: int


class SignOut:
    """Forgets and revokes logins.

    Args:
        environ: For the settings.
        credentials: Returns what is stored for settings.
        revoke: Sends a revocation: URL, client, token, kind of token.
        lock_seconds: The longest wait for a lock.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        credentials: Callable[[Settings], Credentials],
        revoke: Callable[[str, Client, Secret, str], None],
        lock_seconds: float,
    ) -> None:
        self._environ = environ
        self._credentials = credentials
        self._revoke = revoke
        self._lock_seconds = lock_seconds

    def logout(self, config: Config, *, profile: str | None, revoke: bool) -> LoggedOut:
        """Sign out of one profile, every flow and actor of it.

        Args:
            config: The profiles.
            profile: As ``-p`` names it; None for the default one.
            revoke: Whether the server is asked to revoke.

        Raises:
            StoreError: Something stored could not be removed; everything else was.
            AuthError: The server refused to revoke; what was stored here is gone.
            NetworkError: It was not reached; likewise.
        """
        # What is stored goes first, whatever the server says: a failing network must not keep a login on this machine.
        failures: list[EgainError] = []
        forgotten = revoked = 0
        pending: list[tuple[str, Client, Secret, str]] = []
        settings = None
        for record in sign_in_records():
            for actor in Actor:
                options = FlowOptions(profile=profile, flow=record.flow, actor=actor)
                settings = resolve_settings(options, self._environ, config)
                place = self._credentials(settings).place
                try:
                    with place.hold(Logins.item(settings), seconds=self._lock_seconds):
                        if revoke and settings.revocation_url.value and settings.client_id.value:
                            pending += self._to_revoke(settings, failures)
                        forgotten += self._forget(settings, failures)
                except EgainError as exc:
                    failures.append(exc)
        if settings is not None:
            forgotten += self._clear(settings, failures)
            profile = settings.profile.value
        for url, client, token, kind in pending:
            try:
                self._revoke(url, client, token, kind)
                revoked += 1
            except EgainError as exc:
                failures.append(_still_live(exc))
        if failures:
            raise failures[0]
        return LoggedOut(profile, forgotten, revoked)

    def _to_revoke(self, settings: Settings, failures: list[EgainError]) -> list[tuple[str, Client, Secret, str]]:
        credentials = self._credentials(settings)
        logins = credentials.logins
        url = settings.need("revocation_url")
        try:
            theirs, ours = origin_of(url, field="revocation_url"), origin_of(settings.need("token_url"))
            # Client secret and refresh token are sent there: not to a host that only a slip has put into the profile.
            if (theirs.scheme, theirs.host) != (ours.scheme, ours.host):
                raise ConfigError(
                    "not revoked, and may still be live: `revocation_url` is on another host than `token_url`",
                    hint="compare both with the Metadata panel",
                )
            login = self._login(logins, settings)
            if login is not None:
                return [(url, logins.client(settings), login.refresh_token, "refresh_token")]
            cached = credentials.cache.load(credentials.key_of(settings))
            if cached is not None:
                return [(url, logins.client(settings), cached.access_token, "access_token")]
        except EgainError as exc:
            failures.append(_still_live(exc))
        return []

    @staticmethod
    def _login(logins: Logins, settings: Settings) -> StoredLogin | None:
        try:
            return logins.taken_up(settings)[0]
        except KeyringMissing:
            return None  # nothing can be stored in a keyring that is not there

    def _forget(self, settings: Settings, failures: list[EgainError]) -> int:
        try:
            return int(self._credentials(settings).logins.forget(settings))
        except EgainError as exc:
            failures.append(exc)
            return 0

    def _clear(self, settings: Settings, failures: list[EgainError]) -> int:
        try:
            return self._credentials(settings).cache.clear(settings.owner)
        except EgainError as exc:
            failures.append(exc)
            return 0


def _still_live(exc: EgainError) -> EgainError:
    if isinstance(exc, NetworkError):
        exc.message = f"the login was not revoked and may still be live: {exc.message}"
        exc.hint = "what was stored here is gone; end the session in eGain, or wait for the token to expire"
    return exc
