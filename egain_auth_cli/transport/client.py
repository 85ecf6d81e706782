"""Requests over HTTP: time-outs, certificates, proxy, size bounds, and the one seam to the library's errors."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpcore

from egain_auth_cli import __version__
from egain_auth_cli.deadline import run_bounded
from egain_auth_cli.errors import BadAnswer
from egain_auth_cli.models.urls import Origin, origin_of
from egain_auth_cli.transport.decoding import Decoder
from egain_auth_cli.transport.failures import LIBRARY_ERRORS, mapped, timed_out
from egain_auth_cli.transport.proxy import proxy_for
from egain_auth_cli.transport.streaming import Cutter, StreamedAnswer, header_lines, socket_of
from egain_auth_cli.transport.tls import trusting_context

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping

    from egain_auth_cli.deadline import Deadline
    from egain_auth_cli.errors import EgainError
    from egain_auth_cli.transport.proxy import Proxy
    from egain_auth_cli.transport.streaming import Patience

USER_AGENT = f"egain-auth-cli/{__version__}"
_CONNECT_SECONDS = 15.0
_SHORTEST = 0.001
_WITH_LENGTH = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose requests say their body's length even where there is none (RFC 9110 §8.6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request: what is on the wire, nothing added but Host, User-Agent and the body's length."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes | Iterator[bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer; ``headers`` have lower-case names, the last of several wins."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def content_type(self) -> str:
        """The media type alone, lower case; empty if there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class HttpClient:
    """Sends requests, one connection pool an origin.

    Args:
        environ: ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, and whether it names a proxy.
        trace: Told method, URL without query, and status of each exchange.
    """

    def __init__(self, environ: Mapping[str, str], *, trace: Callable[[str], None] = lambda _: None) -> None:
        self._environ = environ
        self._trace = trace
        self._pools: dict[Origin, httpcore.ConnectionPool] = {}
        self._sockets: dict[Origin, socket.socket | None] = {}
        self._cutter = Cutter()

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
        origin = origin_of(request.url)
        pool = self._pool(origin)

        def work() -> Answer:
            response = pool.handle_request(_library_request(request, origin, read_seconds=deadline.remaining()))
            try:
                lines = header_lines(response)
                return Answer(
                    status=response.status,
                    headers=dict(lines),
                    body=_whole_body(
                        response, encoding=dict(lines).get("content-encoding", ""), limit=limit, origin=origin
                    ),
                )
            finally:
                response.close()

        failure: EgainError
        try:
            answer = run_bounded(work, seconds=deadline.remaining())
        except TimeoutError:
            self._drop(origin)
            failure = timed_out(origin, deadline.seconds)
        except LIBRARY_ERRORS as exc:
            failure = mapped(exc, origin, deadline.seconds)
        else:
            self._trace(f"{request.method} {without_query(request.url)}: {answer.status}")
            return answer
        self._trace(f"{request.method} {without_query(request.url)}: {failure.code}")
        raise failure  # outside the handler: the library's error holds the request, headers and all

    def stream(self, request: HttpRequest, *, patience: Patience) -> StreamedAnswer:
        """Send a request and give the answer's head; the body is read as it is asked for.

        Args:
            request: Its URL is checked again.
            patience: How long to wait.

        Raises:
            TimedOut: The head did not come in time.
            NetworkError: Resolution, connection, TLS, proxy or protocol failed.
        """
        origin = origin_of(request.url)
        pool = self._pool(origin)
        prepared = _library_request(request, origin, read_seconds=patience.silence)
        failure: EgainError
        try:
            response = self._send(pool, prepared, origin, seconds=patience.head())
        except TimeoutError:
            self._drop(origin)
            failure = timed_out(origin, patience.head_seconds)
        except LIBRARY_ERRORS as exc:
            failure = mapped(exc, origin, patience.head_seconds)
        else:
            self._trace(f"{request.method} {without_query(request.url)}: {response.status}")
            return StreamedAnswer(response, origin, patience, self._cutter)
        self._trace(f"{request.method} {without_query(request.url)}: {failure.code}")
        raise failure

    def _send(
        self, pool: httpcore.ConnectionPool, request: httpcore.Request, origin: Origin, *, seconds: float
    ) -> httpcore.Response:
        """Send a request: on the open connection, else in a thread, since a resolver cannot be interrupted."""
        sock = self._sockets.get(origin)
        if sock is not None and [one.is_idle() and not one.has_expired() for one in pool.connections] == [True]:
            with self._cutter.cut_in(seconds, sock):
                response = pool.handle_request(request)
        else:
            response = run_bounded(lambda: pool.handle_request(request), seconds=seconds)
        self._sockets[origin] = socket_of(response)
        return response

    def proxy(self, origin: Origin) -> Proxy | None:
        """Give the proxy that requests to an origin take, or None."""
        return proxy_for(origin, self._environ)

    def close(self) -> None:
        """Close every connection."""
        for origin in tuple(self._pools):
            self._drop(origin)

    def _drop(self, origin: Origin) -> None:
        pool = self._pools.pop(origin, None)
        self._sockets.pop(origin, None)
        if pool is not None:
            with contextlib.suppress(Exception):
                pool.close()

    def _pool(self, origin: Origin) -> httpcore.ConnectionPool:
        if origin not in self._pools:
            proxy = self.proxy(origin)
            context = trusting_context(self._environ) if origin.scheme == "https" else None
            if proxy is None:
                self._pools[origin] = httpcore.ConnectionPool(ssl_context=context)
            else:
                self._pools[origin] = httpcore.HTTPProxy(
                    proxy.url,
                    proxy_auth=proxy.credentials,
                    ssl_context=context,
                    proxy_ssl_context=trusting_context(self._environ) if proxy.encrypted else None,
                )
        return self._pools[origin]


