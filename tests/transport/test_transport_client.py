from __future__ import annotations

import base64
import gzip
import logging
import os
import select
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING

import httpcore
import pytest
import trustme
from fakes.http_server import ScriptedServer, answer
from fakes.ports import free_port

from egain_auth_cli.deadline import Deadline
from egain_auth_cli.errors import BadAnswer, ConfigError, EgainError, NetworkError, TimedOut
from egain_auth_cli.models.urls import Origin, origin_of
from egain_auth_cli.transport import client as client_module
from egain_auth_cli.transport.client import USER_AGENT, Answer, HttpClient, HttpRequest, without_query
from egain_auth_cli.transport.failures import ConnectionLost, mapped
from egain_auth_cli.transport.streaming import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def trace() -> list[str]:
    return []


@pytest.fixture
def http(trace: list[str]) -> Iterator[HttpClient]:
    client = HttpClient({}, trace=trace.append)
    yield client
    client.close()


def exchange(http: HttpClient, url: str, *, seconds: float = 5.0, limit: int = 1000, method: str = "GET") -> Answer:
    return http.exchange(HttpRequest(method=method, url=url), deadline=Deadline(seconds), limit=limit)


def failing(http: HttpClient, url: str, *, seconds: float = 5.0) -> EgainError:
    with pytest.raises(EgainError) as caught:
        exchange(http, url, seconds=seconds)
    assert caught.value.message.isprintable()
    return caught.value


def test_request_is_what_was_asked_and_nothing_is_added_but_the_documented(http: HttpClient) -> None:  # A07
    with ScriptedServer(answer()) as server:
        request = HttpRequest(
            method="POST",
            url=f"{server.url}/token?x=$y",
            headers=(("Accept", "application/json"), ("X", "1")),
            content=b"a=b",
        )
        http.exchange(request, deadline=Deadline(5), limit=10)

    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    expected = {
        f"Host: 127.0.0.1:{server.port}",
        f"User-Agent: {USER_AGENT}",
        "Accept: application/json",
        "X: 1",
        "Content-Length: 3",
    }
    sent = {line for line in lines if not line.lower().startswith(("connection:", "accept-encoding:"))}
    assert "POST /token?x=$y HTTP/1.1" == first
    assert {line.lower() for line in expected} == {line.lower() for line in sent}
    assert body == "a=b"


def test_answer_has_status_headers_and_body(http: HttpClient, trace: list[str]) -> None:
    with ScriptedServer(answer("201 Created", b"hello", "Content-Type: Text/HTML; charset=x", "X-A: 1")) as server:
        found = exchange(http, f"{server.url}/a?code=made-up-secret")

    assert (found.status, found.body, found.content_type, found.headers["x-a"]) == (201, b"hello", "text/html", "1")
    assert [f"GET {server.url}/a: 201"] == trace
    assert "hello" not in repr(found)


def test_content_type_of_an_answer_without_one_is_empty() -> None:
    assert Answer(status=200, headers={}, body=b"").content_type == ""


@pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
def test_redirect_is_not_followed_and_the_other_server_sees_nothing(http: HttpClient, status: str) -> None:  # T07, F8
    with ScriptedServer(answer()) as other, ScriptedServer(answer(status, b"", f"Location: {other.url}/x")) as server:
        found = exchange(http, f"{server.url}/token", method="POST")

    assert (int(status[:3]), 0) == (found.status, other.connections)


