"""Every command that goes out by a proxy says the same of it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from fakes.http_server import ScriptedServer, answer
from fakes.ports import free_port
from fakes.process import NOTHING
from fakes.world import CLIENT_SECRET, redirect_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.world import World

HOST = "https://api.acme.test"
SIGN_IN = "http://made-up-user:made-up-password@127.0.0.1"
GIVEN = {"EGAIN_ACCESS_TOKEN": "at-1", "EGAIN_API_URL": HOST}
"""For a call whose own request is the first to go out."""
PROGRAM = "from egain_auth_cli.auth import access_token; access_token(profile='acme', flow='client-credentials')"


@pytest.fixture
def proxy() -> Iterator[ScriptedServer]:
    """A proxy that lets nobody through."""
    with ScriptedServer(answer("403 Forbidden")) as one:
        yield one


@pytest.fixture
def behind(world: World, proxy: ScriptedServer) -> World:
    """A profile of hosts that a proxy stands before, and a login whose token has expired."""
    urls = {"authorization_url": f"{HOST}/authorize", "token_url": f"{HOST}/token", "revocation_url": f"{HOST}/revoke"}
    endpoints = {"user": urls, "client": {"token_url": f"{HOST}/token"}}
    world.add_profile(api_url=HOST, endpoints=endpoints)
    world.sign_in()
    world.egain.environ |= {"HTTPS_PROXY": f"{SIGN_IN}:{proxy.port}", "EGAIN_CLIENT_SECRET": CLIENT_SECRET}
    return world


@pytest.mark.parametrize(
    "command",
    [
        ("token",),
        ("token", "--client-credentials"),
        ("call", "GET", "/things"),
        ("call", "GET", "/things", "--paginate"),
        ("export", "sh"),
        ("exec", "--", "true"),
        ("profile", "discover", "other", HOST, "--client-id", "client-1"),
        ("logout",),
        ("doctor",),
        ("login", "--force", "--no-browser"),
        ("the Python API",),
    ],
    ids=" ".join,
)
def test_refusal_of_the_proxy_is_told_in_the_same_words(
    behind: World, proxy: ScriptedServer, command: tuple[str, ...]
) -> None:
    if command == ("the Python API",):
        running = behind.egain.start(program=[sys.executable, "-c", PROGRAM])
    else:
        running = behind.egain.start(*command, env=GIVEN if command[0] == "call" else NOTHING)
    if command[0] == "login":
        running.send(redirect_of(running.read_error_until("paste the address")).encode() + b"\n")
    done = running.finish()

    said = f"the proxy `127.0.0.1:{proxy.port}` of `HTTPS_PROXY` does not allow a connection to `{HOST}` (status 403)"
    shown = done.out + done.err
    assert done.status != 0 or command == ("logout",)
    assert said in shown
    assert "made-up" not in shown


@pytest.mark.parametrize(
    ("variables", "code", "says"),
    [
        ({"HTTPS_PROXY": "http://user:12#34@127.0.0.1:3128"}, 3, "the proxy in `HTTPS_PROXY` has a raw `#`"),
        ({"HTTPS_PROXY": None, "all_proxy": "socks5://127.0.0.1:1080"}, 3, "in `all_proxy` is a SOCKS proxy"),
        ({"SSL_CERT_DIR": "/nowhere/at/all"}, 3, "`SSL_CERT_DIR` names `/nowhere/at/all`"),
        ({"HTTPS_PROXY": "127.0.0.1:PORT"}, 5, "cannot connect to the proxy `127.0.0.1:PORT` of `HTTPS_PROXY`"),
    ],
)
def test_exit_status_says_whether_a_variable_or_the_network_is_at_fault(
    behind: World, variables: dict[str, str | None], code: int, says: str
) -> None:
    port = str(free_port())
    env = {name: value and value.replace("PORT", port) for name, value in variables.items()}

    done = behind.egain.run("--error-format", "json", "token", "--client-credentials", env=env)

    error = json.loads(done.err)["error"]
    assert (code, code, "") == (done.status, error["exit"], done.out)
    assert says.replace("PORT", port) in error["message"]


def test_doctor_names_the_proxy_of_each_host(behind: World, proxy: ScriptedServer) -> None:
    done = behind.egain.run("doctor", "--json", env={"NO_PROXY": "*.acme.test:8443"})

    found = {check["name"]: check["detail"] for check in json.loads(done.out)["checks"]}
    assert 2 == len(proxy.requests)
    for name in ("token-endpoint", "api"):
        assert found[name].startswith(f"the proxy `127.0.0.1:{proxy.port}` of `HTTPS_PROXY` ")
