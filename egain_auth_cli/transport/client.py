"""Requests over HTTP: time-outs, certificates, proxy, size bounds, and the one seam to the library's errors."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from egain_auth_cli import __version__
from egain_auth_cli.deadline import run_bounded
from egain_auth_cli.errors import BadAnswer
from egain_auth_cli.models.urls import Origin, origin_of
from egain_auth_cli.transport.decoding import Decoder
from egain_auth_cli.transport.failures import LIBRARY_ERRORS, mapped, timed_out
from egain_auth_cli.transport.proxy import proxy_for
from egain_auth_cli.transport.streaming import Patience, StreamedAnswer, header_lines, keep_headers
from egain_auth_cli.transport.tls import trusting_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from egain_auth_cli.deadline import Deadline
    from egain_auth_cli.errors import EgainError

USER_AGENT = f"egain-auth-cli/{__version__}"
_CONNECT_SECONDS = 15.0
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request: what is on the wire, nothing added but Host, User-Agent, Connection and the body's length."""

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
        environ: ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.
        trace: Told method, URL without query, and status of each exchange.
    """

    def __init__(self, environ: Mapping[str, str], *, trace: Callable[[str], None] = lambda _: None) -> None:
        self._environ = environ
        self._trace = trace
        self._clients: dict[Origin, httpx.Client] = {}

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
        client = self._client(origin)

        def work() -> Answer:
            with client.stream(**_library_request(request, read_seconds=deadline.remaining())) as response:
                return Answer(
                    status=response.status_code,
                    headers=dict(header_lines(response)),
                    body=_whole_body(response, limit=limit, origin=origin),
                )

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
        client = self._client(origin)
        prepared = client.build_request(**_library_request(request, read_seconds=patience.silence))
        _refuse_rewritten(prepared, request.url)
        failure: EgainError
        try:
            response = run_bounded(lambda: client.send(prepared, stream=True), seconds=patience.head())
        except TimeoutError:
            self._drop(origin)
            failure = timed_out(origin, patience.head_seconds)
        except LIBRARY_ERRORS as exc:
            failure = mapped(exc, origin, patience.head_seconds)
        else:
            self._trace(f"{request.method} {without_query(request.url)}: {response.status_code}")
            return StreamedAnswer(response, origin, patience)
        self._trace(f"{request.method} {without_query(request.url)}: {failure.code}")
        raise failure

    def close(self) -> None:
        """Close every connection."""
        for origin in tuple(self._clients):
            self._drop(origin)

    def _drop(self, origin: Origin) -> None:
        client = self._clients.pop(origin, None)
        if client is not None:
            with contextlib.suppress(Exception):
                client.close()

    def _client(self, origin: Origin) -> httpx.Client:
        if origin not in self._clients:
            context = trusting_context(self._environ, encrypted=origin.scheme == "https")
            self._clients[origin] = httpx.Client(
                verify=context,
                proxy=proxy_for(origin),
                trust_env=False,  # no .netrc; proxies and certificates are chosen above
                follow_redirects=False,
                event_hooks={"response": [keep_headers]},
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )
        return self._clients[origin]


def _library_request(request: HttpRequest, *, read_seconds: float) -> dict[str, Any]:
    headers = [("User-Agent", USER_AGENT), *request.headers]
    return {
        "method": request.method,
        "url": request.url,
        "headers": headers,
        "content": request.content,
        "timeout": httpx.Timeout(max(read_seconds, 0.001), connect=min(_CONNECT_SECONDS, max(read_seconds, 0.001))),
    }


def _whole_body(response: httpx.Response, *, limit: int, origin: Origin) -> bytes:
    decoder = Decoder(response.headers.get("content-encoding", ""), limit=limit)
    body = bytearray()
    for raw in response.iter_raw(_CHUNK):
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


def _refuse_rewritten(prepared: httpx.Request, url: str) -> None:
    """What is sent is what was checked: the library must not have read the URL otherwise."""
    ours, origin = urlsplit(url), origin_of(url)
    wanted = ours.path + (f"?{ours.query}" if ours.query else "")
    theirs = prepared.url
    same_host = (theirs.scheme, theirs.raw_host.decode("ascii").strip("[]")) == (origin.scheme, origin.host)
    port = theirs.port or (443 if theirs.scheme == "https" else 80)
    if not same_host or port != origin.port or theirs.raw_path.decode("ascii") != wanted:
        raise BadAnswer(f"the URL on `{origin}` cannot be sent as it is", hint="percent-encode the path and the query")
