"""Requests over HTTP: time-outs, certificates, proxy, size bounds, and the one seam to the library's errors."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from egain_auth_cli import __version__
from egain_auth_cli.deadline import Deadline, run_bounded
from egain_auth_cli.errors import BadAnswer, EgainError, NetworkError, TimedOut
from egain_auth_cli.models.urls import Origin, origin_of
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.decoding import Decoder
from egain_auth_cli.transport.proxy import proxy_for
from egain_auth_cli.transport.tls import trusting_context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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


class Patience:
    """How long a streamed answer may take.

    Args:
        total: Seconds for all of it; None for no limit but the two below.
        head_seconds: Seconds to the answer's head.
        silence: Seconds without a byte in its body.
    """

    def __init__(self, total: float | None, *, head_seconds: float = 60.0, silence: float = 60.0) -> None:
        self.deadline = None if total is None else Deadline(total)
        self.head_seconds = head_seconds if total is None else total
        self.silence = silence if total is None else total

    def head(self) -> float:
        """Give the seconds left to the answer's head."""
        return self.head_seconds if self.deadline is None else self.deadline.remaining()


class StreamedAnswer:
    """An answer whose body is still on its way.

    Args:
        response: The library's.
        origin: For messages.
        patience: How long the body may take.
    """

    def __init__(self, response: httpx.Response, origin: Origin, patience: Patience) -> None:
        self._response = response
        self._origin = origin
        self._patience = patience
        self.status = response.status_code
        self.reason = response.reason_phrase
        self.http_version = response.http_version
        self.header_lines = tuple(response.headers.multi_items())
        self.headers = {name.lower(): value for name, value in response.headers.items()}

    def body(self) -> Iterator[bytes]:
        """Give the body piece by piece, decoded.

        Raises:
            ConnectionLost: It ended before it was complete.
            TimedOut: It took too long, or fell silent.
            BadAnswer: It cannot be decoded, or inflates beyond all measure.
        """
        deadline = self._patience.deadline
        cut = None if deadline is None else _cut_later(self._response, deadline.remaining())
        failure: EgainError
        try:
            decoder = Decoder(self.headers.get("content-encoding", ""))
            for raw in self._response.iter_raw(_CHUNK):
                yield from decoder.pieces(raw)
            decoder.finish()
            return
        except (httpx.HTTPError, httpx.StreamError, OSError, ValueError) as exc:
            if deadline is not None and deadline.remaining() <= 0:
                failure = timed_out(self._origin, deadline.seconds)
            else:
                failure = mapped(exc, self._origin, self._patience.silence)
        finally:
            if cut is not None:
                cut.cancel()
        raise failure

    def close(self) -> None:
        """Give the connection back, or up where the body was not read to its end."""
        with contextlib.suppress(Exception):
            self._response.close()


def _cut_later(response: httpx.Response, seconds: float) -> threading.Timer:
    """Shut the connection down at the deadline, since a dripping body never falls silent."""
    stream = response.extensions.get("network_stream")
    sock = stream.get_extra_info("socket") if stream is not None else None

    def cut() -> None:
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    return timer


class ConnectionLost(NetworkError):
    """The connection ended after the request may have been sent."""


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
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=_whole_body(response, limit=limit, origin=origin),
                )

        failure: EgainError
        try:
            answer = run_bounded(work, seconds=deadline.remaining())
        except TimeoutError:
            self._drop(origin)
            failure = timed_out(origin, deadline.seconds)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as exc:
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
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as exc:
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
                f"`{origin}` answered more than {limit // 1024} KiB", hint="check that the URL is the one in Metadata"
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
    same_host = (theirs.scheme, theirs.host) == (origin.scheme, origin.host)
    port = theirs.port or (443 if theirs.scheme == "https" else 80)
    if not same_host or port != origin.port or theirs.raw_path.decode("ascii") != wanted:
        raise BadAnswer(f"the URL on `{origin}` cannot be sent as it is", hint="percent-encode the path and the query")


def timed_out(origin: Origin, seconds: float) -> TimedOut:
    """Say that an origin did not answer in time."""
    return TimedOut(
        f"`{origin}` did not answer within {seconds:.0f} s",
        hint="check the network, VPN and proxy, then try again; `EGAIN_TIMEOUT` sets the seconds to wait",
    )


def mapped(exc: Exception, origin: Origin, seconds: float) -> EgainError:
    """Give our error for one of the library's. None of its text is kept but the system's own reason."""
    if isinstance(exc, EgainError):
        return exc
    if isinstance(exc, httpx.TimeoutException):
        return timed_out(origin, seconds)
    if isinstance(exc, httpx.ProxyError):
        return NetworkError(
            f"the proxy refused the connection to `{origin}`{_status_of(exc)}",
            hint="check `HTTPS_PROXY` and its user name and password; `NO_PROXY` lists hosts that need none",
        )
    if isinstance(exc, httpx.ConnectError):
        return _connect_failed(exc, origin)
    if isinstance(exc, (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.CloseError, httpx.StreamError)):
        return ConnectionLost(
            f"the connection to `{origin}` was lost before the answer was complete", hint="try again"
        )
    if isinstance(exc, ValueError):
        return BadAnswer(f"`{origin}` sent a body that cannot be decoded", hint="check that the URL is the one in Metadata")
    return NetworkError(f"the request to `{origin}` failed ({type(exc).__name__})", hint="try again; `-vv` shows more")


def _connect_failed(exc: httpx.ConnectError, origin: Origin) -> NetworkError:
    cause = _root_cause(exc)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return NetworkError(
            f"the certificate of `{origin}` is not trusted: {printable(cause.verify_message or 'unknown reason', limit=160)}",
            hint="a proxy of your company may have its own certificate: set `SSL_CERT_FILE` to a PEM file that holds it",
        )
    if isinstance(cause, ssl.SSLError):
        return NetworkError(
            f"TLS with `{origin}` failed: {printable(str(cause.reason or 'unknown reason'), limit=80)}",
            hint="check the URL and port; the server must offer TLS 1.2 or newer",
        )
    if isinstance(cause, socket.gaierror):
        return NetworkError(
            f"the host `{origin.host}` cannot be found", hint="check the URL for a slip, the network and the VPN"
        )
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else "connection failed"
    return NetworkError(
        f"cannot connect to `{origin}`: {printable(reason.lower(), limit=120)}",
        hint="check that the URL is right and the server reachable from here (network, VPN, proxy)",
    )


def _root_cause(exc: BaseException) -> BaseException:
    seen = exc
    while (below := seen.__cause__ or seen.__context__) is not None:
        seen = below
        if isinstance(seen, ssl.SSLError):
            break
    return seen


def _status_of(exc: httpx.ProxyError) -> str:
    digits = str(exc)[:3]
    return f" with status {digits}" if digits.isdigit() else ""