def test_netrc_is_never_read(http: HttpClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # A07
    netrc = tmp_path / "netrc"
    netrc.write_text(
        "machine 127.0.0.1 login user password made-up-password\ndefault login x password made-up-password\n"
    )
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with ScriptedServer(answer()) as server:
        exchange(http, f"{server.url}/")
        stream(http, server.url)

    assert [b"authorization" in raw.lower() for raw in server.requests] == [False, False]


def test_loopback_request_with_a_token_never_reaches_a_proxy(
    http: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:  # N04
    with ScriptedServer(answer("502 x")) as proxy, ScriptedServer(answer()) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert exchange(http, f"{server.url}/").status == 200

    assert (proxy.connections, len(server.requests)) == (0, 1)


def test_cookies_are_not_kept(http: HttpClient) -> None:  # A05
    with ScriptedServer(answer("200 OK", b"", "Set-Cookie: a=made-up; Path=/")) as server:
        exchange(http, server.url)
        exchange(http, server.url)

    assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize("url", ["http://evil.test/", "https://user@acme.test/", "file:///etc/passwd"])
def test_url_is_checked_again_before_any_socket_opens(http: HttpClient, url: str) -> None:  # N01, I04
    with pytest.raises(ConfigError):
        exchange(http, url)
    with pytest.raises(ConfigError):
        http.stream(HttpRequest(method="GET", url=url), patience=Patience(None))


def test_body_over_the_limit_is_refused(http: HttpClient) -> None:  # F12, N07
    with ScriptedServer(answer("200 OK", b"x" * 2000)) as server:
        error = failing(http, server.url)

    assert isinstance(error, BadAnswer)
    assert "more than" in error.message


def test_body_of_exactly_the_limit_is_taken(http: HttpClient) -> None:
    with ScriptedServer(answer("200 OK", b"x" * 1000)) as server:
        assert len(exchange(http, server.url).body) == 1000


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"\0" * 10_000_000, mtime=0)),
        ("gzip", b"garbage"),
        ("br", b"x"),
        ("zstd", b"x"),
        ("gzip", gzip.compress(b"x", mtime=0)[:-3]),
    ],
    ids=["bomb", "garbage", "br", "zstd", "cut"],
)
def test_body_that_cannot_be_decoded_is_refused(http: HttpClient, encoding: str, body: bytes) -> None:  # T04, N07
    with ScriptedServer(answer("200 OK", body, f"Content-Encoding: {encoding}")) as server:
        assert isinstance(failing(http, server.url), BadAnswer)


def test_encoded_body_is_decoded(http: HttpClient) -> None:
    with ScriptedServer(answer("200 OK", gzip.compress(b"hello", mtime=0), "Content-Encoding: gzip")) as server:
        assert exchange(http, server.url).body == b"hello"


def silent(sock: socket.socket) -> None:
    sock.settimeout(5)
    sock.recv(1)


def dripping(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(100):
        sock.sendall(b"x")
        time.sleep(0.05)


def dripping_head(sock: socket.socket) -> None:
    for char in b"HTTP/1.1 200 OK\r\n" + b"X" * 100:
        sock.sendall(bytes([char]))
        time.sleep(0.05)


@pytest.mark.parametrize("reply", [silent, dripping, dripping_head])
def test_slow_server_ends_at_the_total_deadline(http: HttpClient, reply: object) -> None:  # N06, F13
    with ScriptedServer(reply) as server:  # type: ignore[arg-type]
        before = time.monotonic()
        error = failing(http, server.url, seconds=0.4)

    assert isinstance(error, TimedOut)
    assert time.monotonic() - before < 0.4 + 0.5 + 0.5  # half a second more for closing a busy server


def test_client_serves_again_after_a_time_out(http: HttpClient) -> None:
    with ScriptedServer(silent, answer("200 OK", b"later")) as server:
        failing(http, server.url, seconds=0.2)
        assert exchange(http, server.url, seconds=10).body == b"later"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_connection_cut_in_the_middle_is_lost(http: HttpClient, raw: bytes, trace: list[str]) -> None:  # A10, N08
    with ScriptedServer(raw) as server:
        error = failing(http, server.url)

    assert isinstance(error, ConnectionLost)
    assert error.exit_code == 5
    assert trace[0].endswith(": network")


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 30000 + b"\r\n",
    ],
)
def test_server_that_does_not_speak_http_is_a_network_error(http: HttpClient, raw: bytes) -> None:  # N07
    with ScriptedServer(raw) as server:
        assert failing(http, server.url).exit_code == 5


def test_closed_port_cannot_be_connected_to(http: HttpClient) -> None:
    port = free_port()
    error = failing(http, f"http://127.0.0.1:{port}/x?secret=made-up")

    assert f"cannot connect to `http://127.0.0.1:{port}`: connection refused" == error.message.lower()


