"""An authenticated request to the API: origin checked first, one renewal after a 401, few and safe retries."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from egain_auth_cli.call.url import api_request_url
from egain_auth_cli.deadline import Deadline
from egain_auth_cli.errors import EgainError, UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.client import HttpRequest
from egain_auth_cli.transport.failures import ConnectionLost
from egain_auth_cli.transport.retry import pause, retry_after
from egain_auth_cli.transport.streaming import Timeouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.transport.client import HttpClient
    from egain_auth_cli.transport.streaming import StreamedAnswer

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_PASSING = frozenset({429, 502, 503, 504})
_OURS = frozenset({"authorization", "host", "content-length", "transfer-encoding", "connection", "proxy-authorization"})
_PIECE = 64 * 1024
_UNAUTHORIZED = 401
_LONGEST_PAUSE = 60.0
"""Seconds that a server may ask to wait where no ``--timeout`` bounds the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """What to call.

    Attributes:
        method: As typed.
        target: A path, or a URL of the profile's origin.
        api_url: The profile's.
        language: For Accept-Language.
        query: Pairs for the query.
        headers: Pairs, as typed.
        body: None, the bytes, a file to stream, or a stream that can be read once.
        timeout: Seconds for all of it; None for the defaults.
        retries: How often a request that failed in passing is repeated.
        retry_unsafe: Whether POST and PATCH are repeated too.
    """

    method: str
    target: str
    api_url: str
    language: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Path | BinaryIO | None = None
    timeout: float | None = None
    retries: int = 2
    retry_unsafe: bool = False

    def at(self, target: str) -> CallRequest:
        """Give the same request for another page, whose link has its own query."""
        return replace(self, target=target, query=())


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A request as it goes on the wire, but for its token."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]


class TokenSource(Protocol):
    """Where the bearer token comes from."""

    def token(self) -> Secret:
        """Give a token."""
        ...

    def renewed(self, rejected: Secret) -> Secret | None:
        """Give another token than the one that the API refused; None where there is no other."""
        ...


def check_call(request: CallRequest) -> CheckedCall:
    """Check method, path and headers before any socket opens and any token is acquired.

    Raises:
        UsageError: One of them is not sent as it stands, or the path leaves the profile's API.
    """
    url = api_request_url(request.api_url, request.target, request.query)
    method = request.method.upper()
    if method not in METHODS:
        raise UsageError(
            f"`{printable(request.method, limit=40)}` is not a method that is sent",
            hint=f"use one of {', '.join(METHODS)}",
        )
    return CheckedCall(method, url, _headers(request))


class CallService:
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

    def call(self, request: CallRequest, tokens: TokenSource, *, take: Callable[[StreamedAnswer], None]) -> int:
        """Send the request and hand the answer over.

        Args:
            request: What to call.
            tokens: Gives the bearer token.
            take: Gets the answer; it reads the body.

        Returns:
            The status.

        Raises:
            UsageError: Method, path or a header is not sent as it stands.
            AuthError: The API refused the token, and no other could be had; the answer was handed over.
            NetworkError: The API was not reached, or the connection was lost.
        """
        checked = check_call(request)
        timeouts = Timeouts(None if request.timeout is None else Deadline(request.timeout))
        token = tokens.token()
        answer = self._persist(checked, request, token, timeouts)
        failure: EgainError | None = None
        if answer.status == _UNAUTHORIZED and _replayable(request.body):
            try:
                renewed = tokens.renewed(token)
            except EgainError as exc:
                renewed, failure = None, exc
            if renewed is not None:
                answer.discard()
                answer = self._persist(checked, request, renewed, timeouts)
        try:
            take(answer)
        finally:
            answer.close()
        if failure is not None:
            raise failure
        return answer.status

    def _persist(self, checked: CheckedCall, request: CallRequest, token: Secret, timeouts: Timeouts) -> StreamedAnswer:
        """Send, and repeat what failed in passing where that can do no harm."""
        may_repeat = _replayable(request.body) and (checked.method in _REPEATABLE or request.retry_unsafe)
        attempt = 0
        while True:
            wait = pause(attempt, None)
            try:
                answer = self._send(checked, request, token, timeouts)
            except ConnectionLost:
                if not may_repeat or attempt >= request.retries or not _affordable(wait, timeouts):
                    raise
                self._trace("the connection was lost; trying again")
            else:
                if answer.status not in _PASSING or not may_repeat or attempt >= request.retries:
                    return answer
                wait = pause(attempt, retry_after(answer.headers, now=self._clock()))
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
    return wait < (_LONGEST_PAUSE if timeouts.deadline is None else timeouts.deadline.remaining())


def _headers(request: CallRequest) -> tuple[tuple[str, str], ...]:
    given = {name.lower() for name, _ in request.headers}
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise UsageError(
                f"the header `{printable(name, limit=60)}` is not sent: it holds a character that no header has",
                hint="write it as `-H 'Name: value'`, printable ASCII",
            )
        if name.lower() in _OURS:
            raise UsageError(f"the header `{name}` is set by `egain` itself", hint=f"leave out `-H '{name}: …'`")
    defaults = [("Accept", "application/json"), ("Accept-Language", request.language), ("Accept-Encoding", "gzip")]
    if request.body is not None:
        defaults.append(("Content-Type", "application/json"))
    return (*(pair for pair in defaults if pair[0].lower() not in given), *request.headers)


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
