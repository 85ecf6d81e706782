"""Signing in: the store proved, the authorization request, the wait for its answer, the exchange, the stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.errors import (
    AuthError,
    BindingChanged,
    ConfigError,
    EgainError,
    SettingMissing,
    StoreError,
    UsageError,
)
from egain_auth_cli.flows import sign_in_records
from egain_auth_cli.flows.record import Grant
from egain_auth_cli.models.grants import SecretStoreKind, TokenCacheKind
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.sign_in import pages
from egain_auth_cli.sign_in.authorization import AuthorizationRequest
from egain_auth_cli.sign_in.listener import LoopbackListener
from egain_auth_cli.sign_in.pkce import Pkce, generate_pkce, generate_state
from egain_auth_cli.sign_in.request import SignedIn
from egain_auth_cli.sign_in.sockets import bind_first, can_listen_on
from egain_auth_cli.sign_in.wait import CodeWait
from egain_auth_cli.tokens.acquire import scopes_not_granted
from egain_auth_cli.tokens.logins import login_command
from egain_auth_cli.tokens.refusal import told_by_source
from egain_auth_cli.tokens.request import DEFAULT_MIN_VALID

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.form_request import Client, GrantSender
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.sign_in.request import LoginRequest
    from egain_auth_cli.sign_in.wait import OpenBrowser
    from egain_auth_cli.tokens.credentials import Credentials


class SignIn:
    """Signs a person in and keeps the login.

    Args:
        credentials: The profile's; its lock is held while the login is stored, never while the person signs in.
        sender: Exchanges the code.
        open_browser: Opens the sign-in page.
        notify: Tells the person something on stderr.
        show_address: Shows an address after some words: as a link, where the terminal has links.
        clock: Epoch seconds.
        recheck: Raises where the profile has been renamed, removed or moved meanwhile.
        lock_seconds: The longest wait for a lock.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        sender: GrantSender,
        open_browser: OpenBrowser,
        notify: Callable[[str], None],
        show_address: Callable[[str, str], None],
        clock: Callable[[], float],
        recheck: Callable[[], None],
        lock_seconds: float,
    ) -> None:
        self._recheck = recheck
        self._credentials = credentials
        self._secrets = credentials.secrets
        self._logins = credentials.logins
        self._cache = credentials.cache
        self._sender = sender
        self._open_browser = open_browser
        self._notify = notify
        self._show_address = show_address
        self._clock = clock
        self._lock_seconds = lock_seconds

    def login(self, request: LoginRequest) -> SignedIn:
        """Sign a person in and store the login.

        Raises:
            SignInRefused: The server refused, or the person did.
            LoginTimedOut: Nobody signed in in time.
            RedirectUnavailable: No registered redirect URI can be listened on.
            ConfigError: A setting is missing or invalid, or the profile was renamed, removed or moved meanwhile.
            StoreError: The login could not be stored; known before the browser opens.
            NetworkError: The code could not be exchanged.
        """
        settings = request.settings
        self._refuse_useless(settings)
        for name in ("client_id", "authorization_url", "token_url"):
            settings.need(name)
        settings.need_scopes()
        if not request.force and self._has_login(settings):
            return SignedIn(None, renewable=True)
        self._refuse_other_profile(settings)
        self._probe(settings)
        client = self._logins.client(settings)
        return self._sign_in(request, client)

    def _keep(self, settings: Settings, token: TokenSet) -> SignedIn:
        with self._credentials.place.hold(self._logins.item(settings), seconds=self._lock_seconds):
            self._recheck()  # under the lock, which a rename holds too: else nobody would find the login again
            renewable = self._logins.store(settings, token)
            try:
                self._cache.save(self._credentials.key_of(settings), token)
            except StoreError as exc:
                if not renewable:
                    raise
                self._notify(f"warning: the login is kept, its first token is not: {exc.message}")
        return SignedIn(token, renewable, scopes_not_granted(settings.wire_scopes, token))

    def _refuse_useless(self, settings: Settings) -> None:
        options = " or ".join(f"`egain login {one.option}`" for one in sign_in_records())
        if settings.flow.value is None:
            raise SettingMissing("no flow is named", hint=f"{options}; or set `flow` in the profile")
        record = settings.need_flow()
        if not record.signs_in:
            raise UsageError(
                f"the flow `{record.flow.value}` needs no login",
                hint=f"`egain token` gives its token; a person signs in by {options}",
            )
        if settings.token_cache.value is TokenCacheKind.NONE and settings.secret_store.value is SecretStoreKind.NONE:
            raise ConfigError(
                "this profile keeps neither tokens nor logins, so a login would be lost at once",
                hint="set `token_cache` or `secret_store` in the profile to something else than `none`",
            )

    def _has_login(self, settings: Settings) -> bool:
        """Return whether a login for these scopes is there and can be used or renewed."""
        cached = self._cache.load(self._credentials.key_of(settings))
        if cached is not None and cached.remaining(self._clock()) >= DEFAULT_MIN_VALID:
            return True
        try:
            login = self._logins.stored(settings)
        except BindingChanged:
            return False
        return login is not None and set(settings.wire_scopes) <= set(login.scopes)

    def _refuse_other_profile(self, settings: Settings) -> None:
        """Refuse a client or URL from the environment that would replace the login of the profile it stands in for."""
        sources = [one.source for one in (settings.client_id, settings.token_url, settings.api_url)]
        foreign = [source for source in sources if source.startswith("environment")]
        if settings.profile.value is None or not foreign:
            return
        stored = self._secrets.binding(self._logins.item(settings))
        if stored is not None and settings.binding().changed_from(stored):
            name = foreign[0].removeprefix("environment ")
            raise BindingChanged(
                f"`{name}` names something else than the stored login of profile `{settings.profile.value}` belongs to",
                hint=f"unset `{name}`, or make a profile of its own with `egain profile add`",
            )

    def _probe(self, settings: Settings) -> None:
        """Prove that the login will have a place to be kept; that of its lock too, since storing it takes one."""
        with self._credentials.place.hold(self._logins.item(settings), seconds=self._lock_seconds):
            self._logins.prove_place(settings)

    def _sign_in(self, request: LoginRequest, client: Client) -> SignedIn:
        settings = request.settings
        pkce = generate_pkce() if settings.need_flow().public_client else None
        uris, may_paste = settings.redirect_uris.value, request.paste_from is not None
        bound = bind_first(uris, may_paste=may_paste, profile=settings.profile.value)
        asked = AuthorizationRequest(
            authorization_url=settings.need("authorization_url"),
            client_id=settings.need("client_id"),
            redirect_uri=bound.redirect_uri if bound else _pasteable(settings.redirect_uris.value),
            scopes=settings.wire_scopes,
            state=generate_state(),
            code_challenge=pkce.challenge if pkce else None,
            domain_hint=settings.domain_hint.value,
            issuer=settings.issuer.value,
            hints=settings.need_flow().hints,
        )
        wait = CodeWait(
            asked,
            seconds=request.seconds,
            paste_from=request.paste_from,
            asks_again=request.asks_again,
            notify=self._notify,
            show_address=self._show_address,
        )
        if bound is None:
            return self._keep(settings, self._token(request, client, asked, wait, pkce))
        with LoopbackListener(
            bound,
            on_redirect=wait.take_redirect,
            on_tls=wait.take_tls,
            form_origin=str(origin_of(asked.authorization_url)),
        ) as listener:
            try:
                # Kept before the browser is told: its page is true then, and its slowness can cost nothing.
                signed_in = self._keep(settings, self._token(request, client, asked, wait, pkce))
            except EgainError as exc:
                exc.hint = request.fit_hint(exc.hint)
                listener.finish(pages.failed(exc))
                raise
            person = signed_in.token.person if signed_in.token else None
            listener.finish(pages.signed_in(profile=settings.profile.value, person=person))
            return signed_in

    def _token(
        self, request: LoginRequest, client: Client, asked: AuthorizationRequest, wait: CodeWait, pkce: Pkce | None
    ) -> TokenSet:
        settings = request.settings
        try:
            code = wait.code(self._open_browser if request.open_browser else None)
            return self._exchange(settings, client, asked, code, pkce)
        except AuthError as exc:
            this = login_command(settings) + (" --force" if request.force else "")
            exc.hint = (exc.hint or "").replace("`egain login`", f"`{this}`") + _other_flow(exc, settings) or None
            raise

    def _exchange(
        self, settings: Settings, client: Client, asked: AuthorizationRequest, code: Secret, pkce: Pkce | None
    ) -> TokenSet:
        record = settings.need_flow()
        form = record.request(
            Grant(
                url=settings.need("token_url"),
                client=client,
                code=code,
                redirect_uri=asked.redirect_uri,
                verifier=pkce.verifier if pkce else None,
            )
        )
        with told_by_source(settings, client):
            return self._sender.request_token(form)


def _other_flow(exc: AuthError, settings: Settings) -> str:
    """Return how a profile gets the other flow of a person, where its Platform refuses this one; else nothing."""
    if exc.oauth_error != "unauthorized_client" or settings.profile.value is None:
        return ""
    other = next(one.flow for one in sign_in_records() if one is not settings.need_flow())
    return f"; `egain profile set {settings.profile.value} flow {other.value}` makes that the profile's flow"


def _pasteable(redirect_uris: tuple[str, ...]) -> str:
    return next(uri for uri in redirect_uris if not can_listen_on(uri))
