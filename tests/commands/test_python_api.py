"""The Python API as a program of a user's own imports it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes.hostile_server import Answer, in_turn, token_answer
from fakes.world import CLIENT_SECRET, api_answer, cache_token

if TYPE_CHECKING:
    from fakes.hostile_server import Recorded
    from fakes.process import Finished
    from fakes.world import World

HEAD = """
import asyncio, json, sys, threading
from egain_auth_cli.auth import EgainAuth, access_token
from egain_auth_cli.errors import EgainError
import httpx

def auth():
    return EgainAuth(profile="acme", flow="client-credentials")
"""
TOLD = "print(json.dumps(told))"
UNAUTHORIZED = Answer(status=401, headers=(("Content-Type", "application/json"),), body=b"{}")


def run(world: World, body: str, **env: str) -> Finished:
    """Run a program; it ends by printing ``told``."""
    program = [sys.executable, "-c", f"{HEAD}\n{body}\n{TOLD}"]
    given = {"EGAIN_CLIENT_SECRET": CLIENT_SECRET, "API": world.server.url, "ELSEWHERE": world.elsewhere.url, **env}
    with_env: dict[str, str | None] = dict(given)
    return world.egain.start(program=program, piped=False, env=with_env).finish()


def told(world: World, body: str, **env: str) -> Any:
    done = run(world, body, **env)
    assert done.status == 0, done.err
    return json.loads(done.out)


@pytest.fixture
def api(world: World) -> World:
    """A profile of client credentials, and an API that takes any token."""
    world.add_profile(flow="client-credentials")
    world.give_tokens("at-1")
    world.server.on("/things", api_answer())
    return world


def bearers(requests: list[Recorded]) -> list[str]:
    return [one.header("Authorization")[0] for one in requests]


def test_importing_it_loads_no_command_line(api: World) -> None:
    heavy = told(api, "told = sorted({'typer', 'rich', 'click', 'tomlkit', 'keyring', 'flask'} & set(sys.modules))")

    assert [] == heavy


def test_token_is_a_text_from_the_cache_or_fresh(api: World) -> None:
    call = "access_token(profile='acme', flow='client-credentials')"
    first = told(api, f"told = [{call}, {call}]")
    cache_token(api.egain, "at-cached", flow=None)
    then = told(api, f"told = {call}")

    assert (["at-1", "at-1"], "at-cached", 1) == (first, then, len(api.server.to("/token")))


def test_client_sends_the_token_to_the_profile_s_api(api: World) -> None:
    body = """
one = auth()
with httpx.Client(base_url=one.api_url, auth=one, trust_env=False) as client:
    told = [client.get("/things").status_code, client.get("/things").json()]
"""
    shown = told(api, body)

    assert [200, {"portal": []}] == shown
    assert ["Bearer at-1"] * 2 == bearers(api.server.to("/things"))
    assert 1 == len(api.server.to("/token"))


@pytest.mark.parametrize("kind", ["client", "async client"])
def test_refused_token_is_renewed_once_and_the_request_repeated_once(api: World, kind: str) -> None:
    api.server.on("/token", in_turn(token_answer("at-1"), token_answer("at-2"), token_answer("at-3")))
    api.server.on("/things", in_turn(UNAUTHORIZED, api_answer(), UNAUTHORIZED, UNAUTHORIZED))
    bodies = {
        "client": """
one = auth()
with httpx.Client(base_url=one.api_url, auth=one, trust_env=False) as client:
    told = [client.post("/things", content=b"x").status_code for _ in range(2)]
""",
        "async client": """
async def main():
    one = auth()
    async with httpx.AsyncClient(base_url=one.api_url, auth=one, trust_env=False) as client:
        return [(await client.post("/things", content=b"x")).status_code for _ in range(2)]
