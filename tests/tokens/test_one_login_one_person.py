"""After somebody else has signed in, or out, nothing acts as the former person: in no cache, for no scopes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from fakes import shared_keyring

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.process import Egain

    from egain_auth_cli.sandbox.server import SandboxServer

pytestmark = pytest.mark.usefixtures("sandbox")
NARROW = ("--scope", "knowledge.portalmgr.read")
GONE = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
WHO = ("call", "GET", "/knowledge/portalmgr/v4/portals/user", "--filter", "firstName")


def sign_in(egain: Egain, person: str, *options: str) -> str:
    done = egain.run("login", *options, env={"EGAIN_SANDBOX_PERSON": person})
    assert done.status == 0, done.err
    return done.err


def keep_in(egain: Egain, folder: Path, *, secret_store: str, token_cache: str) -> None:
    egain.environ |= shared_keyring.environment(folder / "keyring.json")
    for key, value in (("secret_store", secret_store), ("token_cache", token_cache)):
        assert egain.run("profile", "set", "sandbox", key, value).status == 0


@pytest.mark.parametrize(
    ("secret_store", "token_cache"),
    [("file", "file"), ("keyring", "file"), ("keyring", "keyring"), ("file", "keyring"), ("none", "file")],
)
def test_everything_acts_as_the_person_who_signed_in_last(
    egain: Egain, tmp_path: Path, secret_store: str, token_cache: str
) -> None:
    keep_in(egain, tmp_path, secret_store=secret_store, token_cache=token_cache)
    if secret_store == "none":  # without a refresh token, each set of scopes needs a login of its own
        sign_in(egain, "alice", *NARROW)
        narrow = egain.run("token", *NARROW).out
        sign_in(egain, "alice", "--force")
    else:
        sign_in(egain, "alice")
        narrow = egain.run("token", *NARROW).out
    alices = {egain.run("token").out, egain.run("token").out, narrow}
    before = egain.run(*WHO).out
    sign_in(egain, "bob", "--force")

    done = [egain.run(*argv) for argv in (WHO, (*WHO, *NARROW), ("token",), ("token", *NARROW), ("token",))]

    as_bob = [one.out for one in done]
    assert before == "Alice\n"
    if secret_store == "none":
        assert (as_bob[0], as_bob[1], done[1].status) == ("Bob\n", "", 4)
    else:
        assert (as_bob[0], as_bob[1], [one.status for one in done]) == ("Bob\n", "Bob\n", [0] * 5)
    assert alices.isdisjoint(as_bob[2:])


@pytest.mark.parametrize("secret_store", ["file", "keyring"])
def test_shell_with_a_cache_of_its_own_follows_the_login_too(egain: Egain, tmp_path: Path, secret_store: str) -> None:
    keep_in(egain, tmp_path, secret_store=secret_store, token_cache="file")
    other = {"EGAIN_CACHE_DIR": str(tmp_path / "other-cache")}
    sign_in(egain, "alice")
    alices = [egain.run("token", env=other).out for _ in range(2)]
    before = egain.run(*WHO, env=other).out
    sign_in(egain, "bob", "--force")
    after = egain.run(*WHO, env=other).out
    token = egain.run("token", env=other).out
    egain.run("logout")

    done = egain.run("token", env=other)

    assert (before, after) == ("Alice\n", "Bob\n")
    assert token not in alices
    assert (done.status, done.out) == (4, "")


def test_login_that_loses_its_mark_is_renewed_under_its_own_person(egain: Egain, sandbox: SandboxServer) -> None:
    sign_in(egain, "alice")
    (mark,) = egain.home.rglob("*.login")
    kept = mark.read_bytes()
    mark.write_bytes(b"{")

    done = egain.run(*WHO)

    assert done.shown == (0, "Alice\n", "")
    assert mark.read_bytes() == kept


def test_profile_list_and_status_say_who_signed_in(egain: Egain) -> None:
    before = json.loads(egain.run("profile", "list", "--json").out)["profiles"][0]["logins"]
    said = sign_in(egain, "alice")
    table = egain.run("profile", "list").out
    listed = json.loads(egain.run("profile", "list", "--json").out)["profiles"][0]["logins"]
    status = egain.run("status").out
    egain.run("profile", "rename", "sandbox", "other")
    renamed = egain.run("profile", "list").out
    egain.run("logout")
    after = egain.run("profile", "list").out

    assert ("alice" in said, "alice" in table, "alice" in renamed, "alice" in after) == (True, True, True, False)
    assert "alice" in status
    assert (before, listed) == ([], [{"flow": "pkce", "actor": "user", "person": "alice"}])


@pytest.mark.parametrize("then", ["somebody else", "nobody"])
@pytest.mark.parametrize("secret_store", ["file", "keyring"])
def test_login_that_stayed_in_a_store_does_not_come_back_after_another(
    egain: Egain, tmp_path: Path, secret_store: str, then: str
) -> None:
    keep_in(egain, tmp_path, secret_store=secret_store, token_cache="file")
    sign_in(egain, "alice")
    egain.run("profile", "set", "sandbox", "secret_store", "none")
    if then == "nobody":
        egain.run("logout")
    else:
        sign_in(egain, "bob", "--force")
    egain.run("profile", "set", "sandbox", "secret_store", secret_store)
    acted = egain.run(*WHO)

    done = egain.run("token", "--force-refresh")

    assert acted.out == ("" if then == "nobody" else "Bob\n")
    assert (done.status, done.out) == (4, "")


@pytest.mark.parametrize("secret_store", ["file", "keyring"])
def test_login_that_stayed_in_a_store_is_there_again(egain: Egain, tmp_path: Path, secret_store: str) -> None:
    keep_in(egain, tmp_path, secret_store=secret_store, token_cache="file")
    sign_in(egain, "alice")
    for store in ("none", secret_store):
        egain.run("profile", "set", "sandbox", "secret_store", store)

    assert egain.run("token", "--force-refresh").status == 0
    assert egain.run(*WHO).out == "Alice\n"


def test_shell_with_a_cache_of_its_own_follows_a_login_that_is_not_stored(egain: Egain, tmp_path: Path) -> None:
    keep_in(egain, tmp_path, secret_store="none", token_cache="file")
    other = {"EGAIN_CACHE_DIR": str(tmp_path / "other-cache")}
    done = egain.run("login", env={"EGAIN_SANDBOX_PERSON": "alice", **other})
    before = egain.run(*WHO, env=other).out
    sign_in(egain, "bob", "--force")

    after = [egain.run(*argv, env=other) for argv in (WHO, ("token",))]

    assert (done.status, before) == (0, "Alice\n")
    assert [(one.status, one.out) for one in after] == [(4, "")] * 2


@pytest.mark.parametrize(
    "argv", [("logout",), ("profile", "remove", "sandbox"), ("profile", "rename", "sandbox", "other")], ids=" ".join
)
def test_login_in_a_keyring_that_is_not_to_be_had_is_not_said_to_be_gone(
    egain: Egain, tmp_path: Path, argv: tuple[str, ...]
) -> None:
    # over ssh, or by cron, where the person's session has one
    keep_in(egain, tmp_path, secret_store="keyring", token_cache="file")
    sign_in(egain, "alice")
    token = egain.run("token").out

    done = [egain.run(*argv, env=GONE) for _ in range(2)]

    assert [(one.status, one.out) for one in done] == [(6, "")] * 2
    assert "keyring" in done[0].err
    if argv == ("logout",):
        assert egain.run("token", env=GONE).out != token
    assert egain.run("profile", "list", "--json").out.count('"sandbox"') == 2  # as a profile, and as the default
    assert egain.run(*argv).status == 0


LONG_RUN = """
import sys, httpx
from egain_auth_cli.auth import EgainAuth
from egain_auth_cli.errors import EgainError
auth = EgainAuth()
with httpx.Client(base_url=auth.api_url, auth=auth, headers={"Accept-Language": "en-US"}) as client:
    for line in sys.stdin:
        try:
            print(client.get("/knowledge/portalmgr/v4/portals/user").json()["firstName"], flush=True)
        except EgainError as exc:
            print(exc.code, flush=True)
"""


def test_program_that_runs_on_follows_the_login(egain: Egain) -> None:
    sign_in(egain, "alice")
    running = egain.start(program=[sys.executable, "-c", LONG_RUN])
    out = running.child.stdout
    assert out is not None

    def asked() -> str:
        running.send(b"\n")
        return out.readline().decode().strip()

    names = [asked(), asked()]
    sign_in(egain, "bob", "--force")
    names.append(asked())
    egain.run("logout")
    names += [asked(), asked()]
    running.finish()

    assert names == ["Alice", "Alice", "Bob", "login-required", "login-required"]
