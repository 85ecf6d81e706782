"""Which requests are let through, and how the others are told."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import pytest
from fakes.proxied import Proxied, proxied
from fakes.raw_http import read_answer
from fakes.world import api_answer

from egain_auth_cli.proxy.gate import Gate, Refused, listener_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.hostile_server import HostileServer

PAGE = "http://localhost:8080"


@pytest.fixture
def proxy(server: HostileServer) -> Iterator[Proxied]:
    """A proxy that lets one page's origin in."""
    server.on("/things", api_answer())
    with proxied(server.url, cors_origins=frozenset({PAGE})) as one:
        yield one


@pytest.mark.parametrize(
    "lines",
    [
        ("GET /things HTTP/1.1", "Host: evil.test"),
        ("GET /things HTTP/1.1", "Host: evil.test:{port}"),
        ("GET /things HTTP/1.1", "Host: 127.0.0.1"),
        ("GET /things HTTP/1.1", "Host: 127.0.0.1:{port}.evil.test"),
        ("GET /things HTTP/1.1", "Host: 127.0.0.1:{other}"),
        ("GET /things HTTP/1.1", "Host: [::1]:{port}"),
        ("GET /things HTTP/1.1", "Host:"),
        ("GET /things HTTP/1.0",),
        ("GET http://evil.test/things HTTP/1.1", "Host: {name}"),
        ("GET http://evil.test@{name}/things HTTP/1.1", "Host: {name}"),
        ("GET HTTP://EVIL.test/things HTTP/1.1", "Host: {name}"),
        ("CONNECT evil.test:443 HTTP/1.1", "Host: {name}"),
        ("CONNECT {name} HTTP/1.1", "Host: {name}"),
        ("TRACE /things HTTP/1.1", "Host: {name}"),
        ("TRACK /things HTTP/1.1", "Host: {name}"),
        ("get /things HTTP/1.1", "Host: {name}"),
        ("GET /things HTTP/1.1", "Host: {name}", "Origin: http://evil.test"),
        ("GET /things HTTP/1.1", "Host: {name}", "Origin: http://{name}"),
        ("GET /things HTTP/1.1", "Host: {name}", "Origin: null"),
        ("GET /things HTTP/1.1", "Host: {name}", "Origin:"),
        ("GET /things HTTP/1.1", "Host: {name}", f"Origin: {PAGE}", "Origin: http://evil.test"),
        ("GET /things HTTP/1.1", "Host: {name}", f"Origin: {PAGE}.evil.test"),
        ("GET /things HTTP/1.1", "Host: {name}", "Sec-Fetch-Site: cross-site"),
        ("GET /things HTTP/1.1", "Host: {name}", "Sec-Fetch-Site: same-site"),
        ("OPTIONS /things HTTP/1.1", "Host: {name}", "Origin: http://evil.test", "Access-Control-Request-Method: GET"),
        ("GET /things HTTP/1.1", "Host: {name}", "Authorization: Bearer of-another"),
        ("GET /things HTTP/1.1", "Host: {name}", "Authorization:"),
        ("GET /things HTTP/1.1", "Host: {name}", "Connection: Authorization", "authorization: Basic eDp5"),
        ("GET /things HTTP/1.1", "Host: {name}", "Connection: Upgrade", "Upgrade: websocket"),
        ("GET /things HTTP/1.1", "Host: {name}", "Connection: Upgrade", "Upgrade: h2c, WebSocket"),
        ("GET /things HTTP/1.1", "Host: {name}", "Connection: Upgrade", "Upgrade: h2c", "Upgrade: websocket"),
    ],
)
def test_request_that_is_not_ours_gets_403_and_goes_nowhere(
    proxy: Proxied, server: HostileServer, lines: tuple[str, ...]
) -> None:
    port = proxy.name.partition(":")[2]
    sent = [line.format(name=proxy.name, port=port, other=int(port) - 1) for line in lines]
    answer = proxy.send("\r\n".join([*sent, "Connection: close", "", ""]).encode())

    assert (answer.status, json.loads(answer.body)["code"]) == (403, "403-refused")
    assert server.connections == 0
    assert not any(name.startswith("access-control") for name in answer.headers) or PAGE in sent[2]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET things HTTP/1.1\r\nHost: {name}\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: {name}\r\n\r\n",
        b"GET /a#b HTTP/1.1\r\nHost: {name}\r\n\r\n",
        b"GET https://{name}/things HTTP/1.1\r\nHost: {name}\r\n\r\n",
        b"GET /things HTTP/1.1\r\n\r\n",
        b"GET /things HTTP/1.1\r\nHost: {name}\r\nHost: {name}\r\n\r\n",
        b"GET /th\xc3\xa9 HTTP/1.1\r\nHost: {name}\r\n\r\n",
        b"GET /things HTTP/1.1\r\nHost: {name}\r\nX: a\x00b\r\n\r\n",
        b"GET /things HTTP/1.1\r\nHost: {name}\r\nX : y\r\n\r\n",
        b"POST /things HTTP/1.1\r\nHost: {name}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /things HTTP/1.1\r\nHost: {name}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /things HTTP/1.1\r\nHost: {name}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /things HTTP/1.1\r\nHost: {name}\r\nX: " + b"y" * 80_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
    ],
)
def test_request_that_two_parsers_may_read_differently_is_refused(
    proxy: Proxied, server: HostileServer, request_bytes: bytes
) -> None:
    answer = proxy.send(request_bytes.replace(b"{name}", proxy.name.encode()))

    assert answer.status in (400, 431)
    assert server.connections == 0


