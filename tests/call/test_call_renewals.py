"""A token that the API refuses: one renewal, one repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.call_world import run_call
from fakes.hostile_server import Answer, Recorded, in_turn, refusal, token_answer
from fakes.world import World, api_answer

if TYPE_CHECKING:
    from pathlib import Path


def test_401_is_met_by_one_renewal_and_one_repeat(calling: World) -> None:
    def guarded(request: Recorded) -> Answer:
        good = request.header("Authorization") == ["Bearer at-canary-1"]
        return api_answer(b"[1]") if good else Answer(status=401, body=b"no")

    calling.server.on("/things", guarded)
    done = run_call(calling, "PUT", "/things", "-d", "the body")

    assert done.shown == (0, "[1]", "")
    assert [one.body for one in calling.server.to("/things")] == [b"the body"] * 2
    assert len(calling.server.to("/token")) == 1


def test_401_of_the_try_after_a_cut_answer_is_met_by_a_renewal_too(calling: World, tmp_path: Path) -> None:
    whole = api_answer(b"[1]")
    answers = in_turn(api_answer(b"[1]", cut=len(whole.head()) + 1), Answer(status=401), whole)
    calling.server.on("/things", answers)

    done = run_call(calling, "GET", "/things", "-o", str(tmp_path / "file"))

    assert (done.status, (tmp_path / "file").read_bytes()) == (0, b"[1]")
    assert len(calling.server.to("/token")) == 1


def test_401_for_ever_is_asked_twice_and_ends_with_authentication(calling: World) -> None:
    calling.server.on("/things", Answer(status=401, body=b'{"code":"401-100"}'))

    done = run_call(calling, "GET", "/things")

    assert (done.status, done.out) == (4, '{"code":"401-100"}')
    assert len(calling.server.to("/things")) == 2
    assert len(calling.server.to("/token")) == 1


def test_401_with_a_renewal_that_is_refused_gives_the_body_and_ends(calling: World) -> None:
    calling.server.on("/things", Answer(status=401, body=b"no"))
    calling.server.on("/token", refusal("invalid_client", status=401))

    done = run_call(calling, "GET", "/things")

    assert (done.status, done.out) == (4, "no")
    assert len(calling.server.to("/things")) == 1


def test_missing_scope_is_an_api_error_and_no_renewal(calling: World) -> None:
    challenge = (("WWW-Authenticate", 'Bearer error="insufficient_scope", scope="knowledge.portalmgr.manage"'),)
    calling.server.on("/things", Answer(status=403, headers=challenge, body=b'{"code":"403-112"}'))

    done = run_call(calling, "GET", "/things")

    assert (done.status, done.out) == (7, '{"code":"403-112"}')
    assert calling.server.to("/token") == []


def test_fresh_token_is_fetched_for_a_call_and_kept(world: World) -> None:
    world.server.on("/token", token_answer("at-fresh"))
    world.server.on("/things", api_answer())
    for _ in range(2):
        world.egain.run("call", "GET", "/things", "--client-credentials", env={"EGAIN_CLIENT_SECRET": "s"})

    assert len(world.server.to("/token")) == 1
    assert [one.header("Authorization") for one in world.server.to("/things")] == [["Bearer at-fresh"]] * 2
