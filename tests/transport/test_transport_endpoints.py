"""Posts to the token endpoint with their retries, revocation, and public documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fakes.clock import NOW, FakeClock
from fakes.http_server import ScriptedServer, answer

from egain_auth_cli.errors import AuthError, BadAnswer, GrantRefused, NetworkError
from egain_auth_cli.models.form_request import Client, FormRequest
from egain_auth_cli.models.grants import ClientAuth
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.transport.client import HttpClient
from egain_auth_cli.transport.discovery import fetch_document
from egain_auth_cli.transport.failures import ConnectionLost
from egain_auth_cli.transport.revocation import revoke_token
from egain_auth_cli.transport.token_endpoint import TokenEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = answer("200 OK", b'{"access_token": "made-up-token", "token_type": "Bearer", "expires_in": 60}')
LOST = b"HTTP/1.1 200"


@pytest.fixture
def http() -> Iterator[HttpClient]:
    client = HttpClient({})
    yield client
    client.close()


@pytest.fixture
def slept() -> list[float]:
    return []


def endpoint(http: HttpClient, slept: list[float], *, seconds: float = 30.0) -> TokenEndpoint:
    return TokenEndpoint(http, seconds=seconds, clock=FakeClock(), sleep=slept.append)


def form(url: str, *, replayable: bool = True) -> FormRequest:
    return FormRequest(
        url=f"{url}/token?user_type=customer", fields={"grant_type": "x", "scope": "a b"}, replayable=replayable
    )


def test_grant_is_posted_as_a_form_and_gives_a_token(http: HttpClient, slept: list[float]) -> None:  # T02
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


def test_public_client_sends_no_authorization_header(http: HttpClient, slept: list[float]) -> None:  # T02
    with ScriptedServer(TOKEN) as server:
        endpoint(http, slept).request_token(form(server.url))

    assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize("head", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize("replayable", [True, False])
def test_request_that_was_refused_unread_is_sent_again(
    http: HttpClient, slept: list[float], head: str, replayable: bool
) -> None:  # T08
    with ScriptedServer(answer(head, b"", "Retry-After: 2"), TOKEN) as server:
        endpoint(http, slept).request_token(form(server.url, replayable=replayable))

    assert len(server.requests) == 2
    assert [2 <= one <= 2.5 for one in slept] == [True]


@pytest.mark.parametrize("head", ["502 x", "503 x", "504 x"])
@pytest.mark.parametrize(("replayable", "requests"), [(True, 3), (False, 1)])
def test_grant_that_may_have_been_processed_is_not_sent_twice(
    http: HttpClient, slept: list[float], head: str, replayable: bool, requests: int
) -> None:  # T08
    with ScriptedServer(answer(head)) as server:
        with pytest.raises(BadAnswer):
            endpoint(http, slept).request_token(form(server.url, replayable=replayable))

        assert requests == len(server.requests)


@pytest.mark.parametrize(("replayable", "requests"), [(True, 3), (False, 1)])
def test_lost_connection_is_tried_again_only_where_it_does_no_harm(
    http: HttpClient, slept: list[float], replayable: bool, requests: int
) -> None:  # T08, N08
    with ScriptedServer(LOST) as server:
        with pytest.raises(ConnectionLost):
            endpoint(http, slept).request_token(form(server.url, replayable=replayable))

        assert requests == len(server.requests)


def test_connection_lost_once_is_made_up_for(http: HttpClient, slept: list[float]) -> None:
    with ScriptedServer(LOST, TOKEN) as server:
        assert endpoint(http, slept).request_token(form(server.url)).expires_at > NOW


@pytest.mark.parametrize("asked", ["999999999", "100", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_pause_beyond_the_deadline_is_not_waited_for(http: HttpClient, slept: list[float], asked: str) -> None:  # T08
    with ScriptedServer(answer("429 x", b"", f"Retry-After: {asked}")) as server:
        with pytest.raises(NetworkError, match="too many requests"):
            endpoint(http, slept).request_token(form(server.url))

        assert (slept, len(server.requests)) == ([], 1)


@pytest.mark.parametrize("head", ["400 Bad Request", "401 Unauthorized", "500 Internal Server Error", "302 Found"])
def test_other_answers_are_final(http: HttpClient, slept: list[float], head: str) -> None:  # T08
    with ScriptedServer(answer(head, b"", "Location: http://127.0.0.1:9/")) as server:
        found = endpoint(http, slept).post(form(server.url))

        assert (int(head[:3]), 1) == (found.status, len(server.requests))


def test_refusal_is_told(http: HttpClient, slept: list[float]) -> None:  # T03
    with ScriptedServer(answer("400 x", b'{"error": "invalid_grant"}')) as server, pytest.raises(GrantRefused):
        endpoint(http, slept).request_token(form(server.url))


def test_answer_over_a_mebibyte_is_refused(http: HttpClient, slept: list[float]) -> None:  # N07, F12
    with (
        ScriptedServer(answer("200 OK", b" " * (1024 * 1024 + 1))) as server,
        pytest.raises(BadAnswer, match="1024 KiB"),
    ):
        endpoint(http, slept).request_token(form(server.url))


WEB = Client(client_id="acme", secret=Secret("made-up-secret"), client_auth=ClientAuth.BODY)


@pytest.mark.parametrize("status", ["200 OK", "204 No Content"])
def test_revocation_names_token_and_kind_and_is_done_at_200(
    http: HttpClient, slept: list[float], status: str
) -> None:  # T12
    with ScriptedServer(answer(status)) as server:
        revoke_token(
            endpoint(http, slept),
            url=f"{server.url}/revoke",
            client=WEB,
            token=Secret("made-up-token"),
            kind="refresh_token",
        )

    expected = b"token=made-up-token&token_type_hint=refresh_token&client_id=acme&client_secret=made-up-secret"
    assert expected == server.requests[0].partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("400 x", AuthError),
        ("401 x", AuthError),
        ("302 x", NetworkError),
        ("500 x", NetworkError),
        ("503 x", NetworkError),
    ],
)
def test_failed_revocation_says_that_the_token_may_still_live(
    http: HttpClient, slept: list[float], status: str, kind: type[Exception]
) -> None:  # T12
    with ScriptedServer(answer(status)) as server, pytest.raises(kind, match="may still be live"):
        revoke_token(
            endpoint(http, slept), url=server.url, client=WEB, token=Secret("made-up-token"), kind="access_token"
        )


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_public_document_is_read(http: HttpClient, bom: bytes) -> None:
    with ScriptedServer(answer("200 OK", bom + json.dumps({"a": "é"}).encode())) as server:
        found = fetch_document(http, f"{server.url}/doc", seconds=5)

    assert found == {"a": "é"}
    assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (answer("302 x", b"", "Location: http://127.0.0.1:9/"), "redirects"),
        (answer("404 x"), "status 404"),
        (answer("500 x"), "status 500"),
        (answer("200 OK", b"<html>", "Content-Type: text/html"), "text/html"),
        (answer("200 OK", b"[]"), "no content type"),
        (answer("200 OK", b"\xff"), "no JSON document"),
        (answer("200 OK", b"[" * 100000), "no JSON document"),
        (answer("200 OK", b"x", "Content-Type: text/\x1b[2J"), "no JSON document"),
    ],
)
def test_what_is_no_document_is_refused(http: HttpClient, raw: bytes, word: str) -> None:
    with ScriptedServer(raw) as server, pytest.raises(BadAnswer, match=word) as caught:
        fetch_document(http, f"{server.url}/doc?made-up-query", seconds=5)

    assert "made-up-query" not in caught.value.message
    assert caught.value.message.isprintable()
