"""Sending an authenticated request to the API: checked first, one renewal after a 401, few and safe retries."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from egain_auth_cli.call.pace import Pace
from egain_auth_cli.call.request import check_call
from egain_auth_cli.deadline import Deadline, Timeouts
from egain_auth_cli.errors import EgainError
from egain_auth_cli.tokens.holder import token_tries
from egain_auth_cli.transport.client import HttpRequest
from egain_auth_cli.transport.failures import ConnectionLost
from egain_auth_cli.transport.retry import PASSING, REPEATABLE, pause_seconds, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager

    from egain_auth_cli.call.request import CallRequest, CheckedCall
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.terminal.progress import LateProgress
    from egain_auth_cli.tokens.holder import TokenSource
    from egain_auth_cli.transport.client import HttpClient
    from egain_auth_cli.transport.streaming import StreamedAnswer

_TOO_MANY, _UNAUTHORIZED = 429, 401
_PIECE = 64 * 1024
_SHOWN = 1024 * 1024
"""Bytes of a body from which on a person is shown how far it is."""
_LONGEST_PAUSE = 60.0
"""Seconds that a server may ask to wait where no ``--timeout`` bounds the request."""
_SETTING = "`--timeout SECONDS` sets how long all of it may take"


class ApiCaller:
    """Calls the API.

    Args:
        http: The client; one connection serves many requests.
        clock: Epoch seconds.
        sleep: Waits between two tries.
        trace: Told of retries.
        log: Told both heads of each request, line by line; None for nobody.
        progress: Shows how much of a long body has been sent.
        waiting: Shows that the answer is awaited.
        pace: Shared with others that call at the same time.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        trace: Callable[[str], None] = lambda _: None,
        log: Callable[[str], None] | None = None,
        progress: Callable[[int | None], AbstractContextManager[LateProgress | None]] = lambda _: nullcontext(),
        waiting: Callable[[str], AbstractContextManager[LateProgress | None]] = lambda _: nullcontext(),
        pace: Pace | None = None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._sleep = sleep
        self._trace = trace
        self._log = log
        self._progress = progress
        self._waiting = waiting
        self._pace = pace or Pace()

    def sibling(self) -> ApiCaller:
        """Return one with connections of its own and the same pace, for another thread."""
        return ApiCaller(
            self._http.sibling(),
            clock=self._clock,
            sleep=self._sleep,
            trace=self._trace,
            log=self._log,
            pace=self._pace,
        )

    def call(
        self,
        request: CallRequest,
        tokens: TokenSource,
        *,
        on_answer: Callable[[StreamedAnswer], None],
        withholds: bool = False,
        deadline: Deadline | None = None,
    ) -> int:
        """Send the request and hand the answer over.

        Args:
            request: What to call.
            tokens: Gives the bearer token.
            on_answer: Gets the answer; it reads the body.
            withholds: Nothing of the answer is given out before it is whole, so that it may be handed over again.
            deadline: The end of all of it; None for the request's own.

        Returns:
            The status.

        Raises:
            UsageError: Method, path or a header is not sent as it stands, or the body cannot be read.
            AuthError: The API refused the token, and no other could be had; the answer was handed over.
            NetworkError: The API was not reached, or the connection was lost.
        """
        tries = _Tries.of(request, deadline, tokens)
        while True:
            answer = self._answer(tries)
            try:
                on_answer(answer)
                break
            except ConnectionLost:
                if not withholds or not self._again(tries):
                    raise
                self._trace("the answer was cut off; trying again")
            finally:
                answer.close()
        if tries.refusal is not None:
            raise tries.refusal
        return answer.status

    def _answer(self, tries: _Tries) -> StreamedAnswer:
        """Send; and again after a passing failure where that can do no harm, and with another token after a 401."""
        while True:
            try:
                answer = self._send(tries, tries.token)
            except ConnectionLost:
                if not self._again(tries):
                    raise
                self._trace("the connection was lost; trying again")
                continue
            if tries.renews(answer.status):
                answer.discard()  # read to its end, so that the connection serves the second try
                continue
            if answer.status not in PASSING:
                return answer
            asked = retry_after(answer.headers, now=self._clock())
            if not self._again(tries, asked, everybody=answer.status == _TOO_MANY):
                return answer
            self._trace(f"status {answer.status}; trying again")
            answer.discard()

    def _again(self, tries: _Tries, asked: float | None = None, *, everybody: bool = False) -> bool:
        """Wait for the next try; return False, at once, where there is none."""
        if not tries.may_repeat or tries.attempt >= tries.request.retries:
            return False
        wait = pause_seconds(tries.attempt, asked)
        deadline = tries.timeouts.deadline
        # Where the server asks for longer, its answer is shown at once: the hint names `--timeout`.
        if wait >= (_LONGEST_PAUSE if deadline is None else deadline.remaining()):
            return False
        tries.attempt += 1
        if everybody:
            self._pace.hold(wait)
        self._sleep(wait)
        return True

    def _send(self, tries: _Tries, token: Secret) -> StreamedAnswer:
        checked = tries.checked
        headers = (*checked.headers, ("Authorization", f"Bearer {token.reveal()}"))
        opened = None if tries.request.body is None else tries.request.body.open()
        length = None if opened is None else opened.length
        if length is not None:
            headers = (*headers, ("Content-Length", str(length)))
        self._pace.wait(self._sleep, tries.timeouts.deadline)
        long = opened is not None and (length is None or length > _SHOWN)
        shown = self._progress(length) if long else self._waiting("waiting for the answer")
        with shown as progress:
            content = None if opened is None else _pieces(opened.content, progress)
            http_request = HttpRequest(
                method=checked.method, url=checked.url, headers=headers, content=content, anonymous=checked.anonymous
            )
            return self._http.stream(http_request, timeouts=tries.timeouts, log=self._log)


@dataclass
class _Tries:
    """The tries of one request: how many there were, within which time, with which token.

    Attributes:
        refusal: Why there is no other token after a 401; the answer is handed over all the same.
    """

    request: CallRequest
    checked: CheckedCall
    timeouts: Timeouts
    may_repeat: bool
    offered: Generator[Secret, int, None]
    token: Secret
    attempt: int = 0
    refusal: EgainError | None = None

    @classmethod
    def of(cls, request: CallRequest, deadline: Deadline | None, tokens: TokenSource) -> _Tries:
        checked = check_call(request)
        own = None if request.timeout is None else Deadline(request.timeout)
        replayable = request.body is None or request.body.replayable
        may_repeat = replayable and (checked.method in REPEATABLE or request.retry_unsafe)
        offered = token_tries(tokens, replayable)
        timeouts = Timeouts(deadline or own, setting=_SETTING)
        return cls(request, checked, timeouts, may_repeat, offered, next(offered))

    def renews(self, status: int) -> bool:
        """Return whether a 401 has brought another token."""
        if status != _UNAUTHORIZED:
            return False
        try:
            self.token = self.offered.send(status)
        except StopIteration:
            return False
        except EgainError as exc:
            self.refusal = exc
            return False
        return True


def _pieces(content: bytes | Iterator[bytes], progress: LateProgress | None) -> bytes | Iterator[bytes]:
    """Return a body as it is sent; a long one in pieces, each of which shows that it goes on."""
    if isinstance(content, bytes):
        if len(content) <= _PIECE:
            return content
        whole = content
        content = (whole[start : start + _PIECE] for start in range(0, len(whole), _PIECE))
    return _counted(content, progress)


def _counted(pieces: Iterator[bytes], progress: LateProgress | None) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        if progress is not None:
            progress.advance(len(piece))
