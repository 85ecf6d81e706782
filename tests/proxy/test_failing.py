"""When the API cannot be reached, breaks off, the client leaves, or the proxy ends."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from fakes.http_server import ScriptedServer
from fakes.ports import free_port
from fakes.proxied import TOKEN, Proxied, proxied
from fakes.raw_http import read_answer
from fakes.replies import KEPT, on_one_connection, silent

from egain_auth_cli.errors import LoginRequired
from egain_auth_cli.proxy import forward

if TYPE_CHECKING:
    from fakes.hostile_server import HostileServer

    from egain_auth_cli.proxy.app import Served

MIB = 1024 * 1024


def told(proxy: Proxied, *headers: str, method: str = "GET") -> tuple[int, str, str]:
    """Return status, code and text of an answer that the proxy gave itself."""
    answer = proxy.ask("/things?secret=1", *headers, method=method)
    document = json.loads(answer.body)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["proxy-status"].startswith("egain; error=")
    assert TOKEN.encode() not in answer.raw
    return answer.status, document["code"], document["developerMessage"]


def test_api_that_is_not_there_is_told_as_call_tells_it() -> None:
    port = free_port()
    with proxied(f"http://127.0.0.1:{port}") as proxy:
        said = told(proxy)

    assert said == (502, "502-network", f"cannot connect to `http://127.0.0.1:{port}`: connection refused")


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-"])
def test_api_that_says_nothing_is_given_up(begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "_SILENCE", 0.2)
    with ScriptedServer(partial(_begin, begun)) as api, proxied(api.url) as proxy:
        said = told(proxy)

    assert said == (504, "504-timed-out", f"`{api.url}` did not answer within 0.2 s")


def _begin(reply: bytes, sock: socket.socket) -> None:
    sock.sendall(reply)
    silent(sock)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (b"", "502-network"),
        (b"HTTP/1.1 200 OK\r\nContent-", "502-network"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "502-bad-answer"),
        (b"HTTP/1.1 700 Odd\r\nContent-Length: 0\r\n\r\n", "502-bad-answer"),
    ],
)
def test_answer_that_is_none_is_told(reply: bytes, code: str) -> None:
    with ScriptedServer(reply) as api, proxied(api.url) as proxy:
        said = told(proxy)

    assert said[:2] == (502, code)
    assert api.connections == 1  # nothing was said to be lost on a kept connection


def test_missing_login_is_told_with_what_to_do(server: HostileServer) -> None:
    with proxied(server.url) as proxy:
        proxy.tokens.missing = LoginRequired("nobody is signed in", hint="run `egain login --pkce`")
        answer = proxy.ask("/things")

    assert (answer.status, json.loads(answer.body)) == (
        502,
        {
            "code": "502-login-required",
            "developerMessage": "nobody is signed in",
            "details": [{"key": "hint", "value": "run `egain login --pkce`"}],
        },
    )
    assert server.requests == []


@pytest.mark.parametrize(
    ("reply", "came"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"half"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", b"4\r\nhalf\r\n"),
    ],
)
def test_answer_that_breaks_off_is_not_made_whole(reply: bytes, came: bytes) -> None:
    with ScriptedServer(reply) as api, proxied(api.url) as proxy:
        answer = proxy.ask("/things")

    assert (answer.status, answer.raw.partition(b"\r\n\r\n")[2]) == (200, came)
    assert proxy.served[0].error is not None


@pytest.mark.parametrize(
    ("method", "body", "status"),
    [("GET", b"", 200), ("PUT", b"once", 200), ("PUT", b"x" * MIB + b"y", 502), ("POST", b"once", 502)],
)
def test_kept_connection_that_ends_is_replaced_where_nothing_can_be_done_twice(
    method: str, body: bytes, status: int
) -> None:
    def end(sock: socket.socket) -> None:
        sock.settimeout(10)
        while len(body) > MIB and sock.recv(65536)[-1:] != b"y":  # all of it has come
            pass
        sock.shutdown(socket.SHUT_RDWR)

    with ScriptedServer(on_one_connection(KEPT, end), KEPT) as api, proxied(api.url) as proxy:
        first = proxy.ask("/things")
        second = proxy.ask("/things", method=method, body=body)

    assert (first.status, second.status) == (200, status)


@pytest.mark.parametrize(
    ("method", "reply"),
    [
        ("GET", KEPT + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalien"),
        ("GET", KEPT + b"\r\n"),
        ("HEAD", KEPT),
        ("GET", b"HTTP/1.1 304 Not Modified\r\n\r\nalien"),
    ],
)
def test_what_the_api_sends_beyond_its_answer_is_no_answer_to_the_next_request(method: str, reply: bytes) -> None:
    with ScriptedServer(on_one_connection(reply, KEPT), KEPT) as api, proxied(api.url) as proxy:
        proxy.ask("/things", method=method)
        second = proxy.ask("/things")

    assert (second.status, second.body, api.connections) == (200, "ok", 2)


@pytest.mark.parametrize("began", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst"])
def test_client_that_leaves_ends_the_request_to_the_api(began: bytes) -> None:
    ended, asked = threading.Event(), threading.Event()

    def wait(sock: socket.socket) -> None:
        sock.sendall(began)
        asked.set()
        sock.settimeout(20)
        if sock.recv(1) == b"":
            ended.set()

    with ScriptedServer(wait) as api, proxied(api.url) as proxy:
        with proxy.open() as sock:
            sock.sendall(proxy.head("/things"))
            assert asked.wait(10)
            if began:
                sock.recv(1000)
        gone = ended.wait(10)

    assert gone
    assert [shown(one) for one in proxy.served] == [("GET", "/things", 200 if began else None)]


def test_client_that_leaves_in_its_upload_ends_the_request_to_the_api() -> None:
    ended = threading.Event()

    def wait(sock: socket.socket) -> None:
        ended.set()

    with ScriptedServer(wait) as api, proxied(api.url) as proxy:
        with proxy.open() as sock:
            sock.sendall(proxy.head("/up", "Content-Length: 100", method="POST") + b"some")
        gone = ended.wait(10)  # its connection was closed in the middle of the body

    assert (gone, len(api.requests[0].partition(b"\r\n\r\n")[2]) < 100) == (True, True)


def shown(one: Served) -> tuple[str, str, int | None]:
    return one.method, one.path, one.status


@pytest.mark.parametrize("closes", [True, False])
@pytest.mark.parametrize("length", ["Content-Length: 50000000", "Transfer-Encoding: chunked"])
def test_answer_that_comes_before_the_body_is_over_is_passed_on(*, closes: bool, length: str) -> None:
    refusal = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo long"
    over = threading.Event()

    def serve() -> None:
        with listener.accept()[0] as sock:
            sock.recv(1000)
            sock.sendall(refusal)
            if not closes:
                over.wait(20)

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listener, proxied(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy, proxy.open() as client:
        client.sendall(proxy.head("/up", length, method="POST"))
        pieces = b"1770\r\n" + b"x" * 6000 + b"\r\n" if "chunked" in length else b"x" * 6000
        client.settimeout(10)
        answer = b""
        sending = threading.Thread(target=send_on, args=(client, pieces))
        sending.start()
        while b"too long" not in answer:
            piece = client.recv(1000)
            assert piece, answer
            answer += piece
        over.set()
        client.shutdown(socket.SHUT_RDWR)
        sending.join(10)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_second_call_to_end_does_not_wait_for_the_answer_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("egain_auth_cli.proxy.server._GRACE", 600)
    asked, over = threading.Event(), threading.Event()

    def hold(sock: socket.socket) -> None:
        asked.set()
        over.wait(30)

    with ScriptedServer(hold) as api, proxied(api.url) as proxy, proxy.open() as sock:
        sock.sendall(proxy.head("/things"))
        assert asked.wait(10)
        proxy.server.end()
        proxy.server.end()
        gone = read_answer(sock)  # the end of the connection, or a timeout
        over.set()

    assert gone.status != 200


@pytest.mark.parametrize(
    "interim", [b"100 Continue\r\n\r\n", b"103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 102 X\r\n\r\n"]
)
def test_interim_answer_does_not_cut_the_body_off(interim: bytes) -> None:
    size = 16 * 1024 * 1024

    def serve() -> None:
        with listener.accept()[0] as sock:
            head = b""
            while b"\r\n\r\n" not in head:
                head += sock.recv(1000)
            for byte in b"HTTP/1.1 " + interim:
                sock.sendall(bytes([byte]))
            blocked.wait(10)
            left = size - len(head.partition(b"\r\n\r\n")[2])
            while left > 0:
                left -= len(sock.recv(left))
            sock.sendall(KEPT)

    blocked = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with listener, proxied(f"http://127.0.0.1:{listener.getsockname()[1]}") as proxy, proxy.open() as client:
        client.sendall(proxy.head("/up", f"Content-Length: {size}", "Connection: close", method="POST"))
        body = memoryview(bytes(size))
        while select.select([], [client], [], 0.5)[1]:  # until no more goes into it
            body = body[client.send(body[:MIB]) :]
        blocked.set()
        client.sendall(body)
        answer = read_answer(client)
    thread.join(10)

    assert (answer.status, answer.body) == (200, "ok")


@pytest.mark.parametrize("more", [b"\r\n", b"GET /things HTTP/1.1\r\n\r\n"])
def test_what_follows_the_last_request_does_not_cost_its_answer(more: bytes) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def late(sock: socket.socket) -> None:
        asked.set()
        go_on.wait(10)
        sock.sendall(KEPT)

    with ScriptedServer(late) as api, proxied(api.url) as proxy, proxy.open() as client:
        client.sendall(proxy.head("/up", "Connection: close", "Content-Length: 3", method="POST") + b"abc")
        assert asked.wait(10)
        client.sendall(more)
        with proxy.open() as other:  # is refused after those bytes have been read
            other.sendall(proxy.head("/", "Connection: close", method="TRACE"))
            read_answer(other)
        go_on.set()
        answer = read_answer(client)

    assert (answer.status, answer.body, api.connections) == (200, "ok", 1)


def send_on(client: socket.socket, pieces: bytes) -> None:
    with contextlib.suppress(OSError):
        for _ in range(8000):
            client.sendall(pieces)


def test_body_that_does_not_go_on_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("egain_auth_cli.proxy.body._SILENCE", 0.2)
    with ScriptedServer(KEPT) as api, proxied(api.url) as proxy:
        answer = proxy.send(proxy.head("/up", "Content-Length: 100", method="POST") + b"some")

    assert (answer.status, json.loads(answer.body)["code"]) == (408, "408-refused")
