"""Processes that are killed, or whose disk is full, at any point: nothing torn, nothing lost but what must be."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import tomllib
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer, Handler, Recorded, token_answer
from fakes.process import Fault, ended
from fakes.world import World, redirect_of, stored_refresh_token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakes.process import Egain, LoadedProgram, Running

MOST_POINTS = 80
"""More than any command has; a walk ends where the program gets through."""


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


def torn_files(egain: Egain) -> list[Path]:
    """Every file that a reader of its kind could not read.

    Temporary ones are nobody's to read, and those of the fast path say themselves whether they are whole.
    """
    torn = []
    for path in egain.files():
        try:
            if path.suffix == ".toml":
                tomllib.loads(path.read_text())
            elif path.suffix == ".renewal":
                json.loads(path.read_bytes().rstrip(b"\0") or b"{}")
            elif path.suffix != ".tmp" and path.parent.name != "fast":
                json.loads(path.read_bytes())
        except ValueError:
            torn.append(path)
    return torn


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


def start_over(world: World) -> None:
    """Bring profile, login and server back to where a walk begins."""
    for path in world.egain.files():
        path.unlink()
    world.rotate(current="rt-0", issued=[], reused=0, revoked=False)
    world.add_profile()
    world.sign_in()


def points(mode: str, folder: Path) -> Iterator[Fault]:
    """The write points of a command, one after the other, up to the first that is not reached."""
    for number in range(1, MOST_POINTS):
        fault = Fault(mode, number, folder / f"reached-{number}")
        yield fault
        if not fault.struck:
            return
    raise AssertionError(f"more than {MOST_POINTS} write points")


def test_killed_at_any_write_of_a_refresh_loses_only_what_must_be_lost(
    world: World, program: LoadedProgram, tmp_path: Path
) -> None:
    problems: dict[str, list[int]] = {
        "a file is torn": [],
        "a file can be read by others": [],
        "before the request the old refresh token must still do": [],
        "what was received is on the disk and must be adopted": [],
        "what is stored must be printed without another request": [],
    }
    lost, last = [], 0
    for fault in points("kill", tmp_path):
        last = fault.number
        start_over(world)
        dead = program.run(world.egain, "token", fault=fault)
        assert dead.status == (-signal.SIGKILL if fault.struck else 0), dead.err
        rotated = bool(world.tokens.issued)
        on_disk = any(b"rt-1" in path.read_bytes() for path in world.egain.files())
        private = all(path.stat().st_mode & 0o777 == 0o600 for path in world.egain.files())
        torn = torn_files(world.egain)
        done = program.run(world.egain, "token")
        wrong = (
            torn != [],
            not private,
            not rotated and done.shown != (0, "at-1\n", ""),
            on_disk and done.status != 0,
            on_disk and done.status == 0 and len(world.tokens.issued) != 1,
        )
        for kind, is_wrong in zip(problems, wrong, strict=True):
            problems[kind] += [fault.number] if is_wrong else []
        if rotated and not on_disk:
            lost.append(done.status)

    assert last > 12
    assert set(lost) <= {0, 4}
    assert problems == {kind: [] for kind in problems}


@pytest.mark.parametrize(
    "argv",
    [
        ("profile", "set", "acme", "domain_hint", "x.example"),
        ("secret", "set"),
        ("profile", "rename", "acme", "other"),
        ("profile", "remove", "acme"),
        ("logout",),
    ],
    ids=" ".join,
)
def test_full_disk_at_any_write_is_told_and_tears_nothing(
    world: World, program: LoadedProgram, tmp_path: Path, argv: tuple[str, ...]
) -> None:
    seen = []
    for fault in points("fail", tmp_path):
        start_over(world)
        done = program.run(world.egain, *argv, stdin=b"a secret\n", fault=fault)
        seen.append((done.status, done.out if done.status else "", "Traceback" in done.err, torn_files(world.egain)))

    assert seen[-1] == (0, "", False, [])
    assert [one for one in seen if one[1:] != ("", False, [])] == []
    assert {status for status, *_ in seen} <= {0, 3, 6}, seen


def test_full_disk_at_any_write_of_a_refresh_never_costs_the_login(
    world: World, program: LoadedProgram, tmp_path: Path
) -> None:
    problems: dict[str, list[int]] = {"badly told": [], "a file is torn": [], "the login is lost": []}
    for fault in points("fail", tmp_path):
        start_over(world)
        failed = program.run(world.egain, "token", fault=fault)
        told = failed.status == 0 or (failed.status == 6 and failed.out == "" and failed.err.startswith("error: "))
        problems["badly told"] += [] if told else [fault.number]
        problems["a file is torn"] += [fault.number] if torn_files(world.egain) else []
        done = program.run(world.egain, "token")
        problems["the login is lost"] += [] if (done.status, world.tokens.reused) == (0, 0) else [fault.number]

    assert problems == {kind: [] for kind in problems}


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


def test_kills_at_random_moments_tear_no_file_and_lose_no_profile(world: World, program: LoadedProgram) -> None:
    # 100 kills spread over the life of a renewal and of an edit
    chance = random.Random(20_240_901)
    world.give_tokens("at-1", expires_in=30, refresh_token="rt-next")
    world.sign_in()
    names = [f"p{number}" for number in range(4)]
    for name in names:
        world.add_profile(name)
    never = threading.Event()
    torn: list[object] = []
    killed = 0
    for number in range(100):
        edit = ("profile", "set", chance.choice(names), "domain_hint", f"h{number}.example")
        run = program.start(world.egain, edit if number % 2 else ("token",), stdin=b"", env={}, fault=None)
        never.wait(chance.uniform(0, 0.06))
        os.kill(run.pid, signal.SIGKILL)
        killed += run.finish().status == -signal.SIGKILL
        torn += torn_files(world.egain)
        kept = tomllib.loads(world.egain.config_file.read_text())["profiles"]
        torn += [name for name in ("acme", *names) if kept.get(name, {}).get("client_id") != "client-1"]

    done = world.egain.run("token")

    assert killed >= 30
    assert torn == []
    assert done.shown == (0, "at-1\n", done.err)