def test_unknown_host_is_told_as_such(http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    error = failing(http, "http://localhost:9/")

    assert "the host `localhost` cannot be found" == error.message


class TestTls:
    """A server with certificates of its own."""

    @staticmethod
    def server_for(cert: trustme.LeafCert, reply: bytes = b"") -> ScriptedServer:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cert.configure_cert(context)
        return ScriptedServer(reply or answer("200 OK", b"safe"), tls=context)

    @staticmethod
    def client_of(ca: trustme.CA, tmp_path: Path) -> HttpClient:
        ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        return HttpClient({"SSL_CERT_FILE": str(tmp_path / "ca.pem")})

    def test_trusted_server_is_served(self, tmp_path: Path) -> None:  # N03
        ca = trustme.CA()
        with self.server_for(ca.issue_cert("127.0.0.1")) as server:
            http = self.client_of(ca, tmp_path)
            assert exchange(http, server.url).body == b"safe"
            http.close()

    @pytest.mark.parametrize("fault", ["unknown authority", "other host"])
    def test_untrusted_server_is_refused_with_the_cause_and_gets_no_request(
        self, tmp_path: Path, fault: str
    ) -> None:  # N02
        ca = trustme.CA()
        cert = (trustme.CA() if fault == "unknown authority" else ca).issue_cert(
            "127.0.0.1" if fault == "unknown authority" else "other.test"
        )
        with self.server_for(cert) as server:
            http = self.client_of(ca, tmp_path)
            error = failing(http, server.url)
            http.close()

        assert "is not trusted" in error.message
        assert "SSL_CERT_FILE" in (error.hint or "")
        assert server.requests == []

    def test_plain_server_behind_https_is_a_tls_failure(self, tmp_path: Path) -> None:  # N02
        def answer_at_once() -> None:
            sock, _ = plain.accept()
            sock.recv(1)
            sock.sendall(answer("400 Bad Request"))
            sock.close()

        with socket.create_server(("127.0.0.1", 0)) as plain:
            helper = threading.Thread(target=answer_at_once)
            helper.start()
            http = self.client_of(trustme.CA(), tmp_path)
            error = failing(http, f"https://127.0.0.1:{plain.getsockname()[1]}/")
            http.close()
            helper.join(5)

        assert error.message.startswith("TLS with `https://127.0.0.1:")


def test_refusing_proxy_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:  # N04
    with ScriptedServer(answer("407 Proxy Authentication Required")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:made-up-password@127.0.0.1:{proxy.port}")
        http = HttpClient(os.environ)
        error = failing(http, "https://api.acme.test/x")
        http.close()

    assert "the proxy refused the connection to `https://api.acme.test` with status 407" == error.message
    assert "made-up-password" not in repr(error.__dict__)


def test_request_goes_through_the_proxys_tunnel_and_its_password_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # N04
    ca = trustme.CA()
    with TestTls.server_for(ca.issue_cert("api.acme.test")) as server:

        def tunnel(sock: socket.socket) -> None:
            with socket.create_connection(("127.0.0.1", server.port)) as onward:
                sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                ways = {sock: onward, onward: sock}
                while True:
                    for readable in select.select(list(ways), [], [], 5)[0]:
                        piece = readable.recv(65536)
                        if not piece:
                            return
                        ways[readable].sendall(piece)

        with ScriptedServer(tunnel) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://us%3Aer:made-up%40password@127.0.0.1:{proxy.port}")
            ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
            http = HttpClient({**os.environ, "SSL_CERT_FILE": str(tmp_path / "ca.pem")})
            request = HttpRequest(method="GET", url="https://api.acme.test/x", headers=(("Authorization", "Bearer t"),))
            found = http.exchange(request, deadline=Deadline(5), limit=10)
            http.close()

    asked, sent = proxy.requests[0].decode(), server.requests[0].decode()
    assert (b"safe", 1, 1) == (found.body, len(proxy.requests), len(server.requests))
    assert asked.startswith("CONNECT api.acme.test:443 HTTP/1.1\r\n")
    credentials = base64.b64encode(b"us:er:made-up@password").decode()
    assert [f"proxy-authorization: basic {credentials}".lower()] == [
        line for line in asked.lower().split("\r\n") if "authorization" in line
    ]
    assert ["Authorization: Bearer t"] == [line for line in sent.split("\r\n") if "authorization" in line.lower()]


def test_no_secret_is_left_in_the_error_or_its_causes(http: HttpClient) -> None:  # O05
    request = HttpRequest(
        method="GET", url="http://127.0.0.1:9/", headers=(("Authorization", "Bearer made-up\nsecret"),)
    )

    with pytest.raises(EgainError) as caught:
        http.exchange(request, deadline=Deadline(5), limit=10)
    with pytest.raises(EgainError) as streamed:
        http.stream(request, patience=Patience(5))

    for error in (caught.value, streamed.value):
        seen: list[BaseException | None] = [error, error.__cause__, error.__context__]
        assert seen[1:] == [None, None]
        assert "made-up" not in f"{error}{error!r}{error.__dict__}"


def test_nothing_secret_is_logged_at_any_level(
    http: HttpClient, caplog: pytest.LogCaptureFixture, trace: list[str]
) -> None:  # O06
    caplog.set_level(logging.DEBUG)
    with ScriptedServer(answer()) as server:
        request = HttpRequest(
            method="POST",
            url=f"{server.url}/token?made-up-query=1",
            headers=(("Authorization", "made-up"),),
            content=b"made-up",
        )
        http.exchange(request, deadline=Deadline(5), limit=10)

    assert "made-up" not in "".join(trace)


@pytest.mark.parametrize(
    ("exc", "kind", "word"),
    [
        (httpcore.ReadTimeout("x"), TimedOut, "did not answer within 9 s"),
        (httpcore.ProxyError("407 x"), NetworkError, "with status 407"),
        (httpcore.ProxyError("odd"), NetworkError, "the proxy refused"),
        (httpcore.ReadError("x"), ConnectionLost, "lost"),
        (httpcore.WriteError("x"), ConnectionLost, "lost"),
        (httpcore.RemoteProtocolError("x"), ConnectionLost, "lost"),
        (ValueError("x"), BadAnswer, "cannot be decoded"),
        (httpcore.ConnectError("x"), NetworkError, "connection failed"),
        (httpcore.UnsupportedProtocol("made-up"), NetworkError, "UnsupportedProtocol"),
        (BadAnswer("ours"), BadAnswer, "ours"),
    ],
)
def test_each_of_the_librarys_errors_becomes_one_of_ours(exc: Exception, kind: type[EgainError], word: str) -> None:
    error = mapped(exc, Origin("https", "api.acme.test", 443), 9)

    assert type(error) is kind
    assert word in error.message
    assert "made-up" not in error.message


def test_tls_failure_names_its_reason() -> None:
    exc = httpcore.ConnectError("x")
    exc.__cause__ = ssl.SSLError(1, "wrong version number")
    exc.__cause__.reason = "WRONG_VERSION_NUMBER"

    error = mapped(exc, Origin("https", "api.acme.test", 443), 9)
    assert error.message == "TLS with `https://api.acme.test` failed: WRONG_VERSION_NUMBER"


@pytest.mark.parametrize(
    ("url", "shown"), [("https://a.test/x?y=z?", "https://a.test/x"), ("https://a.test", "https://a.test")]
)
def test_url_is_shown_without_its_query(url: str, shown: str) -> None:
    assert shown == without_query(url)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "?a=/b",
        "/a/b?c=$d&e[f]=%20",
        "/a//b",
        "/a/../b",
        "/a;x=1/%2e%2e/b",
        "/a?",
        "/:8080/b@c?http://x/y",
    ],
)
def test_target_goes_to_the_wire_as_it_was_checked(http: HttpClient, path: str) -> None:  # A03: what is sent is shown
    with ScriptedServer(answer()) as server:
        exchange(http, f"{server.url}{path}")

    target = path if path.startswith("/") else f"/{path}"
    first, host, _ = server.requests[0].decode().split("\r\n", 2)
    assert (f"GET {target} HTTP/1.1", f"Host: 127.0.0.1:{server.port}") == (first, host)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.acme.test/x", "api.acme.test"),
        ("https://API.acme.test:443/x", "api.acme.test"),
        ("https://api.acme.test:8443/x", "api.acme.test:8443"),
        ("http://[::1]:8080/x", "[::1]:8080"),
        ("http://localhost/x", "localhost"),
    ],
)
def test_host_is_the_origin_that_was_checked(url: str, host: str) -> None:
    sent = client_module._library_request(HttpRequest(method="GET", url=url), origin_of(url), read_seconds=1)

    assert sent.headers[0] == (b"Host", host.encode())


