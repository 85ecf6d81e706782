"""``EgainAuth`` with the clients of requests and httpx2, each in a program of a user's own."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes.hostile_server import Answer, HostileServer, in_turn, token_answer
from fakes.world import CLIENT_SECRET, api_answer, cache_token

if TYPE_CHECKING:
    from fakes.hostile_server import Recorded
    from fakes.world import World

# Made before the library is imported, as a program may.
HEAD = """
import asyncio, io, json, os, sys, threading
from egain_auth_cli.auth import EgainAuth
from egain_auth_cli.errors import EgainError
one = EgainAuth(profile="acme")
API = one.api_url
"""
REQUESTS = """
import requests
session = requests.Session()
session.trust_env = False
session.auth = one
def send(url, body=None, **headers):
    return session.request("GET" if body is None else "POST", url, data=body, headers=headers, timeout=30).status_code
"""
HTTPX2 = """
import httpx2
client = httpx2.Client(auth=one, trust_env=False, follow_redirects=True)
def send(url, body=None, **headers):
    return client.request("GET" if body is None else "POST", url, content=body, headers=headers).status_code
"""
HTTPX2_ASYNC = """
import httpx2
async def send_soon(url, body=None, **headers):
    async with httpx2.AsyncClient(auth=one, trust_env=False, follow_redirects=True) as client:
        return (await client.request("GET" if body is None else "POST", url, content=body, headers=headers)).status_code
def send(*args, **headers):
    return asyncio.run(send_soon(*args, **headers))
"""
LIBRARIES = {"requests": REQUESTS, "httpx2": HTTPX2, "httpx2-async": HTTPX2_ASYNC}
each_library = pytest.mark.parametrize("library", LIBRARIES.values(), ids=LIBRARIES.keys())
UNAUTHORIZED = Answer(status=401, body=b"{}")


@pytest.fixture
def api(world: World) -> World:
    """A profile of client credentials, whose token endpoint gives one token after the other."""
    world.add_profile(flow="client-credentials")
    world.server.on("/token", in_turn(*[token_answer(f"at-{number}") for number in (1, 2, 3)]))
    world.server.on("/things", api_answer())
    return world


def told(world: World, library: str, body: str) -> Any:
    """What a program prints as JSON; it must say nothing else."""
    given: dict[str, str | None] = {"EGAIN_CLIENT_SECRET": CLIENT_SECRET, "ELSEWHERE": world.elsewhere.url}
    program = [sys.executable, "-c", f"{HEAD}\n{library}\n{body}\nprint(json.dumps(told))"]
    done = world.egain.start(program=program, piped=False, env=given).finish()
    assert (0, "") == (done.status, done.err)
    return json.loads(done.out)


def takes(bearer: str) -> Any:
    """An API that refuses every token but one."""

    def handler(request: Recorded) -> Answer:
        return api_answer() if request.header("Authorization") == [bearer] else UNAUTHORIZED

    return handler


def moved(url: str) -> Answer:
    return Answer(status=307, headers=(("Location", url),))


def bearers(requests: list[Recorded]) -> list[list[str]]:
    return [one.header("Authorization") for one in requests]


@each_library
def test_token_is_added_to_what_a_program_sends(api: World, library: str) -> None:
    assert [200, 200] == told(api, library, "told = [send(API + '/things', b'x', Mine='1') for _ in range(2)]")

    sent = api.server.to("/things")
    assert [["Bearer at-1"]] * 2 == bearers(sent)
    assert [("POST", b"x", ["1"])] * 2 == [(one.method, one.body, one.header("Mine")) for one in sent]
    assert 1 == len(api.server.to("/token"))


@each_library
def test_other_origin_is_refused_before_anything_is_sent(api: World, library: str) -> None:
    body = """
told = []
own = API.partition("//")[2]
for url in (os.environ["ELSEWHERE"], f"https://{own}", f"http://{own}@" + os.environ["ELSEWHERE"].partition("//")[2]):
    try:
        send(url + "/things")
    except EgainError as exc:
        told.append([exc.code, exc.message, bool(exc.hint)])
"""

    assert [["usage", f"the token is for `{api.server.url}` alone", True]] * 3 == told(api, library, body)
    assert ([], []) == (api.server.requests, api.elsewhere.requests)


@each_library
def test_refused_token_is_renewed_once_and_the_request_repeated_once(api: World, library: str) -> None:
    api.server.on("/things", in_turn(UNAUTHORIZED, api_answer(), UNAUTHORIZED, UNAUTHORIZED))

    assert [200, 401] == told(api, library, "told = [send(API + '/things', b'x') for _ in range(2)]")
    sent = api.server.to("/things")
    assert [["Bearer at-1"], ["Bearer at-2"], ["Bearer at-2"], ["Bearer at-3"]] == bearers(sent)
    assert {b"x"} == {one.body for one in sent}


@each_library
def test_stream_is_not_sent_twice(api: World, library: str) -> None:
    body = """
async def pieces():
    yield b"x"
