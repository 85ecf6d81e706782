"""Renewals by the Python API: one for any number of requests, before the end, and none for a stranger."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes.hostile_server import Answer, HostileServer, in_turn, refusal, token_answer
from fakes.world import CLIENT_SECRET, api_answer, cache_token

if TYPE_CHECKING:
    from fakes.hostile_server import Recorded
    from fakes.world import World

HEAD = """
import asyncio, json, os, sys, threading
import httpx
from egain_auth_cli.auth import EgainAuth, access_token
from egain_auth_cli.errors import EgainError
one = EgainAuth(profile="acme")
"""
THREADS = """
with httpx.Client(base_url=one.api_url, auth=one, trust_env=False) as client:
    told = []
    threads = [threading.Thread(target=lambda: told.append(client.get("/things").status_code)) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""
TASKS = """
async def main():
    async with httpx.AsyncClient(base_url=one.api_url, auth=one, trust_env=False) as client:
        return [answer.status_code for answer in await asyncio.gather(*[client.get("/things") for _ in range(20)])]
told = asyncio.run(main())
"""
IN_A_ROW = """
with httpx.Client(base_url=one.api_url, auth=one, trust_env=False) as client:
    told = [client.get("/things").status_code for _ in range(3)]
"""


@pytest.fixture
def api(world: World) -> World:
    """A profile of client credentials, whose API takes the second token alone."""
    world.add_profile(flow="client-credentials")
    world.server.on("/token", in_turn(token_answer("at-1"), token_answer("at-2"), token_answer("at-3")))
    world.server.on("/things", takes("Bearer at-2"))
    return world


def takes(bearer: str) -> Any:
    """An API that refuses every token but one."""

    def handler(request: Recorded) -> Answer:
        return api_answer() if request.header("Authorization") == [bearer] else Answer(status=401)

    return handler


def told(world: World, body: str, **env: str) -> Any:
    """What a program prints as JSON; it must say nothing else."""
    given: dict[str, str | None] = {"EGAIN_CLIENT_SECRET": CLIENT_SECRET, **env}
    program = [sys.executable, "-c", f"{HEAD}\n{body}\nprint(json.dumps(told))"]
    done = world.egain.start(program=program, piped=False, env=given).finish()
    assert (0, "") == (done.status, done.err)
    return json.loads(done.out)


@pytest.mark.parametrize(("body", "count"), [(THREADS, 8), (TASKS, 20)], ids=["threads", "tasks"])
def test_requests_whose_token_is_refused_at_once_share_one_renewal(api: World, body: str, count: int) -> None:
    cache_token(api.egain, "at-1")
    api.server.on("/token", in_turn(token_answer("at-2"), token_answer("at-3")))

    assert [200] * count == told(api, body)
    assert 1 == len(api.server.to("/token"))


def test_token_is_renewed_before_it_ends(api: World) -> None:
    cache_token(api.egain, "at-1", left=30)
    api.server.on("/token", token_answer("at-2"))

    assert [200] * 3 == told(api, IN_A_ROW)
    assert ["Bearer at-2"] * 3 == [one.header("Authorization")[0] for one in api.server.to("/things")]
    assert 1 == len(api.server.to("/token"))


def test_redirect_to_another_origin_carries_no_token(api: World) -> None:
    with HostileServer() as other:
        other.on("/there", api_answer())
        api.server.on("/things", Answer(status=307, headers=(("Location", f"{other.url}/there"),)))
        body = """
with httpx.Client(base_url=one.api_url, auth=one, trust_env=False, follow_redirects=True) as client:
    told = client.get("/things").status_code
"""
        status = told(api, body)

    assert 200 == status
    assert [[]] == [one.header("Authorization") for one in other.requests]


@pytest.mark.parametrize(("kind", "code"), [("refused", "grant-refused"), ("broken", "bad-answer")])
def test_failure_of_the_token_endpoint_reaches_the_caller_typed_and_without_the_secret(
    api: World, kind: str, code: str
) -> None:
    api.server.on("/token", refusal("invalid_client", status=401) if kind == "refused" else Answer(body=b"<html>"))
    body = """
told = []
for call in (access_token, lambda: httpx.get(one.api_url + "/things", auth=one, trust_env=False)):
    try:
        call()
    except EgainError as exc:
        told.append([exc.code, bool(exc.hint), os.environ["EGAIN_CLIENT_SECRET"] in repr(exc) + exc.message])
"""

    assert [[code, True, False]] * 2 == told(api, body)
    assert [] == api.server.to("/things")


def test_profile_that_keeps_no_token_still_asks_for_one_alone(api: World) -> None:
    api.add_profile(flow="client-credentials", token_cache="none")
    api.server.on("/things", takes("Bearer at-1"))

    assert [200] * 3 == told(api, IN_A_ROW)
    assert 1 == len(api.server.to("/token"))
