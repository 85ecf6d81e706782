"""Stored logins: the refresh token of a person who signed in, kept and renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.errors import GrantRefused, LoginRequired, StoreError
from egain_auth_cli.flows.refresh_token import refresh_request
from egain_auth_cli.models.form_request import Client
from egain_auth_cli.models.grants import Actor, SecretStoreKind
from egain_auth_cli.stores.secret_store import login_item
from egain_auth_cli.tokens.stored_login import StoredLogin, journal_item

if TYPE_CHECKING:
    from egain_auth_cli.models.form_request import GrantSender
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.stores.journal import Journal
    from egain_auth_cli.stores.secret_store import BoundSecrets
    from egain_auth_cli.tokens.client_secrets import ClientSecrets


class Logins:
    """Keeps, renews and forgets stored logins. Every method that writes runs under the login's lock.

    Args:
        secrets: The profile's secret store.
        client_secrets: Finds the secret of a Web application.
        journal: Records of renewals.
    """

    def __init__(self, secrets: BoundSecrets, client_secrets: ClientSecrets, journal: Journal) -> None:
        self._secrets = secrets
        self._client_secrets = client_secrets
        self._journal = journal

    @staticmethod
    def item(settings: Settings) -> str:
        """Return the name of the login that these settings use, in the secret store."""
        return login_item(settings.owner, settings.need_flow().flow, settings.actor.value)

    @classmethod
    def journal_item(cls, settings: Settings) -> str:
        """Return the name of its renewal's record: a login in another configuration folder has one of its own."""
        return journal_item(settings.login_home, cls.item(settings))

    def client(self, settings: Settings) -> Client:
        """Return the client as this flow authenticates it: a public one never sends a secret.

        Raises:
            ConfigError: The client ID or the secret is missing or invalid.
            StoreError: The secret store failed.
        """
        client_id = settings.need("client_id")
        if settings.need_flow().public_client:
            return Client(client_id=client_id)
        secret = self._client_secrets.find(settings).secret
        return Client(client_id=client_id, secret=secret, client_auth=settings.client_auth.value)

    def stored(self, settings: Settings) -> StoredLogin | None:
        """Return the stored login, or None.

        Raises:
            BindingChanged: It belongs to another client, token endpoint or API.
            StoreError: The store failed.
        """
        profile = settings.profile.value
        remedy = f"egain -p {profile} login" if profile else "egain login"
        secret = self._secrets.get(self.item(settings), use=settings.binding(), remedy=remedy)
        return None if secret is None else StoredLogin.from_secret(secret)

    def stored_or_recovered(self, settings: Settings, *, key: str) -> tuple[StoredLogin | None, TokenSet | None]:
        """Return the stored login, after taking up what a process that died in a renewal had received.

        Args:
            settings: Which login.
            key: The digest of the cache key that a token is wanted for.

        Returns:
            The login or None; and the access token of that process, or None if it is not for this key. The record
            stays until ``finish_renewal``.

        Raises:
            BindingChanged: The login belongs to another client, token endpoint or API.
            StoreError: The store or the journal failed.
        """
        item, login = self.item(settings), self.stored(settings)
        found = self._journal.recover(self.journal_item(settings))
        if found is None or login is None or not found.succeeds(login.refresh_token):
            return login, None
        if found.token.refresh_token is not None and found.token.refresh_token != login.refresh_token:
            login = StoredLogin(found.token.refresh_token, login.scopes)
            self._secrets.set(item, login.as_secret(), use=settings.binding())
        return login, found.token if found.key == key else None

    def finish_renewal(self, settings: Settings) -> None:
        """Remove the record of a renewal: refresh token and access token are where they belong.

        Raises:
            StoreError: The record cannot be removed.
        """
        self._journal.end(self.journal_item(settings))

    def store(self, settings: Settings, token: TokenSet) -> bool:
        """Store a new login in place of the former one; return whether it can be renewed.

        Raises:
            StoreError: The store failed.
        """
        item = self.item(settings)
        self._journal.end(self.journal_item(settings))
        if self._secrets.store.kind is SecretStoreKind.NONE:
            return False
        if token.refresh_token is None:
            self._secrets.delete(item)  # the former one may be another person's
            return False
        login = StoredLogin(token.refresh_token, settings.wire_scopes)
        self._secrets.set(item, login.as_secret(), use=settings.binding())
        return True

    def renew(self, settings: Settings, login: StoredLogin, *, key: str, sender: GrantSender) -> TokenSet:
        """Refresh a login, for the scopes of the settings; ``finish_renewal`` is to follow once the token is cached.

        Args:
            settings: Which login, and for which scopes.
            login: As stored.
            key: The digest of the cache key that the token is for.
            sender: Sends the refresh.

        Raises:
            LoginRequired: The login is for other scopes, or the server does not renew it any more.
            StoreError: The disk or the store is not writable; the refresh token was then not used, or its
                successor is safe in the journal.
            NetworkError: The token endpoint was not reached.
        """
        wanted = settings.wire_scopes
        missing = [scope for scope in wanted if scope not in login.scopes]
        if missing:
            raise login_required(settings, f"the login does not cover the scope `{missing[0]}`", force=True)
        # No `scope` asks for the same again; a part of the login's scopes may be asked for, never more (RFC 6749 §6).
        narrower = () if set(wanted) == set(login.scopes) else wanted
        try:
            return self._refresh(settings, login, narrower, key, sender)
        except GrantRefused as exc:
            if exc.oauth_error != "invalid_grant":
                raise
            # Believed only if it is still this refresh token that is stored: another process may have rotated it.
            newer = self.stored(settings)
            if newer is not None and newer.refresh_token != login.refresh_token:
                return self._refresh(settings, newer, narrower, key, sender)
            if not settings.token_url.source.startswith("environment"):  # another server's word on it ends no login
                self._secrets.delete(self.item(settings))
            raise login_required(settings, "the login has ended: the server does not renew it any more") from exc

    def _refresh(
        self, settings: Settings, login: StoredLogin, scopes: tuple[str, ...], key: str, sender: GrantSender
    ) -> TokenSet:
        record = self.journal_item(settings)
        client = self.client(settings)
        self._journal.begin(record)
        form = refresh_request(settings.need("token_url"), client, refresh_token=login.refresh_token, scopes=scopes)
        try:
            token = sender.request_token(form)
        except BaseException:  # Ctrl-C too; nothing was received that could be recovered
            self._journal.end(record)
            raise
        if token.refresh_token is not None:
            self._store_successor(settings, token, StoredLogin(token.refresh_token, login.scopes), key, login)
        return token

    def _store_successor(
        self, settings: Settings, token: TokenSet, successor: StoredLogin, key: str, former: StoredLogin
    ) -> None:
        """Store a rotated refresh token: in the journal at once, then in the secret store. One of them is enough.

        The keyring may be slow, or locked by now, and the process may be ended while it waits.
        """
        item = self.item(settings)
        unwritten: StoreError | None = None
        try:
            self._journal.received(self.journal_item(settings), token, key=key, replaces=former.refresh_token)
        except StoreError as exc:
            unwritten = exc
        try:
            self._secrets.set(item, successor.as_secret(), use=settings.binding())
        except StoreError as exc:
            if unwritten is not None:
                raise
            raise StoreError(
                f"the login was renewed but cannot be stored: {exc.message}",
                hint="it is kept beside the cache and is taken from there once the store works again",
            ) from exc

    def forget(self, settings: Settings) -> bool:
        """Remove the login; return whether there was one.

        Raises:
            StoreError: The store failed.
        """
        self._journal.end(self.journal_item(settings))
        return self._secrets.delete(self.item(settings))


def login_required(settings: Settings, why: str, *, force: bool = False) -> LoginRequired:
    """Return the error that somebody must sign in, with the command for it."""
    return LoginRequired(why, hint=f"run `{login_command(settings)}{' --force' if force else ''}`")


def login_command(settings: Settings) -> str:
    """Return the command line that signs in for these settings."""
    profile = settings.profile.value
    words = ["egain"]
    if profile and settings.profile.source.startswith("option"):
        words += ["-p", profile]
    words += ["login", settings.need_flow().option]
    if settings.actor.value is not Actor.USER:
        words += ["--actor", settings.actor.value.value]
    if settings.scopes.source.startswith("option"):
        words += [word for scope in settings.scopes.value for word in ("--scope", scope)]
    return " ".join(words)