@pytest.mark.parametrize(
    "lines",
    [
        ("GET http://{name}/things HTTP/1.1", "Host: {name}"),
        ("GET HTTP://LocalHost:{port}/things HTTP/1.1", "Host: {name}"),
        ("GET /things HTTP/1.1", "Host: LOCALHOST:{port}"),
        ("GET /things HTTP/1.1", "Host: {name}", "Sec-Fetch-Site: none"),
        ("GET /things HTTP/1.1", "Host: {name}", "Sec-Fetch-Site: same-origin"),
        ("GET /things HTTP/1.1", "Host: {name}", f"Origin: {PAGE}", "Sec-Fetch-Site: same-site"),
    ],
)
def test_request_of_our_own_is_let_through(proxy: Proxied, server: HostileServer, lines: tuple[str, ...]) -> None:
    sent = [line.format(name=proxy.name, port=proxy.name.partition(":")[2]) for line in lines]
    answer = proxy.send("\r\n".join([*sent, "Connection: close", "", ""]).encode())

    assert (answer.status, [request.target for request in server.requests]) == (200, ["/things"])
    assert server.requests[0].header("origin") == []


@pytest.mark.parametrize(
    ("rest", "target"), [("", "/"), ("/", "/"), ("?a=b", "/?a=b"), ("/?a=http://x/", "/?a=http://x/")]
)
def test_address_in_full_is_asked_for_by_its_path(
    proxy: Proxied, server: HostileServer, rest: str, target: str
) -> None:
    server.on("/", api_answer())

    answer = proxy.send(f"GET {proxy.url}{rest} HTTP/1.1\r\nHost: {proxy.name}\r\nConnection: close\r\n\r\n".encode())

    assert (answer.status, [request.target for request in server.requests]) == (200, [target])


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_of_an_api_is_let_through(proxy: Proxied, server: HostileServer, method: str) -> None:
    answer = proxy.ask("/things", method=method)

    assert (answer.status, [request.method for request in server.requests]) == (200, [method])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("GET /things HTTP/1.1", "Host: evil.test"), "the host `evil.test`"),
        (("GET /things HTTP/1.0",), "the host `none`"),
        (("GET http://evil.test/ HTTP/1.1", "Host: {name}"), "for `evil.test`"),
        (("GET /things HTTP/1.1", "Host: {name}", "Origin: http://evil.test"), "a page of `http://evil.test`"),
        (("TRACE /things HTTP/1.1", "Host: {name}"), "the method TRACE"),
    ],
)
def test_refusal_says_what_was_wrong(proxy: Proxied, lines: tuple[str, ...], said: str) -> None:
    sent = [line.format(name=proxy.name) for line in lines]
    answer = proxy.send("\r\n".join([*sent, "Connection: close", "", ""]).encode())

    assert said in json.loads(answer.body)["developerMessage"]


@pytest.mark.parametrize(
    "target",
    [
        "http://name:made-up@evil.test/things?key=made-up",
        "http://name:made-up@{name}/things",
        "https://name:made-up@{name}/things?key=made-up",
        "/things?key=made-up#part",
    ],
)
def test_refusal_shows_no_password_and_no_query(proxy: Proxied, target: str) -> None:
    answer = proxy.ask(target.format(name=proxy.name))

    assert answer.status in (400, 403)
    assert "made-up" not in answer.body
    assert "made-up" not in f"{proxy.served[0].path} {proxy.served[0].error}"