@pytest.mark.parametrize(
    ("method", "content", "expected"),
    [
        ("GET", None, set()),
        ("DELETE", None, set()),
        ("POST", None, {"content-length: 0"}),
        ("PUT", b"", {"content-length: 0"}),
        ("GET", b"abc", {"content-length: 3"}),
        ("POST", iter([b"a", b"b"]), {"transfer-encoding: chunked"}),
    ],
    ids=["GET", "DELETE", "POST", "empty PUT", "GET with a body", "stream"],
)
def test_request_says_its_body_s_length_once(
    http: HttpClient, method: str, content: bytes | Iterator[bytes] | None, expected: set[str]
) -> None:
    with ScriptedServer(answer()) as server:
        http.exchange(HttpRequest(method=method, url=server.url, content=content), deadline=Deadline(5), limit=10)

    lines = server.requests[0].decode().partition("\r\n\r\n")[0].lower().split("\r\n")
    assert expected == {line for line in lines if line.startswith(("content-length", "transfer-encoding"))}


def test_user_agent_that_was_given_replaces_ours(http: HttpClient) -> None:
    with ScriptedServer(answer()) as server:
        request = HttpRequest(method="GET", url=server.url, headers=(("user-agent", "mine/1"),))
        http.exchange(request, deadline=Deadline(5), limit=10)

    head = server.requests[0].decode().lower()
    assert (1, True) == (head.count("user-agent:"), "user-agent: mine/1" in head)


