"""Answers that never come, break off, or lead elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.call_world import run_call
from fakes.hostile_server import Answer, first_line_of
from fakes.world import World, api_answer

if TYPE_CHECKING:
    from fakes.process import LoadedProgram


@pytest.mark.parametrize(
    "location", [None, "https://evil.example/\x1b[31m\x9b31m\u202e", "http://[evil"], ids=["none", "hostile", "no url"]
)
def test_redirect_to_no_usable_place_is_told_and_draws_nothing(
    calling: World, program: LoadedProgram, location: str | None
) -> None:
    headers = () if location is None else (("Location", location.encode().decode("latin-1")),)
    calling.server.on("/things", Answer(status=302, headers=headers, body=b"moved"))

    done = program.run(calling.egain, "call", "POST", "/things", "-d", "{}")

    assert (done.status, done.out) == (7, "moved")
    assert done.err.replace("\n", "").isprintable()
    assert "redirects are not followed" in done.err
    assert first_line_of(calling.server.requests) == ["POST /things"]


@pytest.mark.parametrize("share", [0.25, 0.5, 0.99])
def test_connection_that_is_cut_half_way_is_a_network_failure(calling: World, share: float) -> None:
    whole = api_answer(b"x" * 1000)
    calling.server.on("/things", api_answer(b"x" * 1000, cut=int(len(whole.head()) + 1000 * share)))

    done = run_call(calling, "GET", "/things")

    assert done.status == 5
    assert set(done.out) <= {"x"}
    assert "was lost before the answer was complete" in done.err


def test_connection_that_is_cut_in_a_chunked_body_is_a_network_failure(calling: World) -> None:
    chunked = (("Transfer-Encoding", "chunked"),)
    whole = Answer(headers=chunked, body=b"5\r\nhello\r\n")
    calling.server.on(
        "/things", Answer(headers=chunked, body=b"5\r\nhello\r\n", cut=len(whole.head()) + len(whole.body))
    )

    assert run_call(calling, "GET", "/things").status == 5


def test_answer_that_hangs_is_given_up_at_the_time_out(calling: World) -> None:
    calling.server.on("/things", Answer(until=calling.server.closing))

    done = run_call(calling, "GET", "/things", "--timeout", "1")

    assert (done.status, done.out) == (5, "")
    assert done.seconds < 3


def test_answer_that_drips_is_given_up_at_the_time_out(calling: World) -> None:
    calling.server.on("/things", api_answer(b"x" * 4000, drip=0.05))

    done = run_call(calling, "GET", "/things", "--timeout", "1")

    assert done.status == 5
    assert done.seconds < 3


def test_server_that_is_not_there_is_a_network_failure(calling: World) -> None:
    calling.add_profile(flow="client-credentials", api_url="http://127.0.0.1:9")

    done = run_call(calling, "GET", "/things")

    assert (done.status, done.out) == (5, "")
