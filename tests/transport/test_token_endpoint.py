"""Posts to the token endpoint, and which of them are sent again."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import pytest
from fakes.clock import NOW, FakeClock
from fakes.http_server import ScriptedServer, answer

from egain_auth_cli.errors import BadAnswer, GrantRefused, NetworkError, TimedOut
from egain_auth_cli.models.form_request import FormRequest
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.transport.failures import ConnectionLost
from egain_auth_cli.transport.token_endpoint import TokenEndpoint

if TYPE_CHECKING:
    import socket

    from egain_auth_cli.transport.client import HttpClient

TOKEN = answer("200 OK", b'{"access_token": "made-up-token", "token_type": "Bearer", "expires_in": 60}')
LOST = b"HTTP/1.1 200"


@pytest.fixture
def slept() -> list[float]:
    return []


def endpoint(http: HttpClient, slept: list[float], *, seconds: float = 30.0) -> TokenEndpoint:
    return TokenEndpoint(http, seconds=seconds, clock=FakeClock(), sleep=slept.append)


def form(url: str, *, replayable: bool = True) -> FormRequest:
    return FormRequest(
        url=f"{url}/token?user_type=customer", fields={"grant_type": "x", "scope": "a b"}, replayable=replayable
    )


def test_grant_is_posted_as_a_form_and_gives_a_token(http: HttpClient, slept: list[float]) -> None:
    with ScriptedServer(TOKEN) as server:
        request = FormRequest(
            url=f"{server.url}/token?x=y", fields={"a": "b c&é"}, authorization=Secret("Basic made-up")
        )
        token = endpoint(http, slept).request_token(request)

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert (lines[0], body) == ("post /token?x=y http/1.1", b"a=b+c%26%C3%A9")
    wanted = {
        "content-type: application/x-www-form-urlencoded",
        "accept: application/json",
        "authorization: basic made-up",
    }
    assert wanted <= set(lines)
    assert ("made-up-token", int(NOW) + 60) == (token.access_token.reveal(), token.expires_at)


def test_public_client_sends_no_authorization_header(http: HttpClient, slept: list[float]) -> None:
    with ScriptedServer(TOKEN) as server:
        endpoint(http, slept).request_token(form(server.url))

    assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize("head", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("replayable", [True, False])
def test_request_that_was_refused_unread_is_sent_again(
    http: HttpClient, slept: list[float], head: str, replayable: bool
) -> None:
    with ScriptedServer(answer(head, b"", "Retry-After: 2"), TOKEN) as server:
        endpoint(http, slept).request_token(form(server.url, replayable=replayable))

    assert len(server.requests) == 2
    assert [2 <= one <= 2.5 for one in slept] == [True]


@pytest.mark.parametrize("head", ["502 x", "503 x", "504 x"])
@pytest.mark.parametrize(("replayable", "requests"), [(True, 3), (False, 1)])
def test_grant_that_may_have_been_processed_is_not_sent_twice(
    http: HttpClient, slept: list[float], head: str, replayable: bool, requests: int
) -> None:
    with ScriptedServer(answer(head)) as server:
        with pytest.raises(BadAnswer):
            endpoint(http, slept).request_token(form(server.url, replayable=replayable))

        assert requests == len(server.requests)


@pytest.mark.parametrize(("replayable", "requests"), [(True, 3), (False, 1)])
def test_lost_connection_is_tried_again_only_where_it_does_no_harm(
    http: HttpClient, slept: list[float], replayable: bool, requests: int
) -> None:
    with ScriptedServer(LOST) as server:
        with pytest.raises(ConnectionLost):
            endpoint(http, slept).request_token(form(server.url, replayable=replayable))

        assert requests == len(server.requests)


def test_connection_lost_once_is_made_up_for(http: HttpClient, slept: list[float]) -> None:
    with ScriptedServer(LOST, TOKEN) as server:
        assert endpoint(http, slept).request_token(form(server.url)).expires_at > NOW


@pytest.mark.parametrize("asked", ["999999999", "100", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_pause_beyond_the_deadline_is_not_waited_for(http: HttpClient, slept: list[float], asked: str) -> None:
    with ScriptedServer(answer("429 x", b"", f"Retry-After: {asked}")) as server:
        with pytest.raises(NetworkError, match="too many requests"):
            endpoint(http, slept).request_token(form(server.url))

        assert (slept, len(server.requests)) == ([], 1)


@pytest.mark.parametrize("head", ["400 Bad Request", "401 Unauthorized", "500 Internal Server Error", "302 Found"])
def test_other_answers_are_final(http: HttpClient, slept: list[float], head: str) -> None:
    with ScriptedServer(answer(head, b"", "Location: http://127.0.0.1:9/")) as server:
        found = endpoint(http, slept).post(form(server.url), doing="asking")

        assert (int(head[:3]), 1) == (found.status, len(server.requests))


def test_refusal_is_told(http: HttpClient, slept: list[float]) -> None:
    with ScriptedServer(answer("400 x", b'{"error": "invalid_grant"}')) as server, pytest.raises(GrantRefused):
        endpoint(http, slept).request_token(form(server.url))


def test_answer_over_a_mebibyte_is_refused(http: HttpClient, slept: list[float]) -> None:
    with (
        ScriptedServer(answer("200 OK", b" " * (1024 * 1024 + 1))) as server,
        pytest.raises(BadAnswer, match="1024 KiB"),
    ):
        endpoint(http, slept).request_token(form(server.url))


@pytest.mark.parametrize("replayable", [True, False])
def test_answer_to_what_is_used_up_by_being_sent_is_awaited_whatever_the_limit(
    http: HttpClient, slept: list[float], replayable: bool
) -> None:
    def late(sock: socket.socket) -> None:
        threading.Event().wait(0.6)
        with contextlib.suppress(OSError):
            sock.sendall(TOKEN)

    with ScriptedServer(late) as server:
        request = form(server.url, replayable=replayable)
        expected = pytest.raises(TimedOut) if replayable else contextlib.nullcontext()
        with expected:
            endpoint(http, slept, seconds=0.2).request_token(request)
