"""What goes through, byte for byte, and what ends at the proxy (RFC 9110 §7.6)."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer, HostileServer
from fakes.http_server import ScriptedServer
from fakes.proxied import TOKEN, Proxied, proxied
from fakes.raw_http import read_answer
from fakes.world import api_answer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def proxy(server: HostileServer) -> Iterator[Proxied]:
    """A proxy before the scripted server, which has ``/things``."""
    server.on("/things", api_answer(b'{"name":"one"}'))
    with proxied(server.url) as one:
        yield one


def test_request_gets_the_token_and_the_host_of_the_api(proxy: Proxied, server: HostileServer) -> None:
    answer = proxy.ask("/things", "Accept-Language: en-US")

    (request,) = server.requests
    assert (answer.status, answer.body) == (200, '{"name":"one"}')
    assert sorted((name.lower(), value) for name, value in request.headers) == [
        ("accept-language", "en-US"),
        ("authorization", f"Bearer {TOKEN}"),
        ("host", f"127.0.0.1:{server.port}"),
        ("via", "1.1 egain"),
    ]
    assert TOKEN.encode() not in answer.raw


@pytest.mark.parametrize(
    "target",
    [
        "/things?",
        "/things?a=b&&c=;d=%20&$filter[tags]=x%2Fy",
        "/a//b/../c/./%2e%2E/%zz?%",
        "//other.test/x",
        "/things?next=http://other.test/?q",
        "/%C3%A9/~!$&'()*+,;=:@",
    ],
)
def test_path_and_query_go_on_byte_for_byte(proxy: Proxied, server: HostileServer, target: str) -> None:
    proxy.ask(target)

    assert [target] == [request.target for request in server.requests]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), max_size=60))
def test_any_target_goes_on_byte_for_byte(proxy: Proxied, server: HostileServer, rest: str) -> None:
    server.requests.clear()
    proxy.ask(f"/{rest}")

    assert [f"/{rest}"] == [request.target for request in server.requests]


def test_headers_of_one_hop_end_here(proxy: Proxied, server: HostileServer) -> None:
    proxy.ask(
        "/things",
        "Connection: keep-alive, X-Nominated, Content-Length, close",
        "X-Nominated: 1",
        "Keep-Alive: timeout=5",
        "TE: trailers",
        "Upgrade: h2c",
        "HTTP2-Settings: AAM",
        "Proxy-Authorization: Basic bWFkZTp1cA==",
        "Proxy-Connection: keep-alive",
        "Cookie: of=another; service=here",
        "X-Forwarded-For: 10.0.0.1",
        "X-Forwarded-Proto: http",
        "Forwarded: for=10.0.0.1",
        "Via: 1.0 before",
        "X-egain-session: made-up",
        "X-Names: x-egain-session, accept-encoding",
        "Accept-Encoding: br",
        "X-Twice: 1",
        "X-Twice: 2",
        method="POST",
        body=b"abc",
    )

    (request,) = server.requests
    kept = [(name.lower(), value) for name, value in request.headers if name.lower() not in ("host", "authorization")]
    assert kept == [
        ("x-egain-session", "made-up"),
        ("x-names", "x-egain-session, accept-encoding"),
        ("accept-encoding", "br"),
        ("x-twice", "1"),
        ("x-twice", "2"),
        ("content-length", "3"),
        ("via", "1.0 before, 1.1 egain"),
    ]
    assert request.body == b"abc"


def test_answer_is_passed_on_without_what_is_about_the_hop_or_the_host(proxy: Proxied, server: HostileServer) -> None:
    packed = gzip.compress(b'{"name":"one"}' * 50)
    headers = (
        ("Content-Type", "application/json"), ("Content-Encoding", "gzip"), ("Link", "<a>"), ("Link", "<b>"),
        ("Connection", "keep-alive, X-Nominated"), ("X-Nominated", "1"), ("Keep-Alive", "timeout=5"),
        ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true"),
        ("Set-Cookie", "a=b"), ("Strict-Transport-Security", "max-age=1"), ("Alt-Svc", 'h3=":443"'),
        ("Date", "Sat, 28 Nov 2026 00:00:00 GMT"), ("X-Odd", "caf\xe9"),
    )  # fmt: skip
    server.on("/packed", Answer(status=203, headers=headers, body=packed))

    answer = proxy.ask("/packed")

    head, _, body = answer.raw.partition(b"\r\n\r\n")
    assert body == packed
    assert sorted(head.decode("latin-1").lower().split("\r\n")) == sorted(
        [
            "http/1.1 203 non-authoritative information",
            "content-type: application/json",
            "content-encoding: gzip",
            "link: <a>",
            "link: <b>",
            "date: sat, 28 nov 2026 00:00:00 gmt",
            "x-odd: caf\xe9",
            f"content-length: {len(packed)}",
            "connection: close",
        ]
    )


@pytest.mark.parametrize(
    ("method", "status", "headers"),
    [
        ("HEAD", 200, (("Content-Length", "7"),)),
        ("GET", 204, ()),
        ("GET", 304, (("ETag", '"x"'),)),
        ("DELETE", 204, ()),
    ],
)
def test_answer_without_a_body_leaves_the_connection_usable(
    proxy: Proxied, server: HostileServer, method: str, status: int, headers: tuple[tuple[str, str], ...]
) -> None:
    server.on("/bodiless", Answer(status=status, headers=headers))
    with proxy.open() as sock:
        sock.sendall(proxy.head("/bodiless", method=method) + proxy.head("/things", "Connection: close"))
        raw = read_answer(sock).raw

    first, _, second = raw.partition(b"\r\n\r\n")
    assert first.startswith(f"HTTP/1.1 {status} ".encode())
    assert second.startswith(b"HTTP/1.1 200 OK\r\n")
    assert second.endswith(b'\r\n\r\n{"name":"one"}')
    assert all(f"{name}: {value}".lower().encode() in first.lower() for name, value in headers)


@pytest.mark.parametrize(
    ("reply", "sent"),
    [
        (
            b"200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
            b"5\r\nabcde\r\n0\r\n\r\n",
        ),
        (b"204 No Content\r\nContent-Length: 5\r\n\r\n", b""),
    ],
)
def test_length_that_is_void_ends_here(reply: bytes, sent: bytes) -> None:
    with ScriptedServer(b"HTTP/1.1 " + reply) as api, proxied(api.url) as proxy:
        answer = proxy.ask("/things")

    assert "content-length" not in answer.headers
    assert answer.raw.partition(b"\r\n\r\n")[2] == sent


@pytest.mark.parametrize(
    ("headers", "body", "came", "framing"),
    [
        (["Content-Length: 5"], b"abcde", b"abcde", ("content-length", "5")),
        (["Content-Length: 0"], b"", b"", ("content-length", "0")),
        (["Transfer-Encoding: chunked"], b"5\r\nabcde\r\n0\r\n\r\n", b"abcde", ("transfer-encoding", "chunked")),
        (
            ["Transfer-Encoding: chunked", "Trailer: X-Sum"],
            b"5;a=b\r\nabcde\r\n0\r\nX-Sum: 1\r\nAuthorization: Bearer other\r\n\r\n",
            b"abcde",
            ("transfer-encoding", "chunked"),
        ),
    ],
)
def test_body_goes_on_with_its_framing_and_without_trailers(
    proxy: Proxied, server: HostileServer, headers: list[str], body: bytes, came: bytes, framing: tuple[str, str]
) -> None:
    server.on("/up", api_answer())

    answer = proxy.send(proxy.head("/up", *headers, "Connection: close", method="POST") + body)

    (request,) = server.requests
    names = {name.lower(): value for name, value in request.headers}
    assert (answer.status, request.body) == (200, came)
    assert framing in names.items()
    assert {"trailer", "x-sum"}.isdisjoint(names)
    assert names["authorization"] == f"Bearer {TOKEN}"


def test_client_that_waits_for_100_gets_it_before_its_body(proxy: Proxied, server: HostileServer) -> None:
    server.on("/up", api_answer())
    with proxy.open() as sock:
        sock.sendall(proxy.head("/up", "Expect: 100-continue", "Content-Length: 3", "Connection: close", method="POST"))
        first = sock.recv(1000)
        sock.sendall(b"abc")
        answer = read_answer(sock)

    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert (answer.status, server.requests[0].body, server.requests[0].header("expect")) == (200, b"abc", [])


def test_answer_reaches_the_client_while_it_comes() -> None:
    seen = threading.Event()

    def echo(sock: socket.socket) -> None:  # has the head and the first piece already
        seen.set()
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        go_on.wait(10)
        sock.sendall(b"3\r\ntwo\r\n0\r\nX-Trailer: 1\r\n\r\n")

    go_on = threading.Event()
    with ScriptedServer(echo) as api, proxied(api.url) as proxy, proxy.open() as sock:
        sock.sendall(proxy.head("/up", "Connection: close"))
        assert seen.wait(10)
        first = b""
        while b"one" not in first:
            first += sock.recv(1000)
        go_on.set()
        rest = read_answer(sock).raw

    assert b"two" not in first
    assert rest.endswith(b"3\r\ntwo\r\n0\r\n\r\n")


def test_upload_reaches_the_api_while_it_is_being_sent() -> None:
    came = threading.Event()

    def read() -> None:
        with listener.accept()[0] as sock:
            raw = b""
            while b"half" not in raw:
                raw += sock.recv(1000)
            came.set()
            while not raw.endswith(b"0\r\n\r\n"):
                raw += sock.recv(1000)
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread = threading.Thread(target=read)
    thread.start()
    with listener, proxied(url) as proxy, proxy.open() as sock:
        sock.sendall(proxy.head("/up", "Transfer-Encoding: chunked", "Connection: close", method="PUT"))
        sock.sendall(b"4\r\nhalf\r\n")
        assert came.wait(10)
        sock.sendall(b"4\r\nhalf\r\n0\r\n\r\n")
        answer = read_answer(sock)
    thread.join(10)

    assert (answer.status, answer.body) == (200, "ok")


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("{api}/things?a=b#part", "http://{proxy}/things?a=b#part"),
        ("/things", "http://{proxy}/things"),
        ("next?x", "http://{proxy}/next?x"),
        ("{api}", "http://{proxy}/"),
    ],
)
@pytest.mark.parametrize("status", [201, 202, 302, 307])
def test_location_of_the_api_leads_through_the_proxy(
    proxy: Proxied, server: HostileServer, location: str, shown: str, status: int
) -> None:
    server.on("/moved", Answer(status=status, headers=(("Location", location.format(api=server.url)),)))

    answer = proxy.ask("/moved")

    assert (answer.status, answer.headers["location"]) == (status, shown.format(proxy=proxy.name))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "location",
    [
        "{elsewhere}/x?secret=1",
        "http://name:secret=1@{elsewhere_host}/x",
        "//{elsewhere_host}/x",
        "https://127.0.0.1:{port}/x",
        "http://[::1",
        "ftp://x.test/",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_origin_is_told_and_not_passed_on(
    proxy: Proxied, server: HostileServer, elsewhere: HostileServer, location: str, status: int
) -> None:
    target = location.format(elsewhere=elsewhere.url, elsewhere_host=elsewhere.url[7:], port=server.port)
    server.on("/moved", Answer(status=status, headers=(("Location", target),), body=TOKEN.encode()))

    answer = proxy.ask("/moved")

    said = json.loads(answer.body)
    assert (answer.status, said["code"], "location" in answer.headers) == (502, "502-api-error", False)
    assert target.partition("?")[0].rpartition("@")[2] in said["developerMessage"]
    assert "secret=1" not in answer.body
    assert TOKEN.encode() not in answer.raw


def test_created_resource_elsewhere_is_no_redirect(proxy: Proxied, server: HostileServer) -> None:
    server.on("/made", Answer(status=201, headers=(("Location", "https://other.test/1"),)))

    answer = proxy.ask("/made", method="POST")

    assert (answer.status, answer.headers["location"]) == (201, "https://other.test/1")


def test_connection_serves_one_request_after_the_other(proxy: Proxied, server: HostileServer) -> None:
    with proxy.open() as sock:
        for _ in range(3):
            sock.sendall(proxy.head("/things"))
            raw = b""
            while not raw.endswith(b'{"name":"one"}'):
                raw += sock.recv(1000)
        sock.sendall(b"GET /things HTTP/1.0\r\nHost: " + proxy.name.encode() + b"\r\n\r\n")
        last = read_answer(sock)

    assert (last.status, len(server.requests), server.connections) == (200, 4, 1)


@pytest.mark.parametrize(("hops", "sent"), [("3", ["2"]), ("1", ["0"]), ("0", None), ("odd", ["odd"])])
def test_options_goes_no_farther_than_it_may(
    proxy: Proxied, server: HostileServer, hops: str, sent: list[str] | None
) -> None:
    answer = proxy.ask("/things", f"Max-Forwards: {hops}", method="OPTIONS")

    assert [sent] * (sent is not None) == [one.header("max-forwards") for one in server.requests]
    assert (answer.status, "allow" in answer.headers) == ((200, False) if sent else (204, True))
