"""A keyring that is locked, missing, stuck or dying: said in a few seconds, and nothing is lost or leaked."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from system.person import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from system.authorization_server import AuthorizationServer
    from system.egain_command import Egain, Ran
    from system.keyring_session import KeyringSession
    from system.person import Person

SECONDS = 6.0
"""The bound of one call of the keyring is 3 s; the rest is the start of a process on a busy machine."""
COMMANDS = ["token", "secret set", "secret delete", "-p person token", "-p person login"]


@pytest.fixture
def egain(egain: Egain, own_keyring: KeyringSession, server: AuthorizationServer) -> Egain:
    """The tool with a profile that has a client secret and one for a person, in a session that may be broken."""
    egain = egain.within({name: own_keyring.environ[name] for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")})
    server.add_profile(egain, "acme", "--flow", "client-credentials", "--client-auth", "basic", client_id="cc")
    options = ("--flow", "pkce", "--redirect-uri", "http://127.0.0.1/callback", "--scope", "openid")
    server.add_profile(egain, "person", *options, client_id="native")
    egain.do("secret", "set", stdin="cc-secret\n")
    return egain


@pytest.fixture
def refused(egain: Egain, person: Person) -> Callable[..., Ran]:
    """Run a command that needs the keyring: it must end soon, with 6, a hint, and nothing on stdout."""

    def run(line: str, *, code: str, tool: Egain = egain) -> Ran:
        begin = time.monotonic()
        ran = tool.within(person.acts()).run("--error-format", "json", *line.split(), stdin="cc-secret\n")
        took = time.monotonic() - begin

        assert (6, "", code) == (ran.status, ran.stdout, ran.error["code"]), ran.stderr
        assert "secret_store file" in ran.error["hint"]
        assert not person.came
        assert took < SECONDS
        return ran

    return run


@pytest.fixture
def without_bus(egain: Egain, tmp_path: Path) -> Egain:
    """The tool where there is no D-Bus session at all."""
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o700)
    return egain.within({"XDG_RUNTIME_DIR": str(empty)}, without=["DBUS_SESSION_BUS_ADDRESS"])


@pytest.fixture
def stopped(egain: Egain, own_keyring: KeyringSession) -> Iterator[None]:
    """Let the keyring take calls and never answer."""
    with own_keyring.stopped():
        yield


@pytest.mark.parametrize("line", COMMANDS)
def test_locked_keyring_is_told_with_a_way_on(
    refused: Callable[..., Ran], own_keyring: KeyringSession, server: AuthorizationServer, line: str
) -> None:
    own_keyring.lock()

    refused(line, code="keyring-locked")

    assert [] == server.requests()


@pytest.mark.parametrize("line", COMMANDS)
def test_missing_session_bus_is_told_as_a_missing_keyring(
    refused: Callable[..., Ran], without_bus: Egain, server: AuthorizationServer, line: str
) -> None:
    refused(line, code="keyring-missing", tool=without_bus)

    assert [] == server.requests()


@pytest.mark.parametrize("line", COMMANDS)
@pytest.mark.usefixtures("stopped")
def test_keyring_that_never_answers_is_given_up_and_the_process_ends(
    refused: Callable[..., Ran], server: AuthorizationServer, line: str
) -> None:
    refused(line, code="keyring-locked")

    assert [] == server.requests()


def test_keyring_that_dies_while_it_is_asked_is_told(
    egain: Egain, own_keyring: KeyringSession, server: AuthorizationServer
) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    daemon, before = own_keyring.daemon, own_keyring.connections()
    os.kill(daemon, signal.SIGSTOP)
    begin = time.monotonic()
    process = egain.start("token")
    # Its own connection, the one that looks, and the tool's.
    wait_until(lambda: len(own_keyring.connections() - before) > 1, what="the tool to be on the bus", seconds=20)
    os.kill(daemon, signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=60)
    took = time.monotonic() - begin

    assert (6, "") == (process.returncode, stdout), stderr
    assert stderr.startswith("error: ")
    assert "\n\nhint: " in stderr
    assert took < SECONDS
    assert [] == server.requests()


@pytest.mark.parametrize("line", COMMANDS)
def test_keyring_that_was_killed_before_is_told(
    egain: Egain, own_keyring: KeyringSession, server: AuthorizationServer, line: str
) -> None:
    own_keyring.kill()

    begin = time.monotonic()
    ran = egain.run("--error-format", "json", *line.split(), stdin="cc-secret\n")
    took = time.monotonic() - begin

    assert (6, "", 6) == (ran.status, ran.stdout, ran.error["exit"]), ran.stderr
    assert ran.error["hint"]
    assert took < SECONDS
    assert [] == server.requests()


def test_keyring_that_answers_again_still_has_the_secret(egain: Egain, own_keyring: KeyringSession) -> None:
    with own_keyring.stopped():
        meanwhile = egain.run("token")

    assert 6 == meanwhile.status
    assert egain.do("token")


def test_secret_of_the_environment_needs_no_keyring(
    egain: Egain, own_keyring: KeyringSession, without_bus: Egain
) -> None:
    own_keyring.lock()
    given = {"EGAIN_CLIENT_SECRET": "cc-secret"}

    locked = egain.within(given).run("token", "--no-store")
    missing = without_bus.within(given).run("token", "--no-store")

    assert [(0, ""), (0, "")] == [(ran.status, ran.stderr) for ran in (locked, missing)]


def test_plain_file_is_used_where_the_profile_says_so_and_never_else(without_bus: Egain) -> None:
    config, _ = without_bus.folders
    refused = without_bus.run("secret", "set", stdin="cc-secret\n")
    before = (config / "secrets").exists()

    without_bus.do("profile", "set", "acme", "secret_store", "file")
    without_bus.do("secret", "set", stdin="cc-secret\n")
    token = without_bus.run("token")
    files = [path for path in (config / "secrets").iterdir() if path.is_file()]

    assert (6, False) == (refused.status, before)
    assert 0 == token.status
    assert {0o600} == {path.stat().st_mode & 0o777 for path in files}


@pytest.mark.usefixtures("stopped")
def test_status_says_that_the_keyring_does_not_answer(egain: Egain) -> None:
    begin = time.monotonic()
    ran = egain.run("status")
    took = time.monotonic() - begin

    assert "keyring did not answer" in ran.stdout + ran.stderr
    assert took < SECONDS


@pytest.fixture
def signed_in(egain: Egain, server: AuthorizationServer, person: Person) -> Egain:
    """The tool with a person's login as well."""
    egain.within(person.acts()).do("-p", "person", "login")
    person.wait()
    server.forget_requests()
    return egain


