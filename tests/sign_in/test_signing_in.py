"""``egain login`` from end to end: a real authorization server, a program for the person, every way it ends."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import time
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer, refusal
from fakes.process import INTERRUPT, ended
from fakes.raw_http import connect
from fakes.world import (
    World,
    authorization_fields,
    cache_token,
    redirect_of,
    stored_refresh_token,
)
from figures import amount

if TYPE_CHECKING:
    from fakes.process import Egain, LoadedProgram
    from figures import Measured

    from egain_auth_cli.sandbox.server import SandboxServer

PORTALS = "/knowledge/portalmgr/v4/portals"
LOGINS = amount(2, 1000)
SANDBOX_SECRET = {"EGAIN_CLIENT_SECRET": "sandbox-secret"}


def script(world: World, text: str) -> str:
    """Make a program of a shell script."""
    path = world.egain.home / "browser"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(stat.S_IRWXU)
    return str(path)


def user_name(egain: Egain) -> str:
    answer = egain.run("call", "GET", f"{PORTALS}/user")
    assert answer.status == 0, answer.err
    return str(json.loads(answer.out)["firstName"]).lower()


def test_pkce_login_signs_a_person_in(egain: Egain, sandbox: SandboxServer) -> None:
    signed_in = egain.run("login", "--pkce")

    assert (signed_in.status, signed_in.out) == (0, "")
    assert "signed in as alice (profile sandbox), valid until " in signed_in.err
    assert "it is renewed by itself when `egain token` needs it" in signed_in.err
    assert user_name(egain) == "alice"


def test_login_with_a_secret_signs_a_person_in(egain: Egain, sandbox: SandboxServer) -> None:
    signed_in = egain.run("login", "--auth-code", env=SANDBOX_SECRET)
    token = egain.run("token", "--auth-code", env=SANDBOX_SECRET)

    assert (signed_in.status, signed_in.out) == (0, "")
    assert (token.status, token.err) == (0, "")
    assert token.out.count(".") == 2


def test_customer_signs_in_at_the_customer_s_endpoint(egain: Egain, sandbox: SandboxServer) -> None:
    signed_in = egain.run("login", "--pkce", "--actor", "customer", env={"EGAIN_SANDBOX_PERSON": "carol"})
    token = egain.run("token", "--pkce", "--actor", "customer")
    user = egain.run("token", "--pkce")

    assert (signed_in.status, signed_in.out) == (0, "")
    assert "signed in as carol (profile sandbox, customer), valid until " in signed_in.err
    assert (token.status, user.status) == (0, 4)


@pytest.mark.parametrize("change", [("rename", "sandbox", "other"), ("remove", "sandbox")])
def test_profile_that_is_renamed_or_removed_during_the_sign_in_leaves_no_orphan(
    egain: Egain, sandbox: SandboxServer, change: tuple[str, ...]
) -> None:
    browser = egain.home / "browser"
    program = f"{sys.executable} -m egain_auth_cli profile {' '.join(change)} >{egain.home}/said 2>&1"
    browser.write_text(f'#!/bin/sh\n{program}\nexec {egain.environ["BROWSER"].removesuffix("%s")} "$1"\n')
    browser.chmod(0o700)

    done = egain.run("login", "--pkce", env={"BROWSER": f"{browser} %s"})

    assert (done.status, done.out) == (3, "")
    assert "was renamed or removed meanwhile" in done.err
    assert [path for path in egain.files() if "login" in path.name or "tokens" in path.parts] == []


def test_denial_ends_with_authentication(egain: Egain, sandbox: SandboxServer) -> None:
    done = egain.run("login", "--error-format", "json", env={"EGAIN_SANDBOX_ACTION": "deny"})
    said = json.loads(done.err.splitlines()[-1])["error"]

    assert (done.status, done.out) == (4, "")
    assert (said["code"], said["oauth_error"], said["exit"]) == ("sign-in-refused", "access_denied", 4)


def test_nobody_who_signs_in_ends_with_a_code_of_its_own(world: World) -> None:
    with ended(world.egain.start("login", "--no-browser", "--timeout", "1", "--error-format", "json")) as login:
        done = login.finish()
    said = json.loads(done.err.splitlines()[-1])["error"]

    assert (done.status, done.out) == (4, "")
    assert (said["code"], said["message"]) == ("login-timed-out", "nobody signed in within 1 s")
    uri = redirect_of(done.err).partition("?")[0]
    assert f"where the page said that the redirect URI is not registered, add `{uri}` to the Redirect" in said["hint"]
    assert done.seconds < 60  # the usual wait is 300 s


def test_interrupt_from_the_keyboard_ends_the_login_and_leaves_nothing(world: World) -> None:
    before = world.egain.files()
    with world.egain.on_terminal("login", env={"BROWSER": "true"}) as terminal:
        terminal.read_until("paste the address")
        terminal.send(INTERRUPT)
        done = terminal.finish()

    assert done.status == 130
    assert done.out.replace("\r\n", "\n").endswith("error: interrupted\n")
    assert "Traceback" not in done.out
    assert world.egain.files() == before


@pytest.mark.parametrize("asks", [False, True])
def test_wait_is_shown_by_a_live_line_where_nobody_may_type(world: World, asks: bool) -> None:
    env = {"BROWSER": "true", "EGAIN_NO_INPUT": None if asks else "1"}
    with world.egain.on_terminal("login", "--timeout", "3", env=env) as terminal:
        shown = terminal.finish()

    assert (shown.status, "waiting for the browser …" in shown.out) == (4, not asks)


@pytest.mark.parametrize("times", [1, 2])
def test_interrupted_login_leaves_nothing_however_often_it_is_interrupted(world: World, times: int) -> None:
    before = world.egain.files()
    with ended(world.egain.start("login", "--no-browser")) as login:
        login.read_error_until("paste the address")
        for _ in range(times):
            login.signal(signal.SIGINT)
        done = login.finish()

    assert done.status in {130, -signal.SIGINT}  # a shell shows both as 130
    assert done.err.endswith("error: interrupted\n")
    assert "Traceback" not in done.err
    assert world.egain.files() == before


@pytest.mark.figure(
    "interrupted logins", "1,000 of 1,000 end within 500 ms and free the port", most={"ms at most": 500}
)
def test_interrupt_ends_the_login_and_frees_its_port(world: World, program: LoadedProgram, measured: Measured) -> None:
    before, slowest = world.egain.files(), 0.0
    for _ in range(LOGINS):
        login = program.start(world.egain, ("login", "--no-browser"), stdin=None, env={}, fault=None)
        try:
            shown = login.read_error_until("=S256")
        finally:
            begun = time.monotonic()
            os.kill(login.pid, signal.SIGINT)
            done = login.finish()
        slowest = max(slowest, time.monotonic() - begun)
        uri = authorization_fields(shown)["redirect_uri"]

        assert (done.status, done.err.endswith("error: interrupted\n"), "Traceback" in done.err) == (130, True, False)
        with pytest.raises(ConnectionRefusedError):
            connect(uri)
    measured(LOGINS, "logins")
    measured(1000 * slowest, "ms at most")
    assert world.egain.files() == before


def test_second_login_is_not_made_unless_it_is_forced(egain: Egain, sandbox: SandboxServer) -> None:
    egain.run("login")
    again = egain.run("login", env={"BROWSER": "false"})
    before = stored_refresh_token(egain)
    forced = egain.run("login", "--force")

    assert (again.status, again.out) == (0, "")
    assert "is signed in already; `egain login --pkce --force` signs in again" in again.err
    assert forced.status == 0, forced.err
    assert stored_refresh_token(egain) != before


def test_forced_login_that_fails_leaves_the_former_one(egain: Egain, sandbox: SandboxServer) -> None:
    egain.run("login")
    before = stored_refresh_token(egain)
    failed = egain.run("login", "--force", env={"EGAIN_SANDBOX_ACTION": "deny"})
    token = egain.run("token", "--force-refresh")

    assert failed.status == 4
    assert before is not None
    assert token.status == 0, token.err


@pytest.mark.parametrize("argv", [("--min-valid", "7200"), ("--force-refresh",)])
def test_token_that_lives_too_briefly_is_not_said_to_have_ended(world: World, argv: tuple[str, ...]) -> None:
    cache_token(world.egain, "at-1", left=3000)

    done = world.egain.run("token", *argv)

    assert (done.status, done.out) == (4, "")
    assert "ended" not in done.err
    assert "egain login --pkce --force" in done.err


def test_hint_for_a_token_in_its_last_minute_leads_to_a_new_token(world: World) -> None:
    cache_token(world.egain, "at-old", left=30)
    world.give_tokens("at-new")
    refused = world.egain.run("token")
    hint = refused.err.rpartition("run `egain ")[2].partition("`")[0]
    login = world.egain.start(*hint.split(), "--no-browser")
    shown = login.read_error_until("paste the address")
    login.send(redirect_of(shown).encode() + b"\n")

    assert refused.status == 4
    assert login.finish().status == 0
    assert world.egain.run("token").out == "at-new\n"


def test_login_for_a_flow_without_a_person_is_a_usage_error(world: World) -> None:
    world.add_profile(flow="client-credentials")

    done = world.egain.run("login")

    assert (done.status, done.out) == (2, "")
    assert "egain login --pkce" in done.err


def test_refresh_token_that_is_not_to_be_kept_is_said_and_written_nowhere(world: World) -> None:
    world.add_profile(secret_store="none")
    world.give_tokens("at-1", refresh_token="rt-canary")
    login = world.egain.start("login", "--no-browser")
    login.send(redirect_of(login.read_error_until("paste the address")).encode() + b"\n")
    done = login.finish()

    assert done.status == 0, done.err
    assert 'the refresh token is not kept (`secret_store = "none"`)' in done.err
    assert [path for path in world.egain.files() if b"rt-canary" in path.read_bytes()] == []


def test_scope_that_the_person_did_not_get_is_told(world: World) -> None:
    world.give_tokens(scope="knowledge.portalmgr.other", refresh_token="rt-1")
    login = world.egain.start("login", "--no-browser")
    login.send(redirect_of(login.read_error_until("paste the address")).encode() + b"\n")
    done = login.finish()

    assert done.status == 0
    assert "warning: the server did not grant `knowledge.portalmgr.read`" in done.err


@pytest.mark.parametrize("former", [False, True])
@pytest.mark.parametrize(("answer", "status"), [(Answer(status=500), 5), (refusal("invalid_grant"), 4)])
def test_exchange_that_fails_stores_nothing_and_leaves_a_former_login(
    world: World, answer: Answer, status: int, former: bool
) -> None:
    if former:
        world.sign_in()
    world.server.on("/token", answer)
    before = {path: path.read_bytes() for path in world.egain.files()}
    login = world.egain.start("login", "--no-browser", "--force")
    login.send(redirect_of(login.read_error_until("paste the address")).encode() + b"\n")
    done = login.finish()

    assert (done.status, done.out) == (status, "")
    assert {path: path.read_bytes() for path in world.egain.files()} == before
