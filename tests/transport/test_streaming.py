"""Answers read piece by piece: their head, their time limits, and a body that is cut."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
import trustme
from fakes.exchanges import stream
from fakes.http_server import ScriptedServer, answer
from fakes.ports import free_port
from fakes.replies import dripping, dripping_head, silent
from fakes.tls_server import tls_server, trusted

from egain_auth_cli.deadline import Deadline, Timeouts
from egain_auth_cli.errors import BadAnswer, EgainError, NetworkError, TimedOut
from egain_auth_cli.transport.client import HttpClient, HttpRequest
from egain_auth_cli.transport.failures import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_streamed_answer_has_its_head_before_its_body(http: HttpClient, trace: list[str]) -> None:
    with ScriptedServer(answer("202 Accepted", b"hello", "X-A: 1", "X-A: 2")) as server:
        found = http.stream(HttpRequest(method="GET", url=f"{server.url}/x?y"), timeouts=Timeouts(None))
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
        (answer("200 OK", b"\x1f\x8bgarbage", "Content-Encoding: gzip"), BadAnswer),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"x" * 99)[:-9], ConnectionLost),
        (answer("200 OK", gzip.compress(b"x" * 99)[:-9], "Content-Encoding: gzip"), BadAnswer),
        (answer("200 OK", gzip.compress(b"\0" * 64_000_000, mtime=0), "Content-Encoding: gzip"), BadAnswer),
    ],
    ids=["cut", "garbage", "cut without a length", "cut at the server", "bomb"],
)
def test_broken_stream_is_told(http: HttpClient, raw: bytes, kind: type[EgainError]) -> None:
    with ScriptedServer(raw) as server, pytest.raises(kind):
        stream(http, server.url)


def test_stream_that_cannot_connect_is_a_network_error(http: HttpClient, trace: list[str]) -> None:
    port = free_port()

    with pytest.raises(NetworkError, match="cannot connect"):
        stream(http, f"http://127.0.0.1:{port}/")
    assert trace[0].endswith(": network")


@pytest.mark.parametrize("reply", [silent, dripping, dripping_head])
def test_stream_ends_at_its_total_deadline(http: HttpClient, reply: object) -> None:
    with ScriptedServer(reply) as server:  # type: ignore[arg-type]
        before = time.monotonic()
        with pytest.raises(TimedOut):
            stream(http, server.url, Timeouts(Deadline(0.4)))

        assert time.monotonic() - before < 1.2


def test_silence_in_a_body_ends_it(http: HttpClient) -> None:
    def stalling(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        silent(sock)

    with ScriptedServer(stalling) as server, pytest.raises(TimedOut):
        stream(http, server.url, Timeouts(None, silence=0.2))


def test_body_that_ends_with_the_connection_is_not_whole_where_we_have_cut_it(http: HttpClient) -> None:
    def endless(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(100):
            sock.sendall(b"x")
            time.sleep(0.05)

    with ScriptedServer(endless) as server, pytest.raises(TimedOut):
        stream(http, server.url, Timeouts(Deadline(0.4)))


def test_slow_body_that_nobody_wants_is_given_up(http: HttpClient) -> None:
    with ScriptedServer(dripping) as server:
        found = http.stream(HttpRequest(method="GET", url=f"{server.url}/"), timeouts=Timeouts(None))
        before = time.monotonic()
        found.discard()

        assert time.monotonic() - before < 2.5


def test_cut_body_is_never_read_as_ciphertext(tmp_path: Path) -> None:
    ca = trustme.CA()
    size = 8 * 1024 * 1024
    body = answer("200 OK", b"A" * size)
    with tls_server(ca.issue_cert("127.0.0.1"), body) as server:
        http = HttpClient(trusted(ca, tmp_path))
        found = http.stream(HttpRequest(method="GET", url=f"{server.url}/"), timeouts=Timeouts(Deadline(0.6)))
        pieces: list[bytes] = []

        def read_slowly() -> None:
            for piece in found.body():
                pieces.append(piece)
                time.sleep(0.02)

        with pytest.raises(TimedOut):
            read_slowly()

    taken = b"".join(pieces)
    assert 0 < len(taken) < size
    assert {ord("A")} == set(taken)


def test_timeouts_without_a_deadline_wait_for_head_and_silence() -> None:
    timeouts = Timeouts(None)

    assert (timeouts.silence, timeouts.deadline) == (60.0, None)
    assert 59 < timeouts.head() <= 60
    assert 0 < Timeouts(Deadline(5)).head() <= 5


@contextlib.contextmanager
def taking(size: int, pause: float, *, reply: bool = True) -> Iterator[str]:
    """Serve one request whose body is read slowly, and then answered or not."""
    over = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        taken = 0
        while taken < size and (piece := connection.recv(256 * 1024)):
            taken += len(piece)
            over.wait(pause)
        if reply:
            connection.sendall(answer("200 OK", b"done"))
        over.wait(30)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        over.set()
        thread.join(30)


def upload(url: str, size: int) -> HttpRequest:
    pieces = (b"x" * 65_536 for _ in range(-(-size // 65_536)))
    return HttpRequest(method="POST", url=url, content=pieces)


def test_upload_may_take_longer_than_the_wait_for_the_head_while_it_goes_on(http: HttpClient) -> None:
    size = 16 * 1024 * 1024
    with taking(size, 0.04) as url:
        before = time.monotonic()
        found = http.stream(upload(url, size), timeouts=Timeouts(None, head_seconds=1, silence=1))
        taken = time.monotonic() - before
        assert b"".join(found.body()) == b"done"

    assert taken > 1


def test_upload_that_is_not_taken_ends_after_the_silence(http: HttpClient) -> None:
    with taking(50_000_000, 20) as url, pytest.raises(TimedOut) as caught:
        http.stream(upload(url, 50_000_000), timeouts=Timeouts(None, head_seconds=9, silence=0.3, setting="x"))

    assert (caught.value.hint or "").endswith("; x")


def test_answer_to_an_upload_is_waited_for_from_its_end_on(http: HttpClient) -> None:
    with taking(1_000_000, 0, reply=False) as url, pytest.raises(TimedOut):
        http.stream(upload(url, 1_000_000), timeouts=Timeouts(None, head_seconds=0.3, silence=9))