def test_header_beyond_ascii_is_read(http: HttpClient) -> None:
    raw = b"HTTP/1.1 200 OK\r\nX-A: caf\xc3\xa9\r\nX-B: caf\xe9\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with ScriptedServer(raw) as server:
        headers = exchange(http, server.url).headers

    assert ("caf\u00e9", "caf\u00e9") == (headers["x-a"], headers["x-b"])


def stream(http: HttpClient, url: str, patience: Patience | None = None) -> bytes:
    found = http.stream(HttpRequest(method="GET", url=f"{url.rstrip('/')}/"), patience=patience or Patience(5))
    try:
        return b"".join(found.body())
    finally:
        found.close()


def test_streamed_answer_has_its_head_before_its_body(http: HttpClient, trace: list[str]) -> None:
    with ScriptedServer(answer("202 Accepted", b"hello", "X-A: 1", "X-A: 2")) as server:
        found = http.stream(HttpRequest(method="GET", url=f"{server.url}/x?y"), patience=Patience(None))
        body = b"".join(found.body())
        found.close()

    assert (found.status, found.reason, found.http_version, body) == (202, "Accepted", "HTTP/1.1", b"hello")
    assert [(name.lower(), value) for name, value in found.header_lines if name.lower() == "x-a"] == [
        ("x-a", "1"),
        ("x-a", "2"),
    ]
    assert [f"GET {server.url}/x: 202"] == trace


def test_streamed_body_is_decoded(http: HttpClient) -> None:
    with ScriptedServer(answer("200 OK", gzip.compress(b"hello" * 1000, mtime=0), "Content-Encoding: gzip")) as server:
        assert stream(http, server.url) == b"hello" * 1000


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", ConnectionLost),
        (answer("200 OK", b"garbage", "Content-Encoding: gzip"), BadAnswer),
        (answer("200 OK", b"x", "Content-Encoding: br"), BadAnswer),
        (answer("200 OK", gzip.compress(b"\0" * 64_000_000, mtime=0), "Content-Encoding: gzip"), BadAnswer),
    ],
    ids=["cut", "garbage", "br", "bomb"],
)
def test_broken_stream_is_told(http: HttpClient, raw: bytes, kind: type[EgainError]) -> None:  # A09, A10
    with ScriptedServer(raw) as server, pytest.raises(kind):
        stream(http, server.url)


@pytest.mark.parametrize("reply", [silent, dripping, dripping_head])
def test_stream_ends_at_its_total_deadline(http: HttpClient, reply: object) -> None:  # N06, F13
    with ScriptedServer(reply) as server:  # type: ignore[arg-type]
        before = time.monotonic()
        with pytest.raises(TimedOut):
            stream(http, server.url, Patience(0.4))

        assert time.monotonic() - before < 1.2


def on_one_connection(*replies: object) -> Callable[[socket.socket], None]:
    """Answer one request after the other on the same connection."""

    def serve(sock: socket.socket) -> None:
        for number, reply in enumerate(replies):
            while number and b"\r\n\r\n" not in sock.recv(65536):
                pass
            if isinstance(reply, bytes):
                sock.sendall(reply)
            else:
                reply(sock)  # type: ignore[operator]

    return serve


KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_one_connection_serves_request_after_request(http: HttpClient) -> None:
    with ScriptedServer(on_one_connection(KEPT, KEPT, KEPT)) as server:
        bodies = [stream(http, server.url) for _ in range(3)]

        assert ([b"ok"] * 3, 1) == (bodies, server.connections)


@pytest.mark.parametrize(
    ("reply", "total"),
    [(silent, 0.4), (dripping, 0.4), (dripping_head, 0.4), (silent, None), (dripping_head, None)],
    ids=["silence", "drip", "dripping head", "silence without a total", "dripping head without a total"],
)
def test_request_on_the_open_connection_ends_at_its_deadline_too(
    http: HttpClient, reply: object, total: float | None
) -> None:  # N06, F13
    with ScriptedServer(on_one_connection(KEPT, reply)) as server:
        stream(http, server.url)
        before = time.monotonic()
        with pytest.raises(TimedOut):
            stream(http, server.url, Patience(total, head_seconds=0.4))

        assert 0.3 < time.monotonic() - before < 1.2


def test_body_that_ends_with_the_connection_is_not_whole_where_we_have_cut_it(http: HttpClient) -> None:  # A10
    def endless(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(100):
            sock.sendall(b"x")
            time.sleep(0.05)

    with ScriptedServer(endless) as server, pytest.raises(TimedOut):
        stream(http, server.url, Patience(0.4))


def test_slow_body_that_nobody_wants_is_given_up(http: HttpClient) -> None:  # N06
    with ScriptedServer(dripping) as server:
        found = http.stream(HttpRequest(method="GET", url=f"{server.url}/"), patience=Patience(None))
        before = time.monotonic()
        found.discard()

        assert time.monotonic() - before < 2.5


def test_cut_body_is_never_read_as_ciphertext(tmp_path: Path) -> None:  # A10
    ca = trustme.CA()
    size = 8 * 1024 * 1024
    body = answer("200 OK", b"A" * size)
    with TestTls.server_for(ca.issue_cert("127.0.0.1"), body) as server:
        http = TestTls.client_of(ca, tmp_path)
        found = http.stream(HttpRequest(method="GET", url=f"{server.url}/"), patience=Patience(0.6))
        pieces: list[bytes] = []

        def read_slowly() -> None:
            for piece in found.body():
                pieces.append(piece)
                time.sleep(0.02)

        with pytest.raises(TimedOut):
            read_slowly()
        http.close()

    taken = b"".join(pieces)
    assert 0 < len(taken) < size
    assert {ord("A")} == set(taken)


def test_connection_that_the_server_has_closed_is_opened_anew(http: HttpClient) -> None:
    with ScriptedServer(on_one_connection(KEPT), on_one_connection(KEPT)) as server:
        assert [b"ok", b"ok"] == [stream(http, server.url), stream(http, server.url)]
        assert server.connections == 2


def test_silence_in_a_body_ends_it(http: HttpClient) -> None:  # N06
    def stalling(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        silent(sock)

    with ScriptedServer(stalling) as server, pytest.raises(TimedOut):
        stream(http, server.url, Patience(None, silence=0.2))


def test_patience_without_a_total_waits_for_head_and_silence() -> None:
    patience = Patience(None)

    assert (patience.head(), patience.silence, patience.deadline) == (60.0, 60.0, None)
    assert 0 < Patience(5).head() <= 5


def test_stream_that_cannot_connect_is_a_network_error(http: HttpClient, trace: list[str]) -> None:
    port = free_port()

    with pytest.raises(NetworkError, match="cannot connect"):
        stream(http, f"http://127.0.0.1:{port}/")
    assert trace[0].endswith(": network")


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_discarded_answer_is_closed(http: HttpClient, size: int) -> None:
    with ScriptedServer(answer("200 OK", b"x" * size)) as server:
        found = http.stream(HttpRequest(method="GET", url=f"{server.url}/"), patience=Patience(5))
        found.discard()

        assert [one.is_idle() or one.is_closed() for one in http._pool(origin_of(server.url)).connections] in (
            [],
            [True],
        )


def test_one_connection_pool_serves_an_origin(http: HttpClient) -> None:
    url = "http://127.0.0.1:9/"

    assert http._pool(origin_of(url)) is http._pool(origin_of(url + "other"))
    assert http._pool(origin_of(url)) is not http._pool(origin_of("http://localhost:9/"))
