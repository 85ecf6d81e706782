"""Requests over HTTP: under a total deadline, to the exact target, over one kept connection an origin."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from egain_auth_cli.deadline import Timeouts, run_bounded
from egain_auth_cli.errors import BadAnswer, NetworkError
from egain_auth_cli.models.urls import Origin, origin_of
from egain_auth_cli.transport.failures import library_errors, timed_out, to_egain_error, undecodable
from egain_auth_cli.transport.library_request import library_request
from egain_auth_cli.transport.proxy import proxy_for
from egain_auth_cli.transport.socket_deadlines import SocketDeadlines
from egain_auth_cli.transport.streaming import StreamedAnswer, socket_of
from egain_auth_cli.transport.way import Way
from egain_auth_cli.transport.wire_log import head_lines

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterable, Callable, Iterator, Mapping

    import httpx

    from egain_auth_cli.deadline import Deadline
    from egain_auth_cli.errors import EgainError
    from egain_auth_cli.transport.proxy import Proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request as it is on the wire: added are Host, User-Agent, and the body's length or chunked encoding.

    Attributes:
        method: In capitals.
        url: Percent-encoded; its path and query are sent as they stand.
        headers: Names and values, in order.
        content: The body; an iterator, asynchronous where the client is, is sent in chunks, unless a header says its
            length.
        anonymous: Whether User-Agent is left out.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes | Iterator[bytes] | AsyncIterable[bytes] | None = None
    anonymous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer.

    Attributes:
        status: The status code.
        headers: Names in lower case; the last of several wins.
        body: Decoded.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The media type alone, lower case; empty if there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


AnyAnswer = TypeVar("AnyAnswer", Answer, StreamedAnswer)


class HttpClient:
    """Sends requests, and keeps an origin's connection for the next; the first request loads the HTTP library.

    Args:
        environ: ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, and the proxy's variables.
        trace: Is told method, URL without query, and status of each request.
    """

    def __init__(self, environ: Mapping[str, str], *, trace: Callable[[str], None] = lambda _: None) -> None:
        self._environ = environ
        self._trace = trace
        self._last: dict[Origin, httpx.Response] = {}
        self._deadlines = SocketDeadlines()

    def exchange(self, request: HttpRequest, *, deadline: Deadline, limit: int) -> Answer:
        """Send a request and read its whole answer. Redirects are not followed.

        Args:
            request: Its URL is checked again.
            deadline: The end of all of it, name resolution and a dripping body included.
            limit: The most bytes of body, after decoding.

        Raises:
            TimedOut: The deadline passed.
            BadAnswer: The body is longer than ``limit`` or cannot be decoded.
            NetworkError: Resolution, connection, TLS, proxy or protocol failed.
        """
        return self._traced(request, lambda: self._read_whole(request, Timeouts(deadline), limit))

    def stream(
        self, request: HttpRequest, *, timeouts: Timeouts, log: Callable[[str], None] | None = None
    ) -> StreamedAnswer:
        """Send a request and return the answer's head; the body is read as it is asked for.

        Args:
            request: Its URL is checked again.
            timeouts: How long to wait.
            log: Is told both heads, line by line.

        Raises:
            TimedOut: The head did not come in time.
            NetworkError: Resolution, connection, TLS, proxy or protocol failed.
        """
        return self._traced(request, lambda: self._head(request, timeouts, log))

    def sibling(self) -> HttpClient:
        """Return a client with connections of its own, for another thread."""
        other = HttpClient(self._environ, trace=self._trace)
        if "_context" in self.__dict__:
            other.__dict__["_context"] = self._context  # which takes longer to make than a request
        return other

    def proxy(self, origin: Origin) -> Proxy | None:
        """Return the proxy that requests to an origin take, or None.

        Raises:
            ConfigError: Its URL cannot be used.
        """
        return proxy_for(origin, self._environ)

    def _traced(self, request: HttpRequest, send: Callable[[], AnyAnswer]) -> AnyAnswer:
        # A query may hold what nobody should read.
        line = f"{request.method} {request.url.partition('?')[0]}"
        try:
            answer = send()
        except NetworkError as exc:
            self._trace(f"{line}: {exc.code}")
            raise
        self._trace(f"{line}: {answer.status}")
        return answer

    def _read_whole(self, request: HttpRequest, timeouts: Timeouts, limit: int) -> Answer:
        answer = self._head(request, timeouts)
        body = bytearray()
        try:
            for piece in answer.body():
                body += piece
                if len(body) > limit:
                    raise BadAnswer(
                        f"`{origin_of(request.url)}` answered more than {limit // 1024} KiB",
                        hint="check that the URL is the one in Metadata",
                    )
            if answer.left_coded:
                raise undecodable(ValueError(), origin_of(request.url))
        except NetworkError as exc:
            exc.received = bytes(body)  # it may hold the successor of a refresh token
            raise
        finally:
            answer.close()
        return Answer(status=answer.status, headers=answer.headers, body=bytes(body))

    def _head(
        self, request: HttpRequest, timeouts: Timeouts, log: Callable[[str], None] | None = None
    ) -> StreamedAnswer:
        origin = origin_of(request.url)
        last = self._take_last(origin)
        way: Way = self._way(origin) if last is None else last.extensions["way"]
        failure: EgainError
        try:
            response = self._send(request, way, timeouts, log, last=last)
        except TimeoutError:
            failure = timed_out(way, timeouts.head_seconds, timeouts)
        except library_errors() as exc:
            failure = to_egain_error(exc, way, timeouts.head_seconds, timeouts)
        else:
            return StreamedAnswer(response, way, timeouts, self._deadlines)
        # NOTE: outside the handler: else the library's error would come along as its context, and that holds the
        # request, its Authorization header included.
        raise failure

    def _send(
        self,
        request: HttpRequest,
        way: Way,
        timeouts: Timeouts,
        log: Callable[[str], None] | None,
        *,
        last: httpx.Response | None,
    ) -> httpx.Response:
        """Send a request: on the last one's connection, else in a thread, since a resolver cannot be interrupted."""
        client: httpx.Client = self._open(way) if last is None else last.extensions["client"]
        prepared = library_request(request, client.base_url, timeouts)
        if way.hop:
            prepared.extensions["trace"] = way
        if log is not None:
            target = prepared.url.raw_path.decode("ascii")
            _tell(log, head_lines(">", f"{request.method} {target} HTTP/1.1", prepared.headers.raw))
        timeouts.moved()
        if last is None:
            response = run_bounded(lambda: client.send(prepared, stream=True), seconds=timeouts.head)
        else:
            with self._deadlines.shut_down_after(timeouts.head, socket_of(last)):
                response = client.send(prepared, stream=True)
        if log is not None:
            reason = response.extensions["reason_phrase"].decode("latin-1")
            first = f"{response.http_version} {response.status_code} {reason}".rstrip()
            _tell(log, head_lines("<", first, response.extensions["raw_headers"]))
        response.extensions["client"], response.extensions["way"] = client, way
        self._last[way.origin] = response
        return response

    def _way(self, origin: Origin) -> Way:
        from egain_auth_cli.transport.tls import authorities_named

        return Way(origin, self.proxy(origin), authorities=authorities_named(self._environ))

    def _open(self, way: Way) -> httpx.Client:
        from egain_auth_cli.transport.httpx_library import open_client

        return open_client(way.origin, way.proxy, self._context if way.origin.scheme == "https" else None)

    def _take_last(self, origin: Origin) -> httpx.Response | None:
        """Take an origin's last answer if its connection is there for the next request; no other thread gets it.

        It is if the answer was read to its end and nothing has come since, which could only be the server's goodbye.
        The question is put as the library puts it, so that both find the same.
        """
        last = self._last.pop(origin, None)
        if last is None or not last.is_closed:
            return None
        # A socket that the server has closed is readable, as one with unexpected bytes is.
        if last.extensions["network_stream"].get_extra_info("is_readable") is False:
            return last
        last.extensions["client"].close()
        return None

    @cached_property
    def _context(self) -> ssl.SSLContext:
        from egain_auth_cli.transport.tls import trusting_context

        return trusting_context(self._environ)


def _tell(log: Callable[[str], None], lines: Iterator[str]) -> None:
    for line in lines:
        log(line)