told = send(API + "/things", pieces() if "send_soon" in globals() else iter([b"x"]))
"""
    api.server.on("/things", UNAUTHORIZED)

    assert 401 == told(api, library, body)
    assert 1 == len(api.server.to("/things"))


def test_file_is_sent_again_from_where_it_stood(api: World) -> None:
    api.server.on("/things", takes("Bearer at-2"))

    assert 200 == told(api, REQUESTS, "file = io.BytesIO(b'0123'); file.seek(2); told = send(API + '/things', file)")
    assert [b"23"] * 2 == [one.body for one in api.server.to("/things")]


@each_library
@pytest.mark.parametrize("answer", [api_answer(), UNAUTHORIZED], ids=["taken", "refused"])
def test_redirect_to_another_origin_carries_no_token(api: World, library: str, answer: Answer) -> None:
    with HostileServer() as other:
        other.on("/there", answer)
        api.server.on("/things", moved(f"{other.url.replace('127.0.0.1', 'localhost')}/there"))
        told(api, library, "told = send(API + '/things')")

    assert other.requests
    assert [] == [one for one in bearers(other.requests) if one]


def test_host_of_a_redirect_that_has_a_password_of_its_own_is_not_given_the_token(api: World) -> None:
    netrc = api.egain.home / "netrc"
    netrc.write_text("machine localhost login made-up password made-up\n")
    with HostileServer() as other:
        other.on("/there", UNAUTHORIZED)
        api.server.on("/things", moved(f"{other.url.replace('127.0.0.1', 'localhost')}/there"))
        body = f"os.environ['NETRC'] = {str(netrc)!r}; session.trust_env = True; told = send(API + '/things')"

        assert 401 == told(api, REQUESTS, body)

    ((given,),) = bearers(other.requests)
    assert given.startswith("Basic ")


def test_address_of_the_api_that_another_host_chose_is_not_given_the_token(api: World) -> None:
    with HostileServer() as other:
        other.on("/there", moved(f"{api.server.url}/back"))
        api.server.on("/things", moved(f"{other.url.replace('127.0.0.1', 'localhost')}/there"))
        api.server.on("/back", takes("Bearer at-2"))

        assert 401 == told(api, REQUESTS, "told = send(API + '/things')")

    assert [[]] == bearers(api.server.to("/back"))


@each_library
def test_redirect_within_the_api_is_followed_with_the_renewed_token(api: World, library: str) -> None:
    api.server.on(
        "/moved", lambda it: moved("/things") if it.header("Authorization") == ["Bearer at-2"] else UNAUTHORIZED
    )
    api.server.on("/things", takes("Bearer at-2"))

    assert 200 == told(api, library, "told = send(API + '/moved')")
    assert 2 == len(api.server.to("/token"))


THREADS = """
told = []
threads = [threading.Thread(target=lambda: told.append(send(API + "/things"))) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
TASKS = """
async def main():
    return await asyncio.gather(*[send_soon(API + "/things") for _ in range(8)])
told = asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("library", "body"), [(REQUESTS, THREADS), (HTTPX2, THREADS), (HTTPX2_ASYNC, TASKS)], ids=LIBRARIES.keys()
)
def test_requests_whose_token_is_refused_at_once_share_one_renewal(api: World, library: str, body: str) -> None:
    cache_token(api.egain, "at-0")
    api.server.on("/things", takes("Bearer at-1"))

    assert [200] * 8 == told(api, library, body)
    assert 1 == len(api.server.to("/token"))


def test_request_that_was_prepared_before_a_renewal_is_sent_with_the_new_token(api: World) -> None:
    api.server.on("/things", takes("Bearer at-2"))
    body = """
prepared = session.prepare_request(requests.Request("GET", API + "/things"))
answers = [session.send(prepared) for _ in range(2)]
told = [[answer.status_code, [[one.status_code, one.text] for one in answer.history]] for answer in answers]
"""

    assert [[200, [[401, "{}"]]]] * 2 == told(api, REQUESTS, body)
    assert 2 == len(api.server.to("/token"))


def test_options_of_the_first_try_are_those_of_the_second(api: World) -> None:
    """A proxy, above all: the repeat must not go past it."""
    api.server.on("/things", takes("Bearer at-2"))
    body = f"""
session.proxies = {{"http": {api.server.url!r}}}
told = send(API + "/things")
"""

    assert 200 == told(api, REQUESTS, body)
    assert [f"{api.server.url}/things"] * 2 == [one.target for one in api.server.to("/things")]


def test_request_of_httpx2_that_is_handed_over_gets_the_token(api: World) -> None:
    assert "Bearer at-1" == told(api, HTTPX2, "told = one(httpx2.Request('GET', API)).headers['Authorization']")


def test_library_that_is_not_used_is_not_loaded(api: World) -> None:
    body = "told = [type(one) is one.__class__, sorted({'requests', 'httpx2'} & set(sys.modules))]"

    assert [True, []] == told(api, "", body)