def test_login_that_cannot_be_renewed_for_a_locked_keyring_survives_it(
    signed_in: Egain, own_keyring: KeyringSession, server: AuthorizationServer
) -> None:
    kept = own_keyring.refresh_token("person")
    own_keyring.lock()

    cached = signed_in.run("-p", "person", "token")
    forced = signed_in.run("--error-format", "json", "-p", "person", "token", "--force-refresh")
    own_keyring.unlock()
    afterwards = signed_in.run("-p", "person", "token", "--force-refresh")

    assert (0, 6, "", "keyring-locked") == (cached.status, forced.status, forced.stdout, forced.error["code"])
    assert (0, "") == (afterwards.status, afterwards.stderr)
    assert kept != own_keyring.refresh_token("person")
    assert [("refresh_token", 200)] == [(one.grant, one.status) for one in server.requests("/token")]


def test_logout_forgets_the_access_token_though_the_keyring_is_locked(
    signed_in: Egain, own_keyring: KeyringSession
) -> None:
    own_keyring.lock()
    begin = time.monotonic()

    ran = signed_in.run("--error-format", "json", "-p", "person", "logout")
    took = time.monotonic() - begin
    _, cache = signed_in.folders

    assert (6, "", "keyring-locked") == (ran.status, ran.stdout, ran.error["code"])
    assert [] == list((cache / "tokens").iterdir())
    assert took < SECONDS


def test_logout_forgets_the_access_token_though_the_keyring_never_answers(
    signed_in: Egain, own_keyring: KeyringSession
) -> None:
    with own_keyring.stopped():
        begin = time.monotonic()
        ran = signed_in.run("--error-format", "json", "-p", "person", "logout")
        took = time.monotonic() - begin
    _, cache = signed_in.folders

    assert (6, "", "keyring-locked") == (ran.status, ran.stdout, ran.error["code"])
    assert [] == list((cache / "tokens").iterdir())
    assert took < SECONDS