def test_page_that_is_let_in_may_read_answers_and_errors(proxy: Proxied, server: HostileServer) -> None:
    answers = [proxy.ask("/things", f"Origin: {PAGE}", *more) for more in ((), ("Authorization: Bearer x",))]
    without = proxy.ask("/things")

    assert [answer.status for answer in answers] == [200, 403]
    for answer in answers:
        assert (answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (PAGE, "Origin")
        assert answer.headers["access-control-expose-headers"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in without.headers


def test_page_that_asks_first_is_answered_here(proxy: Proxied, server: HostileServer) -> None:
    asked = ("Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type,x-a")

    answer = proxy.ask(
        "/things", f"Origin: {PAGE}", *asked, "Access-Control-Request-Private-Network: true", method="OPTIONS"
    )

    allowed = {name: value for name, value in answer.headers.items() if name.startswith("access-control-allow")}
    assert (answer.status, server.connections) == (204, 0)
    assert allowed == {
        "access-control-allow-origin": PAGE,
        "access-control-allow-methods": "PUT",
        "access-control-allow-headers": "content-type,x-a",
        "access-control-allow-private-network": "true",
    }
    assert (answer.headers["access-control-max-age"], answer.headers["vary"]) == ("600", "Origin")


def test_page_is_allowed_no_more_than_it_asks_for(proxy: Proxied) -> None:
    answer = proxy.ask("/things", f"Origin: {PAGE}", "Access-Control-Request-Method: GET", method="OPTIONS")

    allowed = {name: value for name, value in answer.headers.items() if name.startswith("access-control-allow")}
    assert (answer.status, allowed) == (
        204,
        {"access-control-allow-origin": PAGE, "access-control-allow-methods": "GET"},
    )


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("OPTIONS", (f"Origin: {PAGE}",)),
        ("OPTIONS", ("Access-Control-Request-Method: PUT",)),
        ("GET", (f"Origin: {PAGE}", "Access-Control-Request-Method: PUT")),
    ],
)
def test_request_that_asks_nothing_of_us_goes_to_the_api(
    proxy: Proxied, server: HostileServer, method: str, headers: tuple[str, ...]
) -> None:
    answer = proxy.ask("/things", *headers, method=method)

    assert (answer.status, [request.method for request in server.requests]) == (200, [method])
    assert server.requests[0].header("access-control-request-method") == []


def test_page_may_ask_first_where_the_proxy_forwards_no_options(server: HostileServer) -> None:
    with proxied(server.url, methods=("GET",), cors_origins=frozenset({PAGE})) as proxy:
        answer = proxy.ask("/things", f"Origin: {PAGE}", "Access-Control-Request-Method: GET", method="OPTIONS")

    assert (answer.status, server.connections) == (204, 0)


@pytest.mark.parametrize(("method", "told"), [("POST", True), ("TRACE", False)])
def test_option_that_lets_a_method_through_is_named_where_it_can(
    server: HostileServer, method: str, told: bool
) -> None:
    with proxied(server.url, methods=("GET",)) as proxy:
        answer = proxy.ask("/things", method=method)

    assert ("`--allow` says which" in answer.body) == told


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", (), 200),
        ("HEAD", (), 403),
        ("POST", (), 403),
        ("OPTIONS", (), 403),
        ("GET", ("X-HTTP-Method-Override: DELETE",), 403),
        ("GET", ("X-Http-Method: delete",), 403),
        ("GET", ("X-Method-Override: Patch",), 403),
        ("GET", ("X-Method-Override: GET",), 200),
        ("GET", ("X_HTTP-Method_Override: DELETE",), 403),
    ],
)
def test_proxy_for_reading_forwards_nothing_else(
    server: HostileServer, method: str, headers: tuple[str, ...], status: int
) -> None:
    server.on("/things", api_answer())
    with proxied(server.url, methods=("GET",)) as proxy:
        answer = proxy.ask("/things", *headers, method=method)

    assert (answer.status, len(server.requests)) == (status, int(status == 200))


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/base/things", 200), ("/base", 200), ("/base/?a", 200), ("/base/a..b", 200),
        ("/things", 403), ("/basement", 403), ("/base/../things", 403), ("/base/%2e%2e/x", 403), ("//base/x", 403),
        ("/base%2f..%2fx", 403), ("/base/..;x/y", 403), ("/base/%252e%252e/x", 403), ("/base/..\\x", 403),
    ],
)  # fmt: skip
def test_nothing_outside_the_base_path_of_the_api_gets_the_token(
    server: HostileServer, target: str, status: int
) -> None:
    for path in ("/base/things", "/base", "/base/", "/base/a..b"):
        server.on(path, api_answer())
    with proxied(f"{server.url}/base/") as proxy:
        answer = proxy.ask(target)

    assert (answer.status, [one.target for one in server.requests]) == (status, [target] * (status == 200))


@pytest.mark.parametrize(
    ("port", "host", "passes"),
    [(80, "127.0.0.1", True), (80, "localhost", True), (80, "localhost:80", True), (8080, "localhost", False)],
)
def test_usual_port_may_be_left_out_of_the_host(port: int, host: str, *, passes: bool) -> None:
    gate = Gate(names=listener_names(port), base_path="")
    refusal = contextlib.nullcontext() if passes else pytest.raises(Refused)

    with refusal:
        assert gate.check("GET", f"http://{host}/things", [(b"host", host.encode())]) == "/things"


def test_pipelined_requests_are_judged_one_by_one(proxy: Proxied, server: HostileServer) -> None:
    with proxy.open() as sock:
        sock.sendall(
            proxy.head("/things?1")
            + proxy.head("/things?2", "Origin: http://evil.test")
            + proxy.head("/things?3", "Connection: close")
        )
        raw = read_answer(sock).raw

    assert [raw.count(f"HTTP/1.1 {status}".encode()) for status in (200, 403)] == [2, 1]
    assert [request.target for request in server.requests] == ["/things?1", "/things?3"]
