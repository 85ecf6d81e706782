"""A token kept in memory while it lives, for many requests of one process, and renewed once after a refusal."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from egain_auth_cli.deadline import at_once
from egain_auth_cli.errors import EgainError
from egain_auth_cli.settings.environment_token import read_token_file

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.environment_token import EnvironmentToken
    from egain_auth_cli.stores.token_cache import CacheKey
    from egain_auth_cli.tokens.acquire import TokenService
    from egain_auth_cli.tokens.request import TokenRequest

_UNAUTHORIZED = 401
_PAUSE = 10.0
"""Seconds between two tries for a token that lives longer: it may live no longer, or the endpoint be out of reach."""


class TokenSource(Protocol):
    """Where bearer tokens come from."""

    def token(self) -> Secret:
        """Return a token."""
        ...

    def renewed(self, rejected: Secret) -> Secret | None:
        """Return another token than the one that the API refused; None where there is no other."""
        ...

    def settle(self) -> None:
        """Wait until no other thread is renewing it, and let none begin to."""
        ...


def token_tries(
    source: TokenSource,
    replayable: bool,  # noqa: FBT001  the HTTP library's side is given this function with its source bound
) -> Generator[Secret, int, None]:
    """Yield the token for each try of a request: one, and another after a 401 (RFC 6750 §3.1).

    Args:
        source: Where the tokens come from.
        replayable: Whether the request can be sent a second time.

    Yields:
        The token to send; what is sent back in is the status that it was answered with.
    """
    token = source.token()
    status = yield token
    # Once only: a second 401 is not about the token's age.
    if status == _UNAUTHORIZED and replayable:
        renewed = source.renewed(token)
        if renewed is not None:
            yield renewed


class TokenHolder:
    """Acquires a token once, and again when it is about to end or was refused, or its login is not the last one.

    Args:
        service: Acquires tokens.
        request: What is asked for.
        clock: Epoch seconds.
        subject_token: Finds another provider's token anew for each one that is acquired; None for the request's.
    """

    def __init__(
        self,
        service: TokenService,
        request: TokenRequest,
        *,
        clock: Callable[[], float],
        subject_token: Callable[[], Secret | None] | None = None,
    ) -> None:
        self._subject_token = subject_token
        self._service = service
        self._request = request
        self._clock = clock
        self._held: TokenSet | None = None
        self._key: CacheKey | None = None
        self._next_try = 0.0
        self._tries = 0
        self._failure: EgainError | None = None
        self._settled = False
        self._lock = threading.Lock()  # requests of several threads may share it

    def token(self) -> Secret:
        """Return the token at hand, or acquire one.

        Raises:
            EgainError: As ``TokenService.acquire_token``.
        """
        tries = self._tries
        with self._lock:
            now, held = self._clock(), self._held
            left = 0.0 if held is None else held.remaining(now)
            ends_soon = left < max(self._request.min_valid, 1) and now >= self._next_try
            if held is None or left <= 0 or ends_soon or self._somebody_signed_in_or_out():
                held = self._acquire(tries)
                self._next_try = self._clock() + _PAUSE
            return held.access_token

    def renewed(self, rejected: Secret) -> Secret | None:
        """Return another token than the one that was refused: one acquired since, or a new one; None at the end.

        Raises:
            EgainError: As ``TokenService.acquire_token``.
        """
        tries = self._tries
        with self._lock:
            if self._settled:
                return None
            held = self._held
            if held is None or held.access_token == rejected:
                held = self._acquire(tries, rejected)
            return held.access_token

    def _acquire(self, tries: int, rejected: Secret | None = None) -> TokenSet:
        """Acquire a token; what failed while we waited is not tried again by each who waited, one after the other."""
        if self._settled:  # nobody waits for this one: it would end in the middle
            raise EgainError("the program is ending", hint="run it again")
        if self._failure is not None and self._tries > tries:
            raise self._failure.with_traceback(None)
        self._failure = None
        try:
            # Before it: whoever signs in meanwhile is then noticed by the next request.
            former, self._key = self._key, self._key_now()
            if self._key != former:  # of somebody else: not to be given again, whatever becomes of this
                self._held = None
            self._held = self._service.acquire_token(replace(self._asked(), rejected=rejected))
        except EgainError as exc:
            self._failure = exc
            raise
        finally:
            self._tries += 1
        return self._held

    def _somebody_signed_in_or_out(self) -> bool:
        """Return whether somebody has since the token was acquired: then it is not to be used any more."""
        return self._key_now() != self._key

    def _key_now(self) -> CacheKey | None:
        """Return what a person's token is found by; an application's is the same for ever."""
        return self._service.key_of(self._request) if self._request.settings.need_flow().signs_in else None

    def _asked(self) -> TokenRequest:
        if self._subject_token is None:
            return self._request
        return replace(self._request, subject_token=self._subject_token())

    def settle(self) -> None:
        """Let no thread begin to renew the token; wait for one that renews a login, which must not be lost with us."""
        self._settled = True
        if self._request.settings.need_flow().signs_in:
            while not self._lock.acquire(timeout=at_once(math.inf)):
                pass
            self._lock.release()

    def seconds_left(self) -> float | None:
        """Return the life of the token at hand; None before there is one."""
        return None if self._held is None else self._held.remaining(self._clock())

    @property
    def person(self) -> str | None:
        """Whom the token at hand is for, by its unverified claims."""
        return None if self._held is None else self._held.person


class GivenToken:
    """A token that somebody else acquired, used as it is.

    Args:
        given: Of the environment, such as an ``egain exec`` around this process set it.
        clock: Epoch seconds.
    """

    person: str | None = None

    def __init__(self, given: EnvironmentToken, *, clock: Callable[[], float]) -> None:
        self._given = given
        self._clock = clock

    def token(self) -> Secret:
        """Return the token, as its file has it by now where it has one."""
        current = read_token_file(self._given.file) if self._given.file is not None else None
        return current or self._given.secret

    def renewed(self, rejected: Secret) -> Secret | None:
        """Return another token than the refused one where the file has one by now, else None."""
        current = self.token()
        return None if current == rejected else current

    def settle(self) -> None:
        """Do nothing."""
        return

    def seconds_left(self) -> float | None:
        """Return the life of the token; None where nobody says, as of one from a file."""
        return self._given.seconds_left(self._clock())
