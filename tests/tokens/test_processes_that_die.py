"""Processes that are killed, or whose disk is full, at any point: nothing torn, nothing lost but what must be."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer, Handler, Recorded, token_answer
from fakes.process import ended
from fakes.systems import NEEDS_POSIX
from fakes.world import World, redirect_of, stored_refresh_token

if TYPE_CHECKING:
    from fakes.process import Running

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)


class Killer:
    """Ends the process that is on the other side of the wire."""

    def __init__(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.number = number
        self._pid: int | None = None
        self._known = threading.Event()

    def aim(self, running: Running) -> None:
        self._pid = running.pid
        self._known.set()

    def strike(self) -> None:
        assert self._known.wait(30)
        assert self._pid is not None
        os.kill(self._pid, self.number)

    def strike_then(self, answer: Answer) -> Handler:
        """A handler that strikes before it answers."""

        def handler(_: Recorded) -> Answer:
            self.strike()
            return answer

        return handler


def kill_the_refresh(world: World, killer: Killer) -> None:
    running = world.egain.start("token", piped=False)
    killer.aim(running)
    assert running.finish().status == -signal.SIGKILL


def test_killed_before_the_request_was_read_costs_one_try(world: World) -> None:
    killer = Killer()
    tokens = world.rotate()
    world.sign_in()

    def strike_and_hang_up() -> None:
        killer.strike()
        raise ConnectionAbortedError

    world.server.on_connect = strike_and_hang_up
    kill_the_refresh(world, killer)
    world.server.on_connect = None
    sent = len(world.server.requests)

    done = world.egain.run("token")

    assert (sent, tokens.reused) == (0, 0)
    assert done.shown == (0, "at-1\n", "")


def test_killed_before_the_server_rotated_costs_one_try(world: World) -> None:
    killer = Killer()
    world.sign_in()
    world.server.on("/token", killer.strike_then(Answer(status=500)))
    kill_the_refresh(world, killer)
    tokens = world.rotate()

    done = world.egain.run("token")

    assert done.shown == (0, "at-1\n", "")
    assert [one.form["refresh_token"] for one in world.server.to("/token")] == ["rt-0", "rt-0"]
    assert tokens.reused == 0


def test_killed_after_the_server_rotated_asks_for_a_new_login_and_does_not_loop(world: World) -> None:
    # one of the two points where a login may be lost
    killer = Killer()
    world.rotate(after=killer.strike)
    world.sign_in()
    kill_the_refresh(world, killer)
    config = world.egain.config_file.read_bytes()

    next_runs = [world.egain.run("token", "--error-format", "json") for _ in range(2)]
    said = [json.loads(one.err)["error"]["code"] for one in next_runs]

    assert [(one.status, one.out) for one in next_runs] == [(4, ""), (4, "")]
    assert said == ["login-required", "login-required"]
    assert len(world.server.to("/token")) == 2
    assert world.egain.config_file.read_bytes() == config


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)]
)
def test_interrupted_after_the_server_rotated_keeps_the_login_and_then_ends(
    world: World, number: signal.Signals, status: int
) -> None:
    killer = Killer(number)
    tokens = world.rotate(after=killer.strike)
    world.sign_in()
    running = world.egain.start("token", piped=False)
    killer.aim(running)
    done = running.finish()
    kept = stored_refresh_token(world.egain)
    tokens.after = None

    again = world.egain.run("token", "--force-refresh")

    assert (done.status, done.out, kept) == (status, "", "rt-1")
    assert (again.status, again.out, tokens.reused) == (0, "at-2\n", 0)


def test_killed_after_the_server_rotated_goes_on_where_the_server_has_a_grace_time(world: World) -> None:
    killer = Killer()
    world.sign_in()
    world.server.on("/token", killer.strike_then(Answer(status=500)))
    kill_the_refresh(world, killer)
    world.give_tokens("at-grace", refresh_token="rt-grace")

    done = world.egain.run("token")

    assert done.shown == (0, "at-grace\n", "")


def test_disk_that_takes_no_byte_sends_no_refresh(world: World) -> None:
    world.rotate()
    world.sign_in()

    done = world.egain.run("token", under=["full-disk"])

    assert (done.status, done.out) == (6, "")
    assert world.server.requests == []
    assert stored_refresh_token(world.egain) == "rt-0"


def test_login_that_cannot_be_stored_is_refused_before_the_browser_opens(world: World) -> None:
    mark = world.egain.home / "opened"
    done = world.egain.run("login", under=["full-disk"], env={"BROWSER": f"touch {mark}"})

    assert (done.status, done.out) == (6, "")
    assert "response_type" not in done.err
    assert not mark.exists()


def test_killed_forced_login_leaves_the_former_one_working(world: World) -> None:
    # K of a login: nothing of the former is given up before the new one is there
    world.rotate()
    world.sign_in()
    with ended(world.egain.start("login", "--no-browser", "--force")) as login:
        login.read_error_until("paste the address")
        login.signal(signal.SIGKILL)
        login.child.wait(10)

    done = world.egain.run("token")

    assert done.shown == (0, "at-1\n", "")


def test_forced_login_killed_at_the_exchange_leaves_the_former_one_working(world: World) -> None:
    world.sign_in()
    killer = Killer()
    world.server.on("/token", killer.strike_then(token_answer("at-new", refresh_token="rt-new")))
    login = world.egain.start("login", "--no-browser", "--force")
    killer.aim(login)
    login.send(redirect_of(login.read_error_until("paste the address")).encode() + b"\n")
    status = login.finish().status
    world.rotate()

    done = world.egain.run("token")

    assert status == -signal.SIGKILL
    assert done.shown == (0, "at-1\n", "")
