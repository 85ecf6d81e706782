"""Many processes with one credential: one renewal, no re-use, and nobody waits for the dead."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer, Recorded, token_answer
from fakes.process import ended
from fakes.rush import rush
from fakes.systems import NEEDS_POSIX
from fakes.world import CLIENT_SECRET, World, api_answer, cache_token, redirect_of, stored_refresh_token
from figures import amount

from egain_auth_cli.models.grants import Actor, Flow
from egain_auth_cli.stores.login_place import LoginPlace
from egain_auth_cli.stores.secret_store import login_item

if TYPE_CHECKING:
    from fakes.process import LoadedProgram
    from figures import Measured

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

KILLS = amount(5, 500)


@pytest.mark.parametrize("changes", [(), ("logout",), ("login",), ("rename",), ("login", "rename", "logout")])
def test_processes_that_meet_an_expired_login_renew_it_once_whatever_is_done_to_it(
    world: World, program: LoadedProgram, changes: tuple[str, ...]
) -> None:
    came = rush(world, program, 64, changes=changes, seed=len(changes))

    assert (came.refused, came.spent_twice) == ([], 0)
    # A rename drops the cached token, so that the next one renews; a login brings one of its own.
    assert came.refreshes <= 1 + ("rename" in changes)
    if not {"logout", "rename"} & set(changes):  # after which most are told, it depends on who comes first
        assert came.used == 64


@pytest.mark.figure("64 processes without the lock", "the control: it must fail")
def test_without_locks_the_same_ends_the_login(world: World, program: LoadedProgram, measured: Measured) -> None:
    # the control that must fail, or the test above proves nothing
    came = rush(world, program, 64, changes=(), seed=0, unlocked=True)

    measured(came.spent_twice, "logins ended")
    measured(len(came.refused), "failures")
    assert came.spent_twice > 0
    assert came.refused != []


def test_processes_that_miss_the_cache_ask_for_one_client_token(world: World) -> None:
    world.give_tokens()

    done = world.egain.many(16, "token", "--client-credentials", env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET})

    assert [one.shown for one in done] == [(0, "at-1\n", "")] * 16
    assert len(world.server.requests) == 1


def test_tokens_that_are_forced_at_once_are_fetched_once_each_round(world: World) -> None:
    # a token that another process has fetched meanwhile serves a forced refresh as well
    held = threading.Event()
    tokens = world.rotate(before=lambda: held.wait(30))
    world.sign_in(left=3000)
    started = [world.egain.start("token", "--force-refresh", piped=False) for _ in range(8)]
    world.server.wait_for(1)
    held.set()

    done = [one.finish() for one in started]

    assert {one.status for one in done} == {0}
    assert tokens.reused == 0
    assert len(tokens.issued) == len({one.out for one in done}) <= len(done)


def test_lock_is_shared_by_every_spelling_of_the_folders(world: World, tmp_path: Path) -> None:
    tokens = world.rotate()
    world.sign_in()
    folder = world.egain.home
    (tmp_path / "link").symlink_to(folder)
    spelled = [str(folder), f"{folder}/", f"{folder}/../{folder.name}", str(tmp_path / "link")]
    spelled_so = [
        {"HOME": home, "EGAIN_CONFIG_DIR": f"{home}/config", "EGAIN_CACHE_DIR": f"{home}/cache"} for home in spelled
    ]

    done = [one.finish() for one in [world.egain.start("token", piped=False, env=env) for env in spelled_so * 3]]

    assert [one.shown for one in done] == [(0, "at-1\n", "")] * 12
    assert (len(world.server.requests), tokens.reused) == (1, 0)


def test_killed_holder_frees_the_lock_at_once(world: World) -> None:
    world.server.on("/token", Answer(until=world.server.closing))
    with ended(
        world.egain.start("token", "--client-credentials", env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET})
    ) as holder:
        world.server.wait_for(1)
        waiting = [
            world.egain.start("token", "--client-credentials", env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET}, piped=False)
            for _ in range(3)
        ]
        world.give_tokens()
        locks = sorted((world.egain.cache / "locks").iterdir())
        holder.signal(signal.SIGKILL)
        done = [one.finish() for one in waiting]

    assert [one.shown for one in done] == [(0, "at-1\n", "")] * 3
    assert sorted((world.egain.cache / "locks").iterdir()) == locks
    assert len(world.server.requests) == 2


@pytest.mark.figure("a lock whose holder was killed", "500 of 500 next runs at once", most={"s at most": 1})
def test_next_run_after_a_killed_holder_gets_the_lock(world: World, program: LoadedProgram, measured: Measured) -> None:
    argv = ("token", "--client-credentials", "--force-refresh")
    slowest = 0.0
    for number in range(KILLS):
        over = threading.Event()
        world.server.on("/token", Answer(until=over))
        holder = program.start(
            world.egain, argv, stdin=None, env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET, "EGAIN_TIMEOUT": "30"}, fault=None
        )
        world.server.wait_for(2 * number + 1)
        holder.kill()
        killed = holder.finish().status
        over.set()
        world.give_tokens(f"at-{number}")

        done = world.client_token("--force-refresh")

        slowest = max(slowest, done.seconds)
        assert (killed, done.shown) == (-signal.SIGKILL, (0, f"at-{number}\n", ""))
    measured(KILLS, "kills")
    measured(slowest, "s at most")


def test_child_that_is_started_under_the_lock_does_not_keep_it(world: World) -> None:
    # the secret's command runs while the token's lock is held
    mark = world.egain.home / "started"
    script = world.egain.home / "secret-command"
    script.write_text(f"#!/bin/sh\n(exec sleep 60 >/dev/null 2>&1) & echo $! > {mark}\necho {CLIENT_SECRET}\n")
    script.chmod(0o700)
    world.add_profile(client_secret_command=[str(script)])
    world.server.on("/token", Answer(until=world.server.closing))
    with ended(world.egain.start("token", "--client-credentials")) as holder:
        world.server.wait_for(1)
        world.give_tokens()
        holder.signal(signal.SIGKILL)
        holder.child.wait(10)
        sleeping = int(mark.read_text())
        done = world.egain.run("token", "--client-credentials")
    os.kill(sleeping, signal.SIGKILL)

    assert done.shown == (0, "at-1\n", "")


def test_browser_does_not_keep_a_lock(world: World) -> None:
    # a browser that outlives the login
    browser = world.egain.home / "browser"
    mark = world.egain.home / "browser-is-up"
    browser.write_text(f"#!/bin/sh\necho $$ > {mark}\nexec sleep 60\n")
    browser.chmod(0o700)
    world.give_tokens()
    with world.egain.on_terminal("login", env={"BROWSER": str(browser)}) as login:
        shown = login.read_until("paste the address")
        login.send(redirect_of(shown.replace("\r\n", "\n")).encode() + b"\n")
        signed_in = login.finish()
    done = world.egain.run("token", "--force-refresh", env={"EGAIN_TIMEOUT": "5"})
    os.kill(int(mark.read_text()), signal.SIGKILL)

    assert signed_in.status == 0, signed_in.out
    assert done.status == 4
    assert done.seconds < 4


def test_waiters_stop_at_their_own_deadline_while_the_holder_waits_on_a_dead_server(world: World) -> None:
    world.server.on("/token", Answer(until=world.server.closing))
    with ended(
        world.egain.start("token", "--client-credentials", env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET})
    ) as holder:
        world.server.wait_for(1)
        waiting = [
            world.egain.start(
                "token",
                "--client-credentials",
                env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET, "EGAIN_TIMEOUT": "1"},
                piped=False,
            )
            for _ in range(8)
        ]
        done = [one.finish() for one in waiting]
        alive = holder.child.poll() is None

    assert alive
    assert [(one.status, one.out) for one in done] == [(5, "")] * 8
    assert all(
        one.err.startswith("error: another `egain` has been renewing this token for more than 1 s") for one in done
    )
    assert len(world.server.requests) == 1


def test_token_that_is_still_good_needs_no_lock(world: World) -> None:
    cache_token(world.egain, "at-good", left=600, flow=Flow.CLIENT_CREDENTIALS)
    world.server.on("/token", Answer(until=world.server.closing))
    argv = ("token", "--client-credentials", "--force-refresh")
    with ended(world.egain.start(*argv, env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET})):
        world.server.wait_for(1)
        done = world.client_token(env={"EGAIN_TIMEOUT": "1"})

    assert done.shown == (0, "at-good\n", "")


@pytest.mark.parametrize("flow", ["pkce", "client-credentials"])
def test_calls_that_meet_a_401_at_once_make_one_renewal(world: World, flow: str) -> None:
    count = 12
    gate = threading.Barrier(count)

    def api(request: Recorded) -> Answer:
        if request.header("Authorization") == ["Bearer at-0"]:
            gate.wait(60)
            return Answer(status=401)
        return api_answer(b"[]")

    world.server.on("/things", api)
    world.add_profile(flow=flow)
    tokens = world.rotate()
    if flow == "pkce":
        world.sign_in(left=3000)
    else:
        world.server.on("/token", token_answer("at-1"))
        cache_token(world.egain, "at-0")

    done = world.egain.many(count, "call", "GET", "/things", env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET})

    assert [(0, "[]", "")] * count == [one.shown for one in done]
    assert (len(world.server.to("/token")), tokens.reused) == (1, 0)
    assert len(world.server.to("/things")) == 2 * count


def test_renewal_stores_the_refresh_token_that_the_server_gave_last(world: World) -> None:
    tokens = world.rotate(expires_in=61)
    world.sign_in()
    world.egain.many(8, "token", "--min-valid", "3000", "--quiet")

    assert stored_refresh_token(world.egain) == tokens.current
    assert tokens.reused == 0


def test_profiles_renamed_to_one_name_at_once_lose_none(world: World) -> None:
    names = ["acme", "second", "third"]
    for name in names[1:]:
        world.add_profile(name)
    place = LoginPlace(lambda: world.egain.config_file.parent / "secrets")
    with place.hold(login_item("new", Flow.PKCE, Actor.USER), seconds=5):
        started = [world.egain.start("profile", "rename", name, "new", piped=False) for name in names]
        for one in started:
            wait_for_lock(one.pid)
    done = [one.finish() for one in started]
    left = tomllib.loads(world.egain.config_file.read_text())["profiles"]

    assert sorted(one.status for one in done) == [0, 3, 3]
    assert ("new" in left, len(left)) == (True, 3)


def test_profile_removed_while_a_login_waits_leaves_nothing_of_it(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    login = world.egain.start("login", "--no-browser")
    shown = login.read_error_until("paste the address")
    place = LoginPlace(lambda: world.egain.config_file.parent / "secrets")
    with place.hold(login_item("acme", Flow.AUTHORIZATION_CODE, Actor.CUSTOMER), seconds=5):
        removal = world.egain.start("profile", "remove", "acme", piped=False)
        wait_for_lock(removal.pid)
        login.send(redirect_of(shown).encode() + b"\n")
        world.server.wait_for(1)
    done = removal.finish(), login.finish()
    left = [path for path in world.egain.config_file.parent.rglob("acme*") if path.is_file()]

    assert (done[0].status, left) == (0, [])
    assert done[1].status in (0, 3)  # which of the two came first


def wait_for_lock(pid: int) -> None:
    """Wait until a process holds or waits for a lock."""
    end = time.monotonic() + 30
    while not any(".lock" in str(path) for path in _opened(pid)):
        assert time.monotonic() < end
        time.sleep(0.01)


def _opened(pid: int) -> list[Path]:
    with contextlib.suppress(OSError):
        return [path.readlink() for path in Path(f"/proc/{pid}/fd").iterdir()]
    return []
