"""One kept connection an origin: when it serves the next request, and under which deadline."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from fakes.exchanges import exchange, failing, stream
from fakes.hostile_server import Answer, HostileServer
from fakes.http_server import ScriptedServer
from fakes.replies import KEPT, dripping, dripping_head, on_one_connection, silent

from egain_auth_cli.deadline import Deadline, Timeouts, run_bounded
from egain_auth_cli.errors import TimedOut
from egain_auth_cli.transport import client as client_module
from egain_auth_cli.transport.client import HttpClient, HttpRequest

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


def test_one_connection_serves_request_after_request(http: HttpClient) -> None:
    with ScriptedServer(on_one_connection(KEPT, KEPT, KEPT, KEPT)) as server:
        bodies = [stream(http, server.url), stream(http, server.url)]
        bodies += [exchange(http, server.url).body, stream(http, server.url)]

        assert ([b"ok"] * 4, 1) == (bodies, server.connections)


def test_request_on_the_open_connection_starts_no_thread(http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    bounded: list[float] = []

    def noting(func: Callable[[], object], *, seconds: float) -> object:
        bounded.append(seconds)
        return run_bounded(func, seconds=seconds)

    monkeypatch.setattr(client_module, "run_bounded", noting)
    with ScriptedServer(on_one_connection(KEPT, KEPT), on_one_connection(KEPT)) as server:
        seen = []
        for _ in range(3):
            stream(http, server.url)
            seen.append((server.connections, len(bounded)))
            time.sleep(0.1)  # for the server's goodbye to arrive

    assert [(1, 1), (1, 1), (2, 2)] == seen


def test_second_request_while_an_answer_is_open_goes_on_its_own_connection(http: HttpClient) -> None:
    with ScriptedServer(on_one_connection(KEPT), on_one_connection(KEPT, KEPT)) as server:
        first = http.stream(HttpRequest(method="GET", url=f"{server.url}/"), timeouts=Timeouts(Deadline(5)))
        second = stream(http, server.url)
        body = b"".join(first.body())
        first.close()

        assert (b"ok", b"ok", 2) == (body, second, server.connections)


def test_time_out_of_one_thread_s_request_leaves_another_s_alone(http: HttpClient) -> None:
    release = threading.Event()
    bodies: list[bytes] = []
    with HostileServer() as server:
        server.on("/slow", Answer(body=b"ok", until=release))
        url = f"{server.url}/slow"
        patient = threading.Thread(target=lambda: bodies.append(exchange(http, url, seconds=10).body))
        patient.start()
        assert isinstance(failing(http, url, seconds=0.3), TimedOut)
        release.set()
        patient.join(10)

        assert ([b"ok"], b"ok") == (bodies, exchange(http, url).body)


def test_two_origins_have_two_connections(http: HttpClient) -> None:
    with ScriptedServer(on_one_connection(KEPT)) as one, ScriptedServer(on_one_connection(KEPT, KEPT)) as other:
        for url in (one.url, other.url, other.url):
            stream(http, url)

        assert (1, 1) == (one.connections, other.connections)


@pytest.mark.parametrize(
    ("reply", "total"),
    [(silent, 0.4), (dripping, 0.4), (dripping_head, 0.4), (silent, None), (dripping_head, None)],
    ids=["silence", "drip", "dripping head", "silence without a total", "dripping head without a total"],
)
def test_request_on_the_open_connection_ends_at_its_deadline_too(
    http: HttpClient, reply: Callable[[socket.socket], None], total: float | None
) -> None:
    with ScriptedServer(on_one_connection(KEPT, reply)) as server:
        stream(http, server.url)
        before = time.monotonic()
        with pytest.raises(TimedOut):
            stream(http, server.url, Timeouts(None if total is None else Deadline(total), head_seconds=0.4))

        assert 0.3 < time.monotonic() - before < 1.2


def test_connection_that_the_server_has_closed_is_opened_anew(http: HttpClient) -> None:
    with ScriptedServer(on_one_connection(KEPT), on_one_connection(KEPT)) as server:
        assert [b"ok", b"ok"] == [stream(http, server.url), stream(http, server.url)]
        assert server.connections == 2


@pytest.mark.parametrize(("size", "connections"), [(10, 1), (2_000_000, 2)])
def test_connection_of_a_discarded_answer_is_kept_if_it_was_short(
    http: HttpClient, size: int, connections: int
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    with ScriptedServer(on_one_connection(head + b"x" * size, KEPT), on_one_connection(KEPT)) as server:
        found = http.stream(HttpRequest(method="GET", url=f"{server.url}/"), timeouts=Timeouts(Deadline(5)))
        found.discard()

        assert (b"ok", connections) == (stream(http, server.url), server.connections)


def test_answer_that_was_not_read_leaves_no_connection(http: HttpClient) -> None:
    with ScriptedServer(on_one_connection(KEPT), on_one_connection(KEPT)) as server:
        http.stream(HttpRequest(method="GET", url=f"{server.url}/"), timeouts=Timeouts(Deadline(5))).close()

        assert (b"ok", 2) == (stream(http, server.url), server.connections)
