"""What is in use: every setting with its source, and the stored login, without anything secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import EgainError, KeyringMissing
from egain_auth_cli.models.grants import Actor, Flow
from egain_auth_cli.settings.resolve import FlowOptions
from egain_auth_cli.tokens.acquire import cache_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from egain_auth_cli.models.grants import TokenCacheKind
    from egain_auth_cli.settings.resolve import Settings
    from egain_auth_cli.stores.token_cache import TokenCache
    from egain_auth_cli.tokens.keep_secret import SecretPlace
    from egain_auth_cli.tokens.logins import Logins


class Kept(NamedTuple):
    """A login or a token that is kept for a flow.

    Attributes:
        flow: The flow.
        actor: Who acts; None where the flow has no person who signs in.
        expires_at: Epoch seconds of the cached token; None where there is none.
        seconds_left: Its life; negative once it has expired.
        renewable: Whether a refresh token is stored; None where the flow has no login.
        problem: Why what is stored cannot be used, in words.
    """

    flow: Flow
    actor: Actor | None
    expires_at: int | None
    seconds_left: float | None
    renewable: bool | None
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What ``status`` shows.

    Attributes:
        settings: Every setting with its source.
        client_secret: Where the secret comes from, in words.
        expires_at: Epoch seconds of the cached token; None where there is none.
        seconds_left: Its life; negative once it has expired.
        renewable: Whether a refresh token is stored; None where the flow has no login.
        problem: Why the login or the secret cannot be used, in words.
        usable: Whether the flow can give a token without a person.
        kept: Every login and token of the profile, of whichever flow and actor.
    """

    settings: Settings
    client_secret: str
    expires_at: int | None
    seconds_left: float | None
    renewable: bool | None
    problem: str | None
    usable: bool
    kept: tuple[Kept, ...] = ()


class StatusService:
    """Describes settings, secret and login.

    Args:
        cache: Gives the cache of a kind.
        logins: Gives the stored logins of a profile.
        clock: Epoch seconds.
    """

    def __init__(
        self,
        *,
        cache: Callable[[TokenCacheKind], TokenCache],
        logins: Callable[[Settings], Logins],
        clock: Callable[[], float],
    ) -> None:
        self._cache = cache
        self._logins = logins
        self._clock = clock

    def describe(
        self, settings: Settings, place: SecretPlace, resolve: Callable[[FlowOptions], Settings] | None = None
    ) -> Status:
        """Describe what these settings would use.

        Args:
            settings: Resolved.
            place: Where the client secret comes from.
            resolve: Resolves the settings of another flow and actor.
        """
        problem = place.problem.message if place.problem else None
        token = None
        renewable: bool | None = None
        flow = settings.flow.value
        complete = bool(flow and settings.client_id.value and settings.token_url.value)
        if complete and flow is not None:
            try:
                token = self._cache(settings.token_cache.value).load(cache_key(settings))
                if flow.signs_in:
                    renewable = self._logins(settings).stored(settings) is not None
            except EgainError as exc:
                problem = exc.message
        left = None if token is None else token.remaining(self._clock())
        live = left is not None and left > 0
        usable = live or bool(renewable) if flow is not None and flow.signs_in else complete
        return Status(
            settings=settings,
            client_secret=place.source or "none",
            expires_at=None if token is None else token.expires_at,
            seconds_left=left,
            renewable=renewable,
            problem=problem,
            usable=usable,
            kept=() if resolve is None else tuple(self._all_kept(resolve)),
        )

    def _all_kept(self, resolve: Callable[[FlowOptions], Settings]) -> Iterator[Kept]:
        """Give what is kept of the flows whose tokens are not for one person that only a command line names."""
        for flow in Flow:
            if flow in (Flow.ON_BEHALF_OF, Flow.TOKEN_EXCHANGE):
                continue
            for actor in Actor if flow.signs_in else (None,):
                try:
                    settings = resolve(FlowOptions(flow=flow, actor=actor))
                except EgainError:
                    continue
                if settings.token_url.value and (settings.client_id.value or flow is Flow.ANONYMOUS):
                    kept = self._kept(settings, flow, actor)
                    if kept.expires_at is not None or kept.renewable or kept.problem:
                        yield kept

    def _kept(self, settings: Settings, flow: Flow, actor: Actor | None) -> Kept:
        token, renewable, problem = None, None, None
        try:
            token = self._cache(settings.token_cache.value).load(cache_key(settings))
            renewable = self._logins(settings).stored(settings) is not None if flow.signs_in else None
        except KeyringMissing:
            pass  # nothing can be stored in a keyring that is not there
        except EgainError as exc:
            problem = exc.message
        left = None if token is None else token.remaining(self._clock())
        return Kept(flow, actor, None if token is None else token.expires_at, left, renewable, problem)
