"""Sending an authenticated request to the API: checked first, one renewal after a 401, few and safe retries."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from egain_auth_cli.call.request import check_call
from egain_auth_cli.deadline import Deadline, Timeouts
from egain_auth_cli.errors import EgainError, UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.tokens.holder import token_tries
from egain_auth_cli.transport.client import HttpRequest
from egain_auth_cli.transport.failures import ConnectionLost
from egain_auth_cli.transport.retry import pause_seconds, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from egain_auth_cli.call.request import CallRequest, CheckedCall
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.tokens.holder import TokenSource
    from egain_auth_cli.transport.client import HttpClient
    from egain_auth_cli.transport.streaming import StreamedAnswer

# See: RFC 9110 §9.2.2, the idempotent methods: sending one twice does what sending it once does.
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
# 500 is not among them: a server that failed in the middle may have done part of the work.
_PASSING = frozenset({429, 502, 503, 504})
_PIECE = 64 * 1024
_LONGEST_PAUSE = 60.0
"""Seconds that a server may ask to wait where no ``--timeout`` bounds the request."""


class ApiCaller:
    """Calls the API.

    Args:
        http: The client; one connection serves many requests.
        clock: Epoch seconds.
        sleep: Waits between two tries.
        trace: Told of retries.
    """

    def __init__(
        self,
        http: HttpClient,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        trace: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._http = http
        self._clock = clock
        self._sleep = sleep
        self._trace = trace

    def call(self, request: CallRequest, tokens: TokenSource, *, on_answer: Callable[[StreamedAnswer], None]) -> int:
        """Send the request and hand the answer over.

        Args:
            request: What to call.
            tokens: Gives the bearer token.
            on_answer: Gets the answer; it reads the body.

        Returns:
            The status.

        Raises:
            UsageError: Method, path or a header is not sent as it stands.
            AuthError: The API refused the token, and no other could be had; the answer was handed over.
            NetworkError: The API was not reached, or the connection was lost.
        """
        checked = check_call(request)
        timeouts = Timeouts(None if request.timeout is None else Deadline(request.timeout))
        tries = token_tries(tokens, _replayable(request.body))
        answer = self._send_with_retries(checked, request, next(tries), timeouts)
        failure: EgainError | None = None
        try:
            renewed = tries.send(answer.status)
        except StopIteration:
            pass
        except EgainError as exc:  # the refusal's own body is handed over all the same
            failure = exc
        else:
            answer.discard()  # read to its end, so that the connection serves the second try
            answer = self._send_with_retries(checked, request, renewed, timeouts)
        try:
            on_answer(answer)
        finally:
            answer.close()
        if failure is not None:
            raise failure
        return answer.status

    def _send_with_retries(
        self, checked: CheckedCall, request: CallRequest, token: Secret, timeouts: Timeouts
    ) -> StreamedAnswer:
        """Send, and send again after a passing failure where that can do no harm."""
        may_repeat = _replayable(request.body) and (checked.method in _REPEATABLE or request.retry_unsafe)
        attempt = 0
        while True:
            wait = pause_seconds(attempt, None)
            try:
                answer = self._send(checked, request, token, timeouts)
            except ConnectionLost:
                if not may_repeat or attempt >= request.retries or not _affordable(wait, timeouts):
                    raise
                self._trace("the connection was lost; trying again")
            else:
                if answer.status not in _PASSING or not may_repeat or attempt >= request.retries:
                    return answer
                wait = pause_seconds(attempt, retry_after(answer.headers, now=self._clock()))
                if not _affordable(wait, timeouts):
                    return answer
                self._trace(f"status {answer.status}; trying again in {wait:.1f} s")
                answer.discard()
            self._sleep(wait)
            attempt += 1

    def _send(self, checked: CheckedCall, request: CallRequest, token: Secret, timeouts: Timeouts) -> StreamedAnswer:
        headers = (*checked.headers, ("Authorization", f"Bearer {token.reveal()}"))
        content, length = _content(request.body)
        if length is not None:
            headers = (*headers, ("Content-Length", str(length)))
        http_request = HttpRequest(method=checked.method, url=checked.url, headers=headers, content=content)
        return self._http.stream(http_request, timeouts=timeouts)


def _affordable(wait: float, timeouts: Timeouts) -> bool:
    # Where the server asks for longer, its answer is shown at once: the hint names `--timeout`.
    return wait < (_LONGEST_PAUSE if timeouts.deadline is None else timeouts.deadline.remaining())


def _replayable(body: object) -> bool:
    return body is None or isinstance(body, (bytes, Path))


def _content(body: bytes | Path | BinaryIO | None) -> tuple[bytes | Iterator[bytes] | None, int | None]:
    if body is None or isinstance(body, bytes):
        return body, None
    if isinstance(body, Path):
        try:
            file = body.open("rb")
        except (OSError, ValueError) as exc:
            reason = (getattr(exc, "strerror", None) or "not a file's name").lower()
            raise UsageError(f"`{printable(str(body))}` cannot be read: {reason}", hint="check `-d @FILE`") from exc
        return _pieces(file, close=True), body.stat().st_size if body.is_file() else None
    return _pieces(body, close=False), None


def _pieces(file: BinaryIO, *, close: bool) -> Iterator[bytes]:
    try:
        while piece := file.read(_PIECE):
            yield piece
    finally:
        if close:
            file.close()