def _library_request(request: HttpRequest, origin: Origin, *, read_seconds: float) -> httpcore.Request:
    """Give the request as the library takes it: the target is the URL's own text, so nothing can be read otherwise."""
    scheme, _, rest = request.url.partition("://")
    end = min((place for place in map(rest.find, "/?") if place >= 0), default=len(rest))
    target = rest[end:] if rest[end:].startswith("/") else f"/{rest[end:]}"
    read = max(read_seconds, _SHORTEST)
    return httpcore.Request(
        request.method,
        httpcore.URL(
            scheme=scheme.encode("ascii"),
            host=origin.host.encode("ascii"),
            port=origin.port,
            target=target.encode("ascii"),
        ),
        headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in _all_headers(request, origin)],
        content=request.content,
        extensions={
            "timeout": {"connect": min(_CONNECT_SECONDS, read), "read": read, "write": read, "pool": read},
        },
    )


def _all_headers(request: HttpRequest, origin: Origin) -> list[tuple[str, str]]:
    given = {name.lower() for name, _ in request.headers}
    added = [("Host", str(origin).partition("://")[2])]
    if "user-agent" not in given:
        added.append(("User-Agent", USER_AGENT))
    added += request.headers
    if "content-length" in given:
        return added
    if isinstance(request.content, bytes) or (request.content is None and request.method in _WITH_LENGTH):
        added.append(("Content-Length", str(len(request.content or b""))))
    elif request.content is not None:
        added.append(("Transfer-Encoding", "chunked"))
    return added


def _whole_body(response: httpcore.Response, *, encoding: str, limit: int, origin: Origin) -> bytes:
    decoder = Decoder(encoding, limit=limit)
    body = bytearray()
    for raw in response.iter_stream():
        body += decoder.feed(raw)
        if len(body) > limit:
            raise BadAnswer(
                f"`{origin}` answered more than {limit // 1024} KiB",
                hint="check that the URL is the one in Metadata",
            )
    decoder.finish()
    return bytes(body)


def without_query(url: str) -> str:
    """Give a URL without its query, which may hold what nobody should read."""
    return url.partition("?")[0]
