"""Signing in and out: the authorization request, the wait for its answer, the exchange, and the stores."""

from __future__ import annotations

import queue
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.deadline import Deadline
from egain_auth_cli.errors import (
    AuthError,
    BindingChanged,
    ConfigError,
    GrantRefused,
    LoginTimedOut,
    RedirectUnavailable,
    SignInRefused,
    UsageError,
)
from egain_auth_cli.flows.authorization_code import code_request
from egain_auth_cli.models.grants import Flow, SecretStoreKind, TokenCacheKind
from egain_auth_cli.models.oauth_errors import explain
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.sign_in.authorization import AuthorizationRequest, NotTheAnswer, read_redirect
from egain_auth_cli.sign_in.listener import LoopbackListener
from egain_auth_cli.sign_in.paste import PasteReader, pasted_query
from egain_auth_cli.sign_in.pkce import Pkce, generate_pkce, generate_state
from egain_auth_cli.sign_in.sockets import bind_redirect, listenable, unavailable
from egain_auth_cli.tokens.acquire import DEFAULT_MIN_VALID, cache_key, lock_name, ungranted

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.form_request import Client, GrantSender
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.resolve import Settings
    from egain_auth_cli.sign_in.sockets import BoundRedirect
    from egain_auth_cli.stores.lock import Locks
    from egain_auth_cli.stores.secret_store import BoundSecrets
    from egain_auth_cli.stores.token_cache import TokenCache
    from egain_auth_cli.tokens.logins import Logins

DEFAULT_LOGIN_SECONDS = 300.0
_PROBE_ITEM = "probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequest:
    """What ``login`` is asked.

    Attributes:
        settings: Resolved; the flow is one where a person signs in.
        seconds: The wait for the person.
        open_browser: False with ``--no-browser``.
        force: Sign in although there is a usable login.
        paste_from: The file descriptor that a redirect URL may be pasted on, or None.
        asks_again: Whether a wrong paste is asked again (a terminal) or ends the login (a pipe).
    """

    settings: Settings
    seconds: float = DEFAULT_LOGIN_SECONDS
    open_browser: bool = True
    force: bool = False
    paste_from: int | None = None
    asks_again: bool = True


class SignedIn(NamedTuple):
    """A login that is there now.

    Attributes:
        token: The access token; None where an earlier login is kept.
        renewable: Whether there is a refresh token to renew it with.
        ungranted: Scopes that were asked for and not granted.
    """

    token: TokenSet | None
    renewable: bool
    ungranted: tuple[str, ...] = ()


class _Redirected(NamedTuple):
    code: Secret


class _Pasted(NamedTuple):
    text: str


class _PasteEnded(NamedTuple):
    pass


_Event = _Redirected | _Pasted | _PasteEnded | SignInRefused


