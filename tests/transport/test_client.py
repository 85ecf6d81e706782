"""Whole answers: their bounds, their deadline, and what goes wrong on the way."""

from __future__ import annotations

import gc
import gzip
import socket
import subprocess
import sys
import time

import pytest
from fakes.exchanges import exchange, failing
from fakes.http_server import ScriptedServer, answer
from fakes.ports import free_port
from fakes.replies import KEPT, dripping, dripping_head, silent

from egain_auth_cli.deadline import Deadline, Timeouts
from egain_auth_cli.errors import BadAnswer, EgainError, TimedOut
from egain_auth_cli.transport.client import Answer, HttpClient, HttpRequest
from egain_auth_cli.transport.failures import ConnectionLost


def test_answer_has_status_headers_and_body(http: HttpClient, trace: list[str]) -> None:
    with ScriptedServer(answer("201 Created", b"hello", "Content-Type: Text/HTML; charset=x", "X-A: 1")) as server:
        found = exchange(http, f"{server.url}/a?code=made-up-secret")

    assert (found.status, found.body, found.content_type, found.headers["x-a"]) == (201, b"hello", "text/html", "1")
    assert [f"GET {server.url}/a: 201"] == trace
    assert "hello" not in repr(found)


def test_content_type_of_an_answer_without_one_is_empty() -> None:
    assert Answer(status=200, headers={}, body=b"").content_type == ""


def test_header_beyond_ascii_is_read(http: HttpClient) -> None:
    raw = b"HTTP/1.1 200 OK\r\nX-A: caf\xc3\xa9\r\nX-B: caf\xe9\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with ScriptedServer(raw) as server:
        headers = exchange(http, server.url).headers

    assert ("caf\u00e9", "caf\u00e9") == (headers["x-a"], headers["x-b"])


def test_body_over_the_limit_is_refused(http: HttpClient) -> None:
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
def test_body_that_cannot_be_decoded_is_refused(http: HttpClient, encoding: str, body: bytes) -> None:
    with ScriptedServer(answer("200 OK", body, f"Content-Encoding: {encoding}")) as server:
        assert isinstance(failing(http, server.url), BadAnswer)


def test_encoded_body_is_decoded(http: HttpClient) -> None:
    with ScriptedServer(answer("200 OK", gzip.compress(b"hello", mtime=0), "Content-Encoding: gzip")) as server:
        assert exchange(http, server.url).body == b"hello"


@pytest.mark.parametrize("reply", [silent, dripping, dripping_head])
def test_slow_server_ends_at_the_total_deadline(http: HttpClient, reply: object) -> None:
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
def test_connection_cut_in_the_middle_is_lost(http: HttpClient, raw: bytes, trace: list[str]) -> None:
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
def test_server_that_does_not_speak_http_is_a_network_error(http: HttpClient, raw: bytes) -> None:
    with ScriptedServer(raw) as server:
        assert failing(http, server.url).exit_code == 5


def test_closed_port_cannot_be_connected_to(http: HttpClient) -> None:
    port = free_port()
    error = failing(http, f"http://127.0.0.1:{port}/x?secret=made-up")

    assert f"cannot connect to `http://127.0.0.1:{port}`: connection refused" == error.message.lower()


@pytest.mark.parametrize("host", ["localhost", "xn--ls8h.test", "a_b-.test"])
def test_unknown_host_is_told_as_such(http: HttpClient, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    def lookup(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    error = failing(http, f"https://{host}:9/")

    assert f"the host `{host}` cannot be found" == error.message


@pytest.mark.parametrize("host", ["999.1.1.1", "1.2.3.256"])
def test_host_that_is_not_an_address_is_unknown(http: HttpClient, trace: list[str], host: str) -> None:
    error = failing(http, f"https://{host}/x")

    assert f"the host `{host}` cannot be found" == error.message
    assert [f"GET https://{host}/x: network"] == trace


def test_no_secret_is_left_in_the_error_or_its_causes(http: HttpClient) -> None:
    request = HttpRequest(
        method="GET", url="http://127.0.0.1:9/", headers=(("Authorization", "Bearer made-up\nsecret"),)
    )

    with pytest.raises(EgainError) as caught:
        http.exchange(request, deadline=Deadline(5), limit=10)
    with pytest.raises(EgainError) as streamed:
        http.stream(request, timeouts=Timeouts(Deadline(5)))

    for error in (caught.value, streamed.value):
        seen: list[BaseException | None] = [error, error.__cause__, error.__context__]
        assert seen[1:] == [None, None]
        assert "made-up" not in f"{error}{error!r}{error.__dict__}"


def test_nothing_secret_is_traced(http: HttpClient, trace: list[str]) -> None:
    with ScriptedServer(answer()) as server:
        request = HttpRequest(
            method="POST",
            url=f"{server.url}/token?made-up-query=1",
            headers=(("Authorization", "made-up"),),
            content=b"made-up",
        )
        http.exchange(request, deadline=Deadline(5), limit=10)

    assert "made-up" not in "".join(trace)


def test_client_that_is_dropped_closes_its_connection() -> None:
    ended: list[bytes] = []

    def keep(sock: socket.socket) -> None:
        sock.sendall(KEPT)
        sock.settimeout(5)
        ended.append(sock.recv(1))

    with ScriptedServer(keep) as server:
        http = HttpClient({})
        exchange(http, server.url)
        del http
        gc.collect()
        deadline = Deadline(5)
        while not ended and deadline.remaining():
            time.sleep(0.01)

    assert ended == [b""]


def test_first_request_alone_loads_the_library() -> None:
    program = (
        "import os, sys\n"
        "from egain_auth_cli.transport import client, failures, retry, streaming, token_endpoint\n"
        "http = client.HttpClient(os.environ, trace=print)\n"
        "token_endpoint.TokenEndpoint(http, seconds=1)\n"
        "heavy = ('httpx', 'httpcore', 'h11', 'ssl', 'truststore', 'email', 'http')\n"
        "print([name for name in heavy if name in sys.modules])\n"
        "from egain_auth_cli.deadline import Deadline\n"
        "try:\n"
        "    request = client.HttpRequest(method='GET', url='http://127.0.0.1:9/')\n"
        "    http.exchange(request, deadline=Deadline(5), limit=1)\n"
        "except failures.NetworkError:\n"
        "    print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    loaded = "['httpx', 'httpcore', 'h11', 'ssl', 'email', 'http']"
    assert ["[]", "GET http://127.0.0.1:9/: network", loaded] == done.stdout.splitlines()
