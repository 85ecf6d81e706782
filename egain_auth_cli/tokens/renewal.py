"""Renewing a stored login (RFC 6749 §6): its refresh token is spent, and the successor kept before all else."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import EgainError, GrantRefused, LoginRequired, StoreError
from egain_auth_cli.flows.refresh_token import refresh_request
from egain_auth_cli.models.grants import Deployment
from egain_auth_cli.stores.secret_store import bound
from egain_auth_cli.tokens.logins import login_command, login_required
from egain_auth_cli.tokens.refusal import from_environment, told_by_source
from egain_auth_cli.tokens.signals import signals_held
from egain_auth_cli.transport.token_answer import BadTokenAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.form_request import GrantSender
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.stores.journal import Record
    from egain_auth_cli.tokens.credentials import Credentials
    from egain_auth_cli.tokens.stored_login import StoredLogin

_INVALID_GRANT = "invalid_grant"
_HINTS = {
    _INVALID_GRANT: "run `{login}`",
    "interaction_required": "run `{login} --force`: the server wants the person to take part",
    "login_required": "run `{login} --force`: the server wants the person to sign in again",
    "consent_required": "run `{login} --force`: the server wants the person's consent, perhaps to new scopes",
}
"""What to do where the server does not renew a login; any other error is not about the login."""
_OTHER_ENDPOINT = "AADB2C90088"
_CODE_HINTS = {
    "AADB2C90080": "run `{login}`: the server keeps a login for a limited time, which is over",
    _OTHER_ENDPOINT: "compare the token URL with the Metadata panel: the login was made at another; or run "
    "`{login} --force`",
}
"""The same by the codes of Azure AD B2C, behind commercial instances, which say more."""


class Renewed(NamedTuple):
    """What a renewal brought.

    Attributes:
        token: The new access token.
        settled: Whether the login is where it belongs, so that the journal's record may be removed.
    """

    token: TokenSet
    settled: bool


class Renewal:
    """Renews logins; each method runs under the login's lock.

    Args:
        credentials: The profile's.
        sender: Sends the refresh.
        warn: Told that the login could not be kept, though the token is given.
    """

    def __init__(self, credentials: Credentials, *, sender: GrantSender, warn: Callable[[str], None]) -> None:
        self._credentials = credentials
        self._logins = credentials.logins
        self._sender = sender
        self._warn = warn

    def renew(self, settings: Settings, login: StoredLogin, *, key: str) -> Renewed:
        """Refresh a login, for the scopes of the settings.

        Args:
            settings: Which login, and for which scopes.
            login: As stored.
            key: The digest of the cache key that the token is for.

        Raises:
            LoginRequired: The login is for other scopes, or the server does not renew it.
            GrantRefused: The server refused for another reason.
            StoreError: The place of the successor is not writable; the refresh token was not used.
            NetworkError: The token endpoint was not reached, or its answer is not a token's.
        """
        missing = [scope for scope in settings.wire_scopes if scope not in login.scopes]
        if missing:
            raise login_required(settings, f"the login does not cover the scope `{missing[0]}`", force=True)
        try:
            return self._refresh(settings, login, key)
        except GrantRefused as exc:
            refused = exc
        # Believed only if it is still this refresh token that is stored: another process may have rotated it.
        newer = self._logins.stored(settings) if refused.oauth_error == _INVALID_GRANT else None
        if newer is not None and newer.refresh_token != login.refresh_token:
            try:
                return self._refresh(settings, newer, key)
            except GrantRefused as exc:
                refused = exc
        raise self._ended(settings, refused)

    def _ended(self, settings: Settings, refused: GrantRefused) -> EgainError:
        """Return the error of a login that is not renewed; what the server does not know any more is removed."""
        error = refused.oauth_error or ""
        if error not in _HINTS:
            return refused
        hint = next((hint for code, hint in _CODE_HINTS.items() if code in refused.message), _HINTS[error])
        # Another server's word on it ends no login.
        elsewhere = _OTHER_ENDPOINT in refused.message or settings.token_url.source.startswith("environment")
        if error == _INVALID_GRANT and not elsewhere:
            with contextlib.suppress(StoreError):  # the login has ended, wherever its remains are
                self._credentials.secrets.delete(self._logins.item(settings))
        return LoginRequired(
            f"the login cannot be renewed: {refused.message}",
            hint=hint.format(login=login_command(settings)) + from_environment(settings),
            status=refused.status,
            oauth_error=error,
        )

    def _refresh(self, settings: Settings, login: StoredLogin, key: str) -> Renewed:
        client = self._logins.client(settings)
        form = refresh_request(
            settings.need("token_url"),
            client,
            refresh_token=login.refresh_token,
            scopes=_named_scopes(settings, login),
        )
        item, journal = self._logins.item(settings), self._credentials.place.journal
        # A server that rotates takes the refresh token back with its answer: from here to the successor's place the
        # login must not be lost, neither for want of a place nor by Ctrl-C.
        self._logins.prove_place(settings)
        with signals_held(), journal.begin(item) as record:
            try:
                with told_by_source(settings, client):
                    token = self._sender.request_token(form)
                token = replace(token, person=token.person or login.person)
            except BadTokenAnswer as exc:
                if exc.refresh_token is not None:
                    record.holds = not self._keep(settings, login, record, exc.refresh_token, key=key)
                raise
            if token.refresh_token in (None, login.refresh_token):
                return Renewed(token, settled=True)  # each write of a keyring's item may cost the person a prompt
            return Renewed(token, self._keep(settings, login, record, token.refresh_token, key=key, token=token))

    def _keep(
        self,
        settings: Settings,
        former: StoredLogin,
        record: Record,
        refresh_token: Secret,
        *,
        key: str,
        token: TokenSet | None = None,
    ) -> bool:
        """Store a rotated refresh token; return whether it is in the secret store.

        In the journal at once, then in the secret store, which may be slow, or locked by now. One of them is enough.
        """
        journaled = True
        successor = former._replace(refresh_token=refresh_token)
        kept = bound(successor.as_secret(), settings.binding())
        try:
            record.received(
                refresh_token, login=successor.id, kept=kept, token=token, key=key, replaces=former.refresh_token
            )
        except StoreError:
            journaled = False
        try:
            self._credentials.secrets.store.set(self._logins.item(settings), kept.reveal())
        except StoreError as exc:
            rest = (
                "it is kept in a private file until it can be"
                if journaled
                else f"run `{login_command(settings)} --force` before the token ends"
            )
            self._warn(f"the login was renewed but cannot be stored ({exc.message}); {rest}")
            return False
        return True


def _named_scopes(settings: Settings, login: StoredLogin) -> tuple[str, ...]:
    """Return the scopes that a refresh names; none asks for the same again.

    A part of the login's scopes may be asked for, never more (RFC 6749 §6). NOTE: Microsoft's v2 endpoints, Azure AD
    B2C's among them, answer a refresh without scopes by an ID token alone.
    """
    if set(settings.wire_scopes) != set(login.scopes):
        return settings.wire_scopes
    names_all = settings.deployment is Deployment.COMMERCIAL or "/oauth2/v2.0/" in settings.need("token_url")
    return (login.granted or login.scopes) if names_all else ()