class SessionService:
    """Signs in and keeps the login.

    Args:
        secrets: The profile's secret store.
        logins: Stored logins.
        cache: Access tokens.
        locks: Held only while the login is stored, never while the person signs in.
        sender: Exchanges the code.
        open_browser: Opens a URL without blocking.
        notify: Tells the person something on stderr.
        clock: Epoch seconds.
        lock_seconds: The longest wait for a lock.
    """

    def __init__(  # noqa: PLR0913  the composition root alone calls it
        self,
        *,
        secrets: BoundSecrets,
        logins: Logins,
        cache: TokenCache,
        locks: Locks,
        sender: GrantSender,
        open_browser: Callable[[str], None],
        notify: Callable[[str], None],
        clock: Callable[[], float],
        lock_seconds: float,
    ) -> None:
        self._secrets = secrets
        self._logins = logins
        self._cache = cache
        self._locks = locks
        self._sender = sender
        self._open_browser = open_browser
        self._notify = notify
        self._clock = clock
        self._lock_seconds = lock_seconds

    def login(self, request: LoginRequest) -> SignedIn:
        """Sign a person in and store the login.

        Raises:
            SignInRefused: The server refused, or the person did.
            LoginTimedOut: Nobody signed in in time.
            RedirectUnavailable: No registered redirect URI can be listened on.
            ConfigError: A setting is missing or invalid.
            StoreError: The login could not be stored; known before the browser opens.
            NetworkError: The code could not be exchanged.
        """
        settings = request.settings
        self._refuse_useless(settings)
        settings.need("client_id")
        settings.need("authorization_url")
        settings.need("token_url")
        if not request.force and self._has_login(settings):
            return SignedIn(None, renewable=True)
        self._refuse_other_profile(settings)
        self._probe(settings)
        client = self._logins.client(settings)
        token = self._sign_in(request, client)
        key = cache_key(settings)
        with self._locks.hold(lock_name(settings, key), seconds=self._lock_seconds):
            self._cache.save(key, token)
            renewable = self._logins.keep(settings, token)
        return SignedIn(token, renewable, ungranted(settings.wire_scopes, token))

    def _refuse_useless(self, settings: Settings) -> None:
        flow = settings.need_flow()
        if not flow.signs_in:
            raise UsageError(
                f"nobody signs in with the flow `{flow.value}`",
                hint="use `egain login --pkce` or `egain login --auth-code`",
            )
        if settings.token_cache.value is TokenCacheKind.NONE and settings.secret_store.value is SecretStoreKind.NONE:
            raise ConfigError(
                "this profile keeps neither tokens nor logins, so a login would be lost at once",
                hint="set `token_cache` or `secret_store` in the profile to something else than `none`",
            )

    def _has_login(self, settings: Settings) -> bool:
        """Whether a login for these scopes is there and can be used or renewed."""
        cached = self._cache.load(cache_key(settings))
        if cached is not None and cached.remaining(self._clock()) >= DEFAULT_MIN_VALID:
            return True
        try:
            login = self._logins.stored(settings)
        except BindingChanged:
            return False
        return login is not None and set(settings.wire_scopes) <= set(login.scopes)

    def _refuse_other_profile(self, settings: Settings) -> None:
        """A client or URL from the environment must not replace the login of the profile it stands in for."""
        foreign = [
            one.source
            for one in (settings.client_id, settings.token_url, settings.api_url)
            if one.source.startswith("environment")
        ]
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
        """Write and remove something, so that a login is never lost for want of a place to keep it."""
        if settings.secret_store.value is not SecretStoreKind.NONE:
            item = f"{settings.owner}/{_PROBE_ITEM}"
            self._secrets.set(item, Secret(generate_state()), use=settings.binding())
            self._secrets.delete(item)
        with self._locks.hold(f"probe {settings.owner}", seconds=self._lock_seconds):
            pass

    def _sign_in(self, request: LoginRequest, client: Client) -> TokenSet:
        settings = request.settings
        pkce = generate_pkce() if settings.need_flow() is Flow.PKCE else None
        bound = self._bind(request)
        redirect_uri = bound.redirect_uri if bound else self._pasteable(request)
        asked = AuthorizationRequest(
            authorization_url=settings.need("authorization_url"),
            client_id=settings.need("client_id"),
            redirect_uri=redirect_uri,
            scopes=settings.wire_scopes,
            state=generate_state(),
            code_challenge=pkce.challenge if pkce else None,
            domain_hint=settings.domain_hint.value,
            issuer=settings.issuer.value,
        )
        inbox: queue.Queue[_Event] = queue.Queue()
        if bound is None:
            code = self._wait(request, asked, inbox)
            return self._exchange(settings, client, asked, code, pkce)
        with LoopbackListener(
            bound,
            on_redirect=lambda query: _judge(query, asked, inbox),
            form_origin=str(origin_of(asked.authorization_url)),
        ) as listener:
            code = self._wait(request, asked, inbox)
            token = self._exchange(settings, client, asked, code, pkce)
            listener.finish(signed_in=True)
            return token

    def _bind(self, request: LoginRequest) -> BoundRedirect | None:
        """Listen on the first registered URI that can be; None where the person is to paste the address instead."""
        failures: list[tuple[str, OSError]] = []
        for uri in request.settings.redirect_uris.value:
            if not listenable(uri):
                if request.paste_from is not None:
                    return None
                continue
            try:
                return bind_redirect(uri)
            except OSError as exc:
                failures.append((uri, exc))
        if failures:
            raise unavailable(failures)
        raise RedirectUnavailable(
            "no registered redirect URI is a loopback address, so the answer must be pasted",
            hint="run `egain login` on a terminal or with `--no-browser`, or register `http://localhost:8400/callback`",
        )

    @staticmethod
    def _pasteable(request: LoginRequest) -> str:
        return next(uri for uri in request.settings.redirect_uris.value if not listenable(uri))

    def _wait(self, request: LoginRequest, asked: AuthorizationRequest, inbox: queue.Queue[_Event]) -> Secret:
        self._notify(f"To sign in, open this address:\n\n  {asked.uri}\n")
        if request.paste_from is None:
            return self._receive(request, asked, inbox)
        self._notify("If the browser ends on another machine, paste the address it ended on here.")
        with PasteReader(
            request.paste_from,
            on_line=lambda line: inbox.put(_Pasted(line)),
            on_end=lambda: inbox.put(_PasteEnded()),
        ):
            return self._receive(request, asked, inbox)

    def _receive(self, request: LoginRequest, asked: AuthorizationRequest, inbox: queue.Queue[_Event]) -> Secret:
        if request.open_browser:
            self._open_browser(asked.uri)
        deadline = Deadline(request.seconds)
        while True:
            try:
                event = inbox.get(timeout=deadline.remaining())
            except queue.Empty:
                raise LoginTimedOut(
                    f"nobody signed in within {request.seconds:.0f} s",
                    hint="run `egain login` again; `--timeout SECONDS` sets how long to wait",
                ) from None
            match event:
                case _Redirected(code):
                    return code
                case SignInRefused():
                    raise event
                case _Pasted(text):
                    pasted = self._from_paste(text, request, asked)
                    if pasted is not None:
                        return pasted
                case _PasteEnded():
                    if not listenable(asked.redirect_uri):
                        raise AuthError(
                            "the address was not pasted: standard input ended", hint="run `egain login` again"
                        )

    def _from_paste(self, text: str, request: LoginRequest, asked: AuthorizationRequest) -> Secret | None:
        if not text:
            return None
        try:
            return read_redirect(pasted_query(text, asked.redirect_uri), asked)
        except NotTheAnswer as exc:
            said = f"what was pasted is not the answer: {exc.reason}"
            if not request.asks_again:
                raise AuthError(said, hint="paste the whole address that the browser ended on") from None
            self._notify(f"{said}. Paste the whole address that the browser ended on.")
            return None

    def _exchange(
        self, settings: Settings, client: Client, asked: AuthorizationRequest, code: Secret, pkce: Pkce | None
    ) -> TokenSet:
        form = code_request(
            settings.need("token_url"),
            client,
            code=code,
            redirect_uri=asked.redirect_uri,
            verifier=pkce.verifier if pkce else None,
        )
        try:
            return self._sender.request_token(form)
        except GrantRefused as exc:
            exc.hint = explain(exc.oauth_error or "", exc.message, flow=settings.flow.value)
            raise


def _judge(query: str, asked: AuthorizationRequest, inbox: queue.Queue[_Event]) -> None:
    try:
        inbox.put(_Redirected(read_redirect(query, asked)))
    except SignInRefused as refusal:
        inbox.put(refusal)