told = asyncio.run(main())
""",
    }

    assert [200, 401] == told(api, bodies[kind])
    assert ["Bearer at-1", "Bearer at-2", "Bearer at-2", "Bearer at-3"] == bearers(api.server.to("/things"))


THREADS = """
one = auth()
client = httpx.Client(base_url=one.api_url, auth=one, trust_env=False)
told = []
threads = [threading.Thread(target=lambda: told.append(client.get("/things").status_code)) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
TASKS = """
async def main():
    one = auth()
    async with httpx.AsyncClient(base_url=one.api_url, auth=one, trust_env=False) as client:
        answers = await asyncio.gather(*[client.get("/things") for _ in range(20)])
    return [answer.status_code for answer in answers]
told = asyncio.run(main())
"""


@pytest.mark.parametrize(("body", "count"), [(THREADS, 8), (TASKS, 20)], ids=["threads", "tasks"])
def test_many_requests_at_once_share_one_token(api: World, body: str, count: int) -> None:
    assert [200] * count == told(api, body)
    assert ["Bearer at-1"] * count == bearers(api.server.to("/things"))
    assert 1 == len(api.server.to("/token"))


def test_other_origin_is_refused_before_anything_is_sent(api: World) -> None:
    body = """
import os
told = []
for url in (os.environ["ELSEWHERE"] + "/x", os.environ["API"].replace("http:", "https:") + "/x"):
    try:
        httpx.get(url, auth=auth(), trust_env=False)
    except EgainError as exc:
        told.append([exc.code, bool(exc.hint)])
"""

    assert [["usage", True]] * 2 == told(api, body)
    assert [] == api.server.to("/token")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("access_token(profile='gone')", "profile-missing"),
        ("access_token(profile='acme', flow='pkce')", "login-required"),
        ("access_token(profile='acme', flow='password')", "usage"),
        ("EgainAuth(profile='acme', actor='robot')", "usage"),
        ("access_token(profile='acme', flow='on-behalf-of')", "setting-missing"),
    ],
)
def test_error_says_what_to_do_next(api: World, call: str, code: str) -> None:
    body = f"""
try:
    {call}
except EgainError as exc:
    told = [exc.code, exc.message == str(exc), bool(exc.hint)]
"""

    assert [code, True, True] == told(api, body)


@pytest.mark.parametrize("scopes", ["'a.read'", "'a.read b.read'", "['a.read', 'b.read']"])
def test_scopes_are_one_text_or_several(api: World, scopes: str) -> None:
    told(api, f"told = access_token(flow='client-credentials', scopes={scopes})")
    (request,) = api.server.to("/token")

    assert request.form["scope"].split() == ["a.read", "b.read"][: 1 + ("b.read" in scopes)]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("on_behalf_of", "subject_username"),
        ("on_behalf_of_userid", "subject_userid"),
        ("on_behalf_of_email", "subject_email"),
    ],
)
def test_token_for_a_named_person(api: World, name: str, field: str) -> None:
    told(api, f"told = access_token({name}='alice')")
    (request,) = api.server.to("/token")

    assert (request.form["grant_type"], request.form[field]) == ("password", "alice")


def test_two_persons_are_refused(api: World) -> None:
    assert run(api, "told = access_token(on_behalf_of='a', on_behalf_of_email='b')").status == 1
    assert api.server.requests == []


def test_subject_token_is_asked_for_anew_with_each_token(api: World) -> None:
    api.add_profile(flows={"token-exchange": {"registration_id": "okta-1"}})
    api.server.on("/token", in_turn(token_answer("at-1"), token_answer("at-2")))
    api.server.on("/things", in_turn(UNAUTHORIZED, api_answer()))
    body = """
asked = []
def subject():
    asked.append(1)
    return f"a.b.{len(asked)}"
one = EgainAuth(flow="token-exchange", subject_token=subject)
with httpx.Client(base_url=one.api_url, auth=one, trust_env=False) as client:
    told = client.get("/things").status_code
plain = access_token(flow="token-exchange", subject_token="a.b.text")
"""
    api.server.on("/token", in_turn(token_answer("at-1"), token_answer("at-2"), token_answer("at-3")))

    assert told(api, body) == 200
    assert [one.form["subject_token"] for one in api.server.to("/token")] == ["a.b.1", "a.b.2", "a.b.text"]


def test_hint_stands_in_the_traceback(api: World) -> None:
    api.add_profile(flow="pkce")

    done = run(api, "told = access_token()")

    assert done.status == 1
    assert done.err.endswith("LoginRequired: nobody is signed in\nhint: run `egain login --pkce`\n")


@pytest.mark.parametrize("make", ["access_token()", "EgainAuth().api_url"])
def test_job_within_exec_acts_as_its_token_and_calls_its_api(api: World, make: str) -> None:
    given = {"EGAIN_ACCESS_TOKEN": "at-given", "EGAIN_API_URL": "https://given.example"}

    assert told(api, f"told = {make}", **given) in ("at-given", "https://given.example")
    assert told(api, "told = access_token(profile='acme')", **given) == "at-1"
    assert run(api, f"told = {make}", **given, EGAIN_TOKEN_EXPIRES_AT="1700000000").err.endswith(
        "or name a profile by `-p`, to use a token of a profile\n"
    )
