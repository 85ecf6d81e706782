"""Acquiring a token: cache, lock, cache again, refresh or grant, save. Every command that needs a token comes here."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from egain_auth_cli.errors import KeyringMissing, NetworkError, StoreError, TimedOut
from egain_auth_cli.flows.record import Grant
from egain_auth_cli.models.form_request import Client
from egain_auth_cli.models.grants import TokenCacheKind
from egain_auth_cli.models.moments import duration_text
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.tokens.logins import Logins, login_required
from egain_auth_cli.tokens.refusal import told_by_source
from egain_auth_cli.tokens.request import DEFAULT_MIN_VALID
from egain_auth_cli.tokens.stored_login import STEERING_SCOPES

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from egain_auth_cli.flows.record import FlowRecord
    from egain_auth_cli.models.form_request import GrantSender
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.stores.token_cache import CacheKey
    from egain_auth_cli.tokens.credentials import Credentials
    from egain_auth_cli.tokens.renewal import Renewed
    from egain_auth_cli.tokens.request import TokenRequest


class TokenService:
    """Acquires tokens, from the cache where they will do.

    Args:
        credentials: The profile's.
        sender: Sends grants.
        clock: Epoch seconds.
        seconds: The longest wait for another process's renewal.
        warn: Tells the person what is odd about a token that is returned all the same.
        recheck: Raises where the profile has been renamed, removed or moved meanwhile.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        sender: GrantSender,
        clock: Callable[[], float],
        seconds: float,
        warn: Callable[[str], None],
        recheck: Callable[[], None],
    ) -> None:
        self._credentials = credentials
        self._sender = sender
        self._clock = clock
        self._seconds = seconds
        self._warn = warn
        self._recheck = recheck

    def acquire_token(self, request: TokenRequest) -> TokenSet:
        """Return a token with at least ``min_valid`` seconds of life, or the freshest there is.

        A cached token that is good enough needs no lock, no secret and no network.

        Raises:
            LoginRequired: The flow needs a stored login and there is none.
            GrantRefused: The token endpoint refused.
            ConfigError: A setting is missing, a stored credential belongs to something else, or the profile has been
                renamed, removed or moved meanwhile.
            NetworkError: The token endpoint, or another process that is renewing, did not answer in time.
            StoreError: The secret store or the cache failed.
        """
        settings = request.settings
        record = settings.need_flow()
        stores = request.store and settings.token_cache.value is not TokenCacheKind.NONE
        if not stores and not record.signs_in:
            return self._with_warnings(request, self._grant(request, record))
        key = self.key_of(request)
        before = self._credentials.cache.load(key) if stores else None
        if before is not None and self._serves(before, request):
            return before
        try:
            with self._hold(settings, key):
                return self._acquire_alone(request, record, before, stores=stores)
        except (TimedOut, StoreError) as exc:  # of the lock, or the endpoint's
            if key != self.key_of(request):
                raise  # somebody else has signed in meanwhile
            return self._cached_or_raise(before, request, exc)

    def key_of(self, request: TokenRequest) -> CacheKey:
        """Return what a token is found by now: another key than before says that somebody else's would be found.

        Raises:
            StoreError: The mark of the login cannot be read.
        """
        return self._credentials.key_of(request.settings, request.subject_token)

    def _hold(self, settings: Settings, key: CacheKey) -> AbstractContextManager[None]:
        """Hold the lock of a token; a login's covers all of its scopes, since they share one refresh token."""
        if settings.need_flow().signs_in:
            return self._credentials.place.hold(Logins.item(settings), seconds=self._seconds)
        return self._credentials.locks.hold(f"token {key.digest}", seconds=self._seconds)

    def _acquire_alone(
        self, request: TokenRequest, record: FlowRecord, before: TokenSet | None, *, stores: bool
    ) -> TokenSet:
        """Look into the cache again under the lock, then renew or grant, and save.

        However many processes find an expired token, the first renews it and the others find that: a refresh token that
        rotates may be sent once only.
        """
        cache = self._credentials.cache
        key = self.key_of(request)  # anew: another may have signed in
        now_cached = cache.load(key) if stores else None
        if now_cached is not None and self._serves_now(now_cached, before, request):
            return now_cached
        settled = False
        try:
            if record.signs_in:
                token, settled = self._renew(request)
                key = self._credentials.key_of(request.settings)
            else:
                token = self._grant(request, record)
        except (NetworkError, StoreError) as exc:  # whatever was received is returned, and raises neither
            return self._cached_or_raise(now_cached, request, exc)
        # What was received is given, whatever becomes of the stores: it may have cost the refresh token.
        try:
            if stores:
                cache.save(key, token)
            # In this order: until the access token is cached, the journal has it for whoever comes after a crash.
            if settled:
                self._credentials.logins.finish_renewal(request.settings)
        except StoreError as exc:
            self._warn(f"the token is not kept: {exc.message}")
        return self._with_warnings(request, token)

    def _serves(self, token: TokenSet, request: TokenRequest) -> bool:
        """Return whether a cached token will do for the request."""
        left = token.remaining(self._clock())
        refused = request.force_refresh or token.access_token == request.rejected
        return not refused and left >= request.min_valid and left > 0

    def _serves_now(self, token: TokenSet, before: TokenSet | None, request: TokenRequest) -> bool:
        """Return whether a token found under the lock will do: one stored meanwhile serves a forced refresh as well."""
        renewed = before is None or token.access_token != before.access_token
        if (request.force_refresh and not renewed) or token.access_token == request.rejected:
            return False
        left = token.remaining(self._clock())
        # Where a fresh token lives shorter than min_valid, one that was made while we waited is as good as it gets.
        return left > 0 and (left >= request.min_valid or renewed)

    def _cached_or_raise(
        self, cached: TokenSet | None, request: TokenRequest, exc: NetworkError | StoreError
    ) -> TokenSet:
        """Return a cached token that is shorter than asked for but alive, where no better one can be had."""
        refused = cached is not None and cached.access_token == request.rejected
        if cached is None or request.force_refresh or refused or cached.remaining(self._clock()) <= 0:
            raise exc
        self._warn(f"the token could not be renewed ({exc.message}); it is valid for a while still")
        return cached

    def _with_warnings(self, request: TokenRequest, token: TokenSet) -> TokenSet:
        left = token.remaining(self._clock())
        if left < request.min_valid:
            self._warn(f"a fresh token lives {max(0.0, left):.0f} s, less than the {request.min_valid} s asked for")
        missing = scopes_not_granted(request.settings.wire_scopes, token)
        if missing:
            self._warn(f"the server did not grant {', '.join(f'`{scope}`' for scope in missing)}")
        return token

    def _renew(self, request: TokenRequest) -> Renewed:
        from egain_auth_cli.tokens.renewal import Renewal, Renewed

        settings = request.settings
        login, left_behind = self._credentials.logins.taken_up(settings)
        key = self._credentials.key_of(settings)
        token = left_behind.token if left_behind is not None and left_behind.key == key.digest else None
        if token is not None and self._serves(token, request):
            return Renewed(token, settled=True)
        if login is not None:
            renewal = Renewal(self._credentials, sender=self._sender, warn=self._warn)
            return renewal.renew(settings, login, key=key.digest)
        self._recheck()
        cached = self._credentials.cache.load(key)
        if cached is None:
            raise login_required(settings, "nobody is signed in")
        if cached.seconds_ahead(self._clock()):
            raise login_required(settings, "the clock was ahead when the login was made, so that its end is not known")
        if request.rejected is not None:
            raise login_required(
                settings, "the API refused the token, and there is nothing to renew it with", force=True
            )
        life = cached.remaining(self._clock())
        state = f"ended {duration_text(-life)} ago" if life <= 0 else f"ends in {duration_text(life)}"
        why = f"the login {state}, and there is nothing to renew it with"
        raise login_required(settings, why, force=life >= DEFAULT_MIN_VALID)

    def _grant(self, request: TokenRequest, record: FlowRecord) -> TokenSet:
        settings = request.settings
        grant = Grant(
            url=settings.need("token_url"),
            scopes=settings.wire_scopes,
            subject=settings.subject,
            subject_name=settings.subject_name,
            subject_token=request.subject_token,
        )
        # Before the client secret is looked for: a missing option must not cost an unlocked keyring.
        if record.check is not None:
            record.check(grant)
        client = self._client(settings, record.placeholder)
        registration_id = settings.need("registration_id") if record.takes_subject_token else None
        form = record.request(replace(grant, client=client, registration_id=registration_id))
        with told_by_source(settings, client):
            return self._sender.request_token(form)

    def _client(self, settings: Settings, placeholder: str | None) -> Client:
        """Return the client with its secret, or with the flow's placeholders for what the profile does not have."""
        client_secrets, client_auth = self._credentials.client_secrets, settings.client_auth.value
        if placeholder is None:
            client_id = settings.need("client_id")
            found = client_secrets.find(settings)
            return Client(client_id=client_id, secret=found.secret, client_auth=client_auth, source=found.source)
        given = None
        with contextlib.suppress(KeyringMissing):
            given = client_secrets.find_optional(settings) if settings.client_id.value else None
        return Client(
            client_id=settings.client_id.value or placeholder,
            secret=given.secret if given else Secret(placeholder),
            client_auth=client_auth,
            source=given.source if given else "",
        )


def scopes_not_granted(asked: tuple[str, ...], token: TokenSet) -> tuple[str, ...]:
    """Return the scopes that were asked for and not granted, where the server says what it granted (RFC 6749 §5.1).

    A scope may come back with its prefix or without; ``.default`` stands for those that come back in its place.
    """
    if token.scope is None:
        return ()
    granted = {_bare(scope) for scope in token.scope.split()}
    passed_over = STEERING_SCOPES | {".default"}
    return tuple(scope for scope in asked if _bare(scope) not in granted | passed_over)


def _bare(scope: str) -> str:
    return scope.rpartition("/")[2]
