"""Stored logins: the refresh token of a person who signed in, kept and found."""

from __future__ import annotations

import contextlib
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from egain_auth_cli.errors import BindingChanged, KeyringMissing, LoginRequired, StoreError
from egain_auth_cli.models.command_words import command_line
from egain_auth_cli.models.form_request import Client
from egain_auth_cli.models.grants import SecretStoreKind
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.stores.login_marks import NO_LOGIN, LoginMark
from egain_auth_cli.stores.secret_store import bound, login_item
from egain_auth_cli.tokens.stored_login import STEERING_SCOPES, StoredLogin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.stores.journal import Recovered
    from egain_auth_cli.stores.login_place import LoginPlace
    from egain_auth_cli.stores.secret_store import BoundSecrets
    from egain_auth_cli.tokens.client_secrets import ClientSecrets

_PROBE = "probe"
_PROBE_BYTES = 3 * 1024
"""Of which the probe is made; a refresh token of Azure AD B2C has about 1,500 characters."""


class Logins:
    """Keeps, finds and forgets stored logins. Every method that writes runs under the login's lock.

    Args:
        secrets: The profile's secret store.
        client_secrets: Finds the secret of a Web application.
        place: What lies beside the logins.
    """

    def __init__(self, secrets: BoundSecrets, client_secrets: ClientSecrets, place: LoginPlace) -> None:
        self._secrets = secrets
        self._client_secrets = client_secrets
        self._place = place

    @staticmethod
    def item(settings: Settings) -> str:
        """Return the name of the login that these settings use, in the secret store."""
        return login_item(settings.owner, settings.need_flow().flow, settings.actor.value)

    def client(self, settings: Settings) -> Client:
        """Return the client as this flow authenticates it: a public one never sends a secret.

        Raises:
            ConfigError: The client ID or the secret is missing or invalid.
            StoreError: The secret store failed.
        """
        client_id = settings.need("client_id")
        if settings.need_flow().public_client:
            return Client(client_id=client_id)
        found = self._client_secrets.find(settings)
        auth = settings.client_auth.value
        return Client(client_id=client_id, secret=found.secret, client_auth=auth, source=found.source)

    def stored(self, settings: Settings) -> StoredLogin | None:
        """Return the stored login, or None.

        Raises:
            BindingChanged: It belongs to another client, token endpoint or API.
            StoreError: The store failed.
        """
        profile = settings.profile.value
        remedy = f"egain -p {profile} login" if profile else "egain login"
        variable = settings.foreign_variable()
        secret = self._secrets.get(self.item(settings), use=settings.binding(), remedy=remedy, variable=variable)
        return None if secret is None else StoredLogin.from_secret(secret)

    def taken_up(self, settings: Settings) -> tuple[StoredLogin | None, Recovered | None]:
        """Return the stored login, after taking up what a process that died had done of it.

        Its mark is put right too, where a sign-in ended half-way or the file is gone.

        Returns:
            The login or None; and what a process that died in a renewal had received of it. That record stays until
            ``finish_renewal``.

        Raises:
            BindingChanged: The login belongs to another client, token endpoint or API.
            StoreError: The store or the place beside it failed.
        """
        item = self.item(settings)
        login = self.stored(settings) or self._put_back(settings)
        if login is None:
            return None, None
        login = self._with_mark(item, login)
        found = self._place.journal.recover(item)
        if found is None or not found.succeeds(login.refresh_token):
            return login, None
        if found.refresh_token != login.refresh_token:
            login = login._replace(refresh_token=found.refresh_token)
            self._secrets.set(item, login.as_secret(), use=settings.binding())
        return login, found

    def _put_back(self, settings: Settings) -> StoredLogin | None:
        """Store a login that a process which died had in hand, where its store has neither that nor the former one."""
        if self._secrets.store.kind is SecretStoreKind.NONE:
            return None
        item = self.item(settings)
        found = self._place.journal.recover(item)
        # By its mark, which every sign-in and sign-out changes first: no record brings a login back that has ended.
        if found is None or not found.login or found.login != self._place.marks.read(item).id:
            return None
        self._secrets.store.set(item, found.kept.reveal())
        return self.stored(settings)

    def _with_mark(self, item: str, login: StoredLogin) -> StoredLogin:
        mark = self._place.marks.read(item)
        if not login.id:  # of release 0.1
            login = login._replace(id=mark.id or token_urlsafe(12))
        if login.id != mark.id:
            self._place.marks.write(item, LoginMark(login.id, login.person))
        return login

    def finish_renewal(self, settings: Settings) -> None:
        """Remove the record of a renewal: refresh token and access token are where they belong.

        Raises:
            StoreError: The record cannot be removed.
        """
        self._place.journal.end(self.item(settings))

    def store(self, settings: Settings, token: TokenSet) -> bool:
        """Store a new login in place of the former one; return whether it can be renewed.

        Raises:
            StoreError: The store failed.
        """
        item, marks = self.item(settings), self._place.marks
        former, mark = marks.read(item), LoginMark(token_urlsafe(12), token.person)
        # First the mark: from here on no token of the former login is found, whenever this process may end.
        marks.write(item, mark)
        try:
            renewable = self._store_under(mark, settings, token, replaces=former != NO_LOGIN)
        except StoreError:
            # Where the former login is still the stored one; what cannot be told, the next renewal puts right.
            with contextlib.suppress(StoreError, BindingChanged):
                stored = self.stored(settings)
                if stored is not None and stored.id == former.id:
                    marks.write(item, former)
            raise
        # Not before: the record of a renewal may be all that there was of the former login. It is void by now.
        with contextlib.suppress(StoreError):
            self._place.journal.end(item)
        return renewable

    def _store_under(self, mark: LoginMark, settings: Settings, token: TokenSet, *, replaces: bool) -> bool:
        item = self.item(settings)
        if token.refresh_token is None or self._secrets.store.kind is SecretStoreKind.NONE:
            self._secrets.delete(item)  # the former one may be another person's
            return False
        granted = tuple(token.scope.split()) if token.scope else ()
        steering = (scope for scope in settings.wire_scopes if scope in STEERING_SCOPES and scope not in granted)
        granted = (*granted, *steering) if granted else ()
        login = StoredLogin(token.refresh_token, settings.wire_scopes, granted, token.person, mark.id)
        kept = bound(login.as_secret(), settings.binding())
        with self._recorded(item, login, kept, replaces=replaces):
            self._secrets.store.set(item, kept.reveal())
        return True

    @contextlib.contextmanager
    def _recorded(self, item: str, login: StoredLogin, kept: Secret, *, replaces: bool) -> Iterator[None]:
        """Have a new login on record while the store puts it in the place of the former one."""
        journal = self._place.journal
        if journal.recover(item) is not None:  # all that there is of the former login, perhaps
            yield
            return
        with journal.begin(item) as record:
            try:
                record.received(login.refresh_token, login=login.id, kept=kept)
                yield
            except StoreError:
                record.holds = False  # told to have failed
                with contextlib.suppress(StoreError):
                    # But a keyring that has deleted the former login and then not added this one leaves this one alone.
                    record.holds = replaces and self._secrets.store.get(item) is None
                raise

    def prove_place(self, settings: Settings) -> None:
        """Write and remove what is as long as a login, where it is kept and beside it.

        So that no login is lost for want of a place.

        Raises:
            StoreError: One of the two is not writable.
        """
        item = f"{self.item(settings)}/{_PROBE}"
        with self._place.journal.begin(item):
            pass
        self._place.journal.end(item)
        if self._secrets.store.kind is not SecretStoreKind.NONE:
            self._secrets.set(item, Secret(token_urlsafe(_PROBE_BYTES)), use=settings.binding())
            self._secrets.delete(item)

    def forget(self, settings: Settings) -> bool:
        """Remove the login; return whether there was one.

        Raises:
            StoreError: The store failed, or there is a login in a keyring that is not to be had here.
        """
        item, marks = self.item(settings), self._place.marks
        mark = marks.read(item)
        if mark != NO_LOGIN:
            # No token of this login is found any more, though there may be one until it is deleted.
            marks.write(item, LoginMark(token_urlsafe(12), mark.person))
        try:
            there = self._secrets.delete(item)
        except KeyringMissing:
            if mark != NO_LOGIN:
                raise
            there = False  # nobody has signed in here
        self._place.journal.end(item)
        marks.remove(item)
        return there


def login_required(settings: Settings, why: str, *, force: bool = False) -> LoginRequired:
    """Return the error that somebody must sign in, with the command for it."""
    return LoginRequired(why, hint=f"run `{login_command(settings)}{' --force' if force else ''}`")


def login_command(settings: Settings, *, more_scopes: Sequence[str] = ()) -> str:
    """Return the command line that signs in for these settings.

    Args:
        settings: What the profile says is left out.
        more_scopes: What is asked for besides, where the command line names the scopes.
    """
    profile = settings.profile.value
    words = ["egain"]
    if profile and settings.profile.source.startswith("option"):
        words += ["-p", profile]
    words += ["login", settings.need_flow().option]
    if settings.actor.source.startswith("option"):
        words += ["--actor", settings.actor.value.value]
    if settings.scopes.source.startswith("option"):
        words += [word for scope in (*settings.scopes.value, *more_scopes) for word in ("--scope", scope)]
    return command_line(words)
