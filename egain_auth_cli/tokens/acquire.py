"""Acquiring a token: cache, lock, cache again, refresh or grant, save. The heart of the tool."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import GrantRefused, KeyringMissing, NetworkError, SettingMissing, TimedOut
from egain_auth_cli.flows.client_credentials import client_credentials_request
from egain_auth_cli.flows.on_behalf_of import on_behalf_of_request
from egain_auth_cli.flows.token_exchange import token_exchange_request
from egain_auth_cli.models.form_request import Client
from egain_auth_cli.models.grants import Flow, TokenCacheKind
from egain_auth_cli.models.oauth_errors import explain
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.stores.token_cache import CacheKey
from egain_auth_cli.tokens.logins import Logins, login_lock, login_required

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.form_request import GrantSender
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.resolve import Settings
    from egain_auth_cli.stores.lock import Locks
    from egain_auth_cli.stores.token_cache import TokenCache
    from egain_auth_cli.tokens.client_secrets import ClientSecrets

DEFAULT_MIN_VALID = 60
"""Seconds of life that a cached token must still have."""
NOT_GRANTED = frozenset({"openid", "profile", "offline_access"})
"""Scopes that steer the answer and are not named in it."""
_PLACEHOLDER = "DUMMY_VALUE_NEEDED"
"""What eGain's own clients send to the anonymous endpoint, which wants both fields and checks neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What is asked for.

    Attributes:
        settings: Resolved.
        min_valid: Seconds of life a cached token must still have.
        force_refresh: Take no cached token that was there when this was asked.
        store: Whether the cache is read and written.
        subject_token: Of another provider, for the token exchange.
        rejected: An access token that the API refused: any other cached one will do.
    """

    settings: Settings
    min_valid: int = DEFAULT_MIN_VALID
    force_refresh: bool = False
    store: bool = True
    subject_token: Secret | None = None
    rejected: Secret | None = None


class Acquired(NamedTuple):
    """A token and whether it came from the cache."""

    token: TokenSet
    cached: bool


class TokenService:
    """Gives tokens, from the cache where they will do.

    Args:
        cache: Where access tokens wait.
        locks: One lock a credential, across processes.
        logins: Stored logins.
        client_secrets: Finds client secrets.
        sender: Sends grants.
        clock: Epoch seconds.
        seconds: The longest wait for another process's renewal.
        warn: Told what the person should know though the token is given.
    """

    def __init__(
        self,
        *,
        cache: TokenCache,
        locks: Locks,
        logins: Logins,
        client_secrets: ClientSecrets,
        sender: GrantSender,
        clock: Callable[[], float],
        seconds: float,
        warn: Callable[[str], None],
    ) -> None:
        self._cache = cache
        self._locks = locks
        self._logins = logins
        self._client_secrets = client_secrets
        self._sender = sender
        self._clock = clock
        self._seconds = seconds
        self._warn = warn

    def acquire_token(self, request: TokenRequest) -> Acquired:
        """Give a token with at least ``min_valid`` seconds of life, or the freshest there is.

        Raises:
            LoginRequired: The flow needs a stored login and there is none.
            GrantRefused: The token endpoint refused.
            ConfigError: A setting is missing or a stored credential belongs to something else.
            NetworkError: The token endpoint, or another process that is renewing, did not answer in time.
            StoreError: The secret store or the cache failed.
        """
        settings = request.settings
        signs_in = settings.need_flow().signs_in
        stores = request.store and settings.token_cache.value is not TokenCacheKind.NONE
        if not stores and not signs_in:
            return self._fresh(request, self._grant(request))
        key = cache_key(settings, request.subject_token)
        before = self._cache.load(key) if stores else None
        if before is not None and self._serves(before, request):
            return Acquired(before, cached=True)
        try:
            with self._locks.hold(lock_name(settings, key), seconds=self._seconds):
                return self._acquire_alone(request, key, before, stores=stores)
        except TimedOut as exc:  # the lock's, or the endpoint's
            if before is not None and self._still_good(before, request):
                self._warn(f"the token could not be renewed ({exc.message}); it is valid for a while still")
                return Acquired(before, cached=True)
            raise

    def _acquire_alone(
        self, request: TokenRequest, key: CacheKey, before: TokenSet | None, *, stores: bool
    ) -> Acquired:
        """Look again under the lock, then renew or grant, and save."""
        settings = request.settings
        signs_in = settings.need_flow().signs_in
        now_cached = self._cache.load(key) if stores else None
        if now_cached is not None and self._serves_now(now_cached, before, request):
            return Acquired(now_cached, cached=True)
        try:
            token = self._renew(request, key) if signs_in else self._grant(request)
        except NetworkError as exc:
            if now_cached is not None and self._still_good(now_cached, request):
                self._warn(f"the token could not be renewed ({exc.message}); it is valid for a while still")
                return Acquired(now_cached, cached=True)
            raise
        if stores:
            self._cache.save(key, token)
        if signs_in:
            self._logins.settled(settings)
        return self._fresh(request, token)

    def _serves(self, token: TokenSet, request: TokenRequest) -> bool:
        if request.force_refresh or (request.rejected is not None and token.access_token == request.rejected):
            return False
        return token.remaining(self._clock()) >= request.min_valid and token.remaining(self._clock()) > 0

    def _serves_now(self, token: TokenSet, before: TokenSet | None, request: TokenRequest) -> bool:
        """Under the lock: a token that another process has stored meanwhile serves a forced refresh as well."""
        renewed = before is None or token.access_token != before.access_token
        if request.force_refresh and not renewed:
            return False
        if request.rejected is not None and token.access_token == request.rejected:
            return False
        left = token.remaining(self._clock())
        # Where a fresh token lives shorter than min_valid, one that was made while we waited is as good as it gets.
        return left > 0 and (left >= request.min_valid or renewed)

    def _still_good(self, token: TokenSet, request: TokenRequest) -> bool:
        refused = request.rejected is not None and token.access_token == request.rejected
        return not request.force_refresh and not refused and token.remaining(self._clock()) > 0

    def _fresh(self, request: TokenRequest, token: TokenSet) -> Acquired:
        left = token.remaining(self._clock())
        if left < request.min_valid:
            self._warn(f"a fresh token lives {left:.0f} s, less than the {request.min_valid} s asked for")
        missing = ungranted(request.settings.wire_scopes, token)
        if missing:
            self._warn(f"the server did not grant {', '.join(f'`{scope}`' for scope in missing)}")
        return Acquired(token, cached=False)

    def _renew(self, request: TokenRequest, key: CacheKey) -> TokenSet:
        settings = request.settings
        login, left = self._logins.adopt(settings, key=key.digest)
        if left is not None and self._serves(left, request):
            return left
        if login is not None:
            return self._logins.renew(settings, login, key=key.digest)
        cached = self._cache.load(key)
        if cached is None:
            raise login_required(settings, "nobody is signed in")
        life = cached.remaining(self._clock())
        state = f"ended {in_words(-life)} ago" if life <= 0 else f"ends in {in_words(life)}"
        why = f"the login {state}, and the server gave nothing to renew it with"
        raise login_required(settings, why, force=life >= DEFAULT_MIN_VALID)

    def _grant(self, request: TokenRequest) -> TokenSet:
        settings = request.settings
        flow, url, scopes = settings.need_flow(), settings.need("token_url"), settings.wire_scopes
        if flow is Flow.ANONYMOUS:
            form = client_credentials_request(url, self._anonymous_client(settings), scopes=scopes)
        elif flow is Flow.ON_BEHALF_OF:
            if settings.subject is None or settings.subject_name is None:
                raise _subject_missing()
            form = on_behalf_of_request(
                url,
                self._client(settings),
                scopes=scopes,
                subject=settings.subject,
                name=settings.subject_name,
            )
        elif flow is Flow.TOKEN_EXCHANGE:
            if request.subject_token is None:
                raise _subject_token_missing()
            form = token_exchange_request(
                url,
                self._client(settings),
                scopes=scopes,
                subject_token=request.subject_token,
                registration_id=settings.need("registration_id"),
            )
        else:
            form = client_credentials_request(url, self._client(settings), scopes=scopes)
        try:
            return self._sender.request_token(form)
        except GrantRefused as exc:
            exc.hint = explain(exc.oauth_error or "", exc.message, flow=flow)
            raise

    def _client(self, settings: Settings) -> Client:
        client_id = settings.need("client_id")
        secret = self._client_secrets.find(settings).secret
        return Client(client_id=client_id, secret=secret, client_auth=settings.client_auth.value)

    def _anonymous_client(self, settings: Settings) -> Client:
        try:
            found = self._client_secrets.find_if_any(settings) if settings.client_id.value else None
        except KeyringMissing:
            found = None
        return Client(
            client_id=settings.client_id.value or _PLACEHOLDER,
            secret=found.secret if found else Secret(_PLACEHOLDER),
            client_auth=settings.client_auth.value,
        )


def cache_key(settings: Settings, subject_token: Secret | None = None) -> CacheKey:
    """Name the token by everything that shapes it. The client secret does not: a new one drops no valid token."""
    made_of = {
        "flow": settings.need_flow().value,
        "actor": settings.actor.value.value,
        "client_id": settings.client_id.value,
        "token_url": settings.need("token_url"),
        "api_origin": settings.api_origin,
        "scopes": list(settings.wire_scopes),
        "subject": [settings.subject.value if settings.subject else None, settings.subject_name],
        "registration_id": settings.registration_id.value,
        **({"login_home": settings.login_home} if settings.login_home and settings.need_flow().signs_in else {}),
        "subject_token": sha256(subject_token.reveal().encode()).hexdigest() if subject_token else None,
    }
    return CacheKey(owner=settings.owner, made_of=made_of)


def lock_name(settings: Settings, key: CacheKey) -> str:
    """Name the lock: a login's covers all of its scopes, since they share one refresh token."""
    return login_lock(Logins.item(settings)) if settings.need_flow().signs_in else f"token {key.digest}"


def _subject_missing() -> SettingMissing:
    return SettingMissing(
        "on-behalf-of needs the person",
        hint="add `--on-behalf-of USERNAME`, `--on-behalf-of-userid ID` or `--on-behalf-of-email EMAIL`",
    )


def _subject_token_missing() -> SettingMissing:
    return SettingMissing(
        "token exchange needs the other provider's token",
        hint="give it by `--subject-token-file PATH` (`-` is stdin) or `EGAIN_SUBJECT_TOKEN`",
    )


def in_words(seconds: float) -> str:
    """Give a span of time in words, such as ``12 min``."""
    if seconds < 90:  # noqa: PLR2004
        return f"{max(0.0, seconds):.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"  # noqa: PLR2004


def ungranted(asked: tuple[str, ...], token: TokenSet) -> tuple[str, ...]:
    """Name the scopes that were asked for and not granted, where the server says what it granted (RFC 6749 §5.1)."""
    if token.scope is None:
        return ()
    granted = set(token.scope.split())
    return tuple(scope for scope in asked if scope not in granted and scope not in NOT_GRANTED)
