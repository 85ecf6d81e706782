"""A refused token is renewed once, for all who wait for it, and the request repeated where its body allows it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer, HostileServer, Recorded, in_turn
from fakes.proxied import Proxied, proxied
from fakes.world import api_answer

from egain_auth_cli.errors import LoginRequired

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED = Answer(status=401, body=b'{"code":"401-104"}')
MIB = 1024 * 1024


@pytest.fixture
def proxy(server: HostileServer) -> Iterator[Proxied]:
    """A proxy whose API takes the renewed token alone."""
    server.on("/things", only_renewed)
    with proxied(server.url) as one:
        yield one


def only_renewed(request: Recorded) -> Answer:
    return REFUSED if request.header("authorization") == ["Bearer proxy-canary-0"] else api_answer(request.body)


@pytest.mark.parametrize("size", [0, 5, MIB])
def test_refused_request_is_repeated_with_its_body(proxy: Proxied, server: HostileServer, size: int) -> None:
    body = b"x" * size

    answer = proxy.ask("/things", method="POST", body=body)

    assert (answer.status, len(answer.body), proxy.tokens.renewals) == (200, size, 1)
    assert [request.body for request in server.requests] == [body, body]


def test_long_body_is_not_held_and_its_token_is_renewed_all_the_same(proxy: Proxied, server: HostileServer) -> None:
    body = b"x" * (MIB + 1)

    first, second = (proxy.ask("/things", method="POST", body=body) for _ in range(2))

    assert (first.status, first.body) == (401, '{"code":"401-104"}')
    assert (second.status, proxy.tokens.renewals) == (200, 1)
    assert [len(request.body) for request in server.requests] == [len(body)] * 2


def test_second_refusal_is_passed_on_and_costs_no_further_renewal(proxy: Proxied, server: HostileServer) -> None:
    server.on("/closed", REFUSED)

    answers = [proxy.ask("/closed") for _ in range(4)]

    assert [answer.status for answer in answers] == [401] * 4
    assert answers[0].body == '{"code":"401-104"}'
    assert (proxy.tokens.renewals, len(server.requests)) == (1, 5)


def test_token_that_was_taken_once_is_renewed_again_when_it_is_refused(proxy: Proxied, server: HostileServer) -> None:
    server.on("/other", in_turn(REFUSED, api_answer(), REFUSED, api_answer()))

    statuses = [proxy.ask("/other").status for _ in range(2)]

    assert (statuses, proxy.tokens.renewals) == ([200, 200], 2)


def test_token_that_is_taken_after_all_is_renewed_again_when_it_is_refused(
    proxy: Proxied, server: HostileServer
) -> None:
    server.on("/other", in_turn(REFUSED, REFUSED, api_answer(), REFUSED, api_answer()))

    statuses = [proxy.ask("/other").status for _ in range(3)]

    assert (statuses, proxy.tokens.renewals) == ([401, 200, 200], 2)


def test_connection_of_a_refused_request_serves_its_repetition(proxy: Proxied, server: HostileServer) -> None:
    proxy.ask("/things")

    assert (len(server.requests), server.connections) == (2, 1)


def test_many_refused_at_once_share_one_renewal(proxy: Proxied, server: HostileServer) -> None:
    together = threading.Barrier(8, timeout=20)

    def first_refused(request: Recorded) -> Answer:
        if request.header("authorization") == ["Bearer proxy-canary-0"]:
            together.wait()
            return REFUSED
        return api_answer()

    server.on("/things", first_refused)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: proxy.ask("/things"), range(8)))

    assert ([answer.status for answer in answers], proxy.tokens.renewals) == ([200] * 8, 1)


def test_refusal_is_passed_on_where_nothing_is_renewed_any_more(proxy: Proxied, server: HostileServer) -> None:
    proxy.tokens.renewed = lambda rejected: None  # type: ignore[method-assign]

    answer = proxy.ask("/things")

    assert (answer.status, answer.body, len(server.requests)) == (401, '{"code":"401-104"}', 1)
    assert proxy.warned == []


def test_refusal_is_passed_on_where_there_is_no_other_token(proxy: Proxied) -> None:
    proxy.tokens.lost = LoginRequired("nobody is signed in", hint="run `egain login --pkce`")

    answer = proxy.ask("/things")

    assert (answer.status, answer.body) == (401, '{"code":"401-104"}')
    assert [exc.hint for exc in proxy.warned] == ["run `egain login --pkce`"]
