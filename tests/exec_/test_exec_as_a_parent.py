"""``egain exec`` that stays its command's parent: the token's file, its renewal, signals and the terminal."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import sys
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from fakes.hostile_server import in_turn, token_answer
from fakes.process import INTERRUPT, OnTerminal, ended
from fakes.systems import NEEDS_POSIX, make_fifo
from fakes.world import cache_token

from egain_auth_cli.exec_ import parent as exec_parent

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.hostile_server import Answer, Recorded
    from fakes.process import Finished
    from fakes.world import World

TOKEN = "canary.made-up-token_1~A/B+C=="
SECRET = {"EGAIN_CLIENT_SECRET": "canary-secret-1"}
FILE = ("--refresh-file", "token")
PYTHON = (sys.executable, "-I", "-S", "-c")
"""A child that starts at once and is not measured."""

TELL_SIGNALS = """
import os, signal, sys
wanted = {signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT}
signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
print(f"{os.getpid()} was started by {os.getppid()}.", file=sys.stderr, flush=True)
while (number := signal.sigwait(wanted)) != signal.SIGTERM:
    print(f"got {number}.", file=sys.stderr, flush=True)
signal.pthread_sigmask(signal.SIG_UNBLOCK, wanted)
os.kill(os.getpid(), int(sys.argv[1]))
"""
"""Tells each signal that arrives until SIGTERM, then dies of another one."""


@pytest.fixture
def ready(world: World) -> World:
    """A profile whose flow needs nobody, and a token of it in the cache."""
    world.add_profile(flow="client-credentials")
    cache_token(world.egain, TOKEN)
    return world


def reported(done: Finished) -> Any:
    """What a child printed as JSON."""
    assert done.status == 0, done.err
    return json.loads(done.out)


def folder_of(world: World) -> set[str]:
    """What stands in the folder where the program ran."""
    return {path.name for path in world.egain.home.iterdir()} - {"config", "cache"}


# --- the token's file ---------------------------------------------------------------------------------------------


def test_file_is_there_and_private_before_the_command_starts_and_gone_after_it(ready: World) -> None:
    script = (
        "import json, os, stat; name = os.environ['EGAIN_ACCESS_TOKEN_FILE']; found = os.lstat(name);"
        "print(json.dumps([name, open(name).read(), stat.filemode(found.st_mode), os.environ['EGAIN_ACCESS_TOKEN']]))"
    )
    expected = [str(ready.egain.home / "token"), f"{TOKEN}\n", "-rw-------", TOKEN]

    done = ready.egain.run("exec", *FILE, "--", *PYTHON, script)

    assert expected == reported(done)
    assert set() == folder_of(ready)


def test_file_is_gone_and_the_status_is_the_command_s_when_it_fails(ready: World) -> None:
    done = ready.egain.run("exec", *FILE, "--", "sh", "-c", "cat token >&2; exit 9")

    assert (9, "", f"{TOKEN}\n") == done.shown
    assert set() == folder_of(ready)


def test_no_command_line_holds_the_token(ready: World) -> None:
    with ended(ready.egain.start("exec", *FILE, "--", "sh", "-c", "echo started >&2; read line")) as running:
        running.read_error_until("started")
        mine = Path(f"/proc/{running.pid}/cmdline").read_bytes()
        lines = b"".join(map(command_line, Path("/proc").glob("[0-9]*/cmdline")))
        running.send(b"go on\n")
        done = running.finish()

    assert 0 == done.status
    assert b"--refresh-file" in mine
    assert TOKEN.encode() not in lines


def command_line(path: Path) -> bytes:
    """The command line of a process, which may have ended meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


WATCH = """
import json, os, sys, time
end = time.monotonic() + 20
first = open("token")
seen = [os.fstat(first.fileno()).st_ino]
texts = [first.read()]
open("seen-1", "x").close()
while len(texts) < 3 and time.monotonic() < end:
    with open("token") as file:
        if os.fstat(file.fileno()).st_ino != seen[-1]:
            seen.append(os.fstat(file.fileno()).st_ino)
            texts.append(file.read())
            mode = os.fstat(file.fileno()).st_mode & 0o7777
            open(f"seen-{len(texts)}", "x").close()
    time.sleep(0.01)
first.seek(0)
print(json.dumps([texts, first.read(), oct(mode), os.environ["EGAIN_ACCESS_TOKEN"]]))
"""
"""Reads the file until it has been replaced twice, marking each reading; then the first one again by its handle."""


def test_file_is_replaced_whole_while_the_command_runs(world: World) -> None:
    world.add_profile(flow="client-credentials")
    given = count(1)

    def answer(_: Recorded) -> Answer:
        # The next token is held back until the command has read the one before it.
        number = next(given)
        before = world.egain.home / f"seen-{number - 1}"
        while number in {2, 3} and not before.exists() and not world.server.closing.wait(0.01):
            pass
        return token_answer(f"made-up-{number}", expires_in=1)

    world.server.on("/token", answer)
    texts = ["made-up-1\n", "made-up-2\n", "made-up-3\n"]

    done = world.egain.run("exec", *FILE, "--", *PYTHON, WATCH, env=SECRET)

    assert [texts, "made-up-1\n", "0o600", "made-up-1"] == reported(done)
    assert {"seen-1", "seen-2", "seen-3"} == folder_of(world)


def test_file_does_not_keep_a_token_past_its_end(world: World) -> None:
    world.add_profile(flow="client-credentials")
    world.give_tokens("made-up-new")
    cache_token(world.egain, "made-up-old", left=1)
    script = "for _ in $(seq 2000); do grep -q new token && break; sleep 0.01; done; cat token"

    done = world.egain.run("exec", "--min-valid", "0", *FILE, "--", "sh", "-c", script, env=SECRET)

    assert (0, "made-up-new\n") == done.shown[:2]


@pytest.mark.parametrize("kind", ["file", "link", "dangling link", "folder", "fifo"])
def test_what_is_there_already_is_refused_and_left_alone(ready: World, kind: str) -> None:
    home = ready.egain.home
    (home / "other").write_text("kept\n")
    made: dict[str, Callable[[], object]] = {
        "file": lambda: (home / "token").write_text("kept\n"),
        "link": lambda: (home / "token").symlink_to("other"),
        "dangling link": lambda: (home / "token").symlink_to("nowhere"),
        "folder": (home / "token").mkdir,
        "fifo": lambda: make_fifo(home / "token"),
    }
    made[kind]()
    before = (home / "token").lstat()

    done = ready.egain.run("exec", *FILE, "--", "touch", "started")

    after = (home / "token").lstat()
    assert (125, "") == done.shown[:2]
    assert "is there already" in done.err
    assert {"token", "other"} == folder_of(ready)
    assert "kept\n" == (home / "other").read_text()
    assert (before.st_ino, before.st_mode, before.st_mtime_ns) == (after.st_ino, after.st_mode, after.st_mtime_ns)


def test_file_that_cannot_be_made_starts_no_command(ready: World) -> None:
    done = ready.egain.run("exec", "--refresh-file", "no-folder/token", "--", "touch", "started")

    assert (125, "") == done.shown[:2]
    assert set() == folder_of(ready)


def test_file_is_gone_when_the_command_cannot_be_started(ready: World) -> None:
    path = ready.egain.home / "tool"
    path.write_text("#!/nowhere/at-all\n")
    path.chmod(0o700)

    done = ready.egain.run("exec", *FILE, "--", str(path))

    assert done.status in {126, 127}
    assert {"tool"} == folder_of(ready)


# --- signals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [signal.SIGTERM, signal.SIGKILL])
def test_signals_are_passed_on_and_the_one_that_ends_the_command_is_told(ready: World, last: signal.Signals) -> None:
    command = [*PYTHON, TELL_SIGNALS, str(int(last))]
    with ended(ready.egain.start("exec", *FILE, "--", *command)) as running:
        running.read_error_until(f" was started by {running.pid}.\n")
        for number in (signal.SIGHUP, signal.SIGUSR1):
            running.signal(number)
            running.read_error_until(f"got {int(number)}.")
        assert (ready.egain.home / "token").exists()
        running.signal(signal.SIGTERM)
        done = running.finish()

    assert (128 + last, "") == done.shown[:2]
    assert ["got 1.", "got 10."] == done.err.splitlines()[1:]
    assert set() == folder_of(ready)


def test_no_signal_is_lost_however_soon_it_follows_another(ready: World) -> None:
    # Whoever waits for the command in a system call must not miss what arrives just before the call.
    command = ("exec", "--watch-expiry", "--", *PYTHON, TELL_SIGNALS, str(int(signal.SIGTERM)))
    with ended(ready.egain.start(*command)) as running:
        running.read_error_until("started by")
        assert running.child.stderr is not None
        handle = running.child.stderr.fileno()
        for turn in range(400):
            running.signal(signal.SIGUSR2)
            end = time.perf_counter() + turn % 40 * 2e-6
            while time.perf_counter() < end:
                pass
            running.signal(signal.SIGUSR1)
            lost = not told(handle, b"got 10.", seconds=1)
            if lost:
                break
        running.signal(signal.SIGTERM)
        running.signal(signal.SIGWINCH)
        status = running.finish().status

    assert not lost, f"one of {turn + 1}"
    assert 128 + signal.SIGTERM == status


def told(handle: int, text: bytes, *, seconds: float) -> bool:
    """Whether a text comes within so many seconds."""
    seen = b""
    while text not in seen:
        if not select.select([handle], [], [], seconds)[0]:
            return False
        seen += os.read(handle, 4096)
    return True


@pytest.mark.parametrize("redirected", ["", "</dev/null", ">/dev/null", "</dev/null >/dev/null"])
def test_interrupt_key_reaches_the_command_once(ready: World, redirected: str) -> None:
    # We are stopped meanwhile, so that one which we pass on cannot melt into the terminal's own.
    egain = [sys.executable, "-m", "egain_auth_cli", "exec", "--refresh-file", str(ready.egain.home / "token"), "--"]
    line = ["/bin/sh", "-c", f'exec "$@" {redirected}', "sh", *egain, *PYTHON, TELL_SIGNALS, str(int(signal.SIGTERM))]
    with OnTerminal(line, ready.egain.with_env({})) as screen:
        pid = screen.pid
        child = int(screen.read_until(f" was started by {pid}.").split()[0])
        os.kill(pid, signal.SIGSTOP)
        screen.send(INTERRUPT)
        screen.read_until("got 2.")
        os.kill(pid, signal.SIGCONT)
        wait_until_asleep(pid)
        os.kill(child, signal.SIGTERM)
        done = screen.finish()

    assert 1 == done.out.count("got 2.")
    assert 128 + signal.SIGTERM == done.status
    assert set() == folder_of(ready)


@pytest.mark.parametrize(("foremost", "shares"), [(0, True), (1, False), (None, False)])
def test_only_the_foremost_group_of_a_terminal_is_sent_its_signals(
    monkeypatch: pytest.MonkeyPatch, foremost: int | None, shares: bool
) -> None:
    def group_of(_: int) -> int:
        if foremost is None:
            raise OSError
        return os.getpgrp() + foremost

    before = len(os.listdir("/dev/fd"))  # noqa: PTH208  names alone
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", lambda path, flags, real=os.open: real({"/dev/tty": os.devnull}[path], flags))
        patch.setattr(os, "tcgetpgrp", group_of)
        found = exec_parent._in_foreground()

    assert (found, len(os.listdir("/dev/fd"))) == (shares, before)  # noqa: PTH208


def test_process_without_a_terminal_shares_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", Mock(side_effect=OSError(errno.ENXIO, "no terminal")))
        found = exec_parent._in_foreground()

    assert not found


def wait_until_asleep(pid: int) -> None:
    """Wait until a process has taken every signal that it was sent, and has nothing to do."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        if found["State"].startswith("S") and not int(found["ShdPnd"], 16) | int(found["SigPnd"], 16):
            return
        time.sleep(0.01)
    raise AssertionError("the process did not go to sleep")


def test_interrupt_key_ends_a_command_that_does_not_mind_it(ready: World) -> None:
    with ready.egain.on_terminal("exec", *FILE, "--", "sh", "-c", "echo started; exec cat") as screen:
        screen.read_until("started")
        screen.send(INTERRUPT)
        done = screen.finish()

    assert 130 == done.status
    assert set() == folder_of(ready)


@pytest.mark.parametrize("status", [1, 2, 4, 125, 130])
def test_nothing_is_said_of_a_status_that_is_the_command_s_own(ready: World, status: int) -> None:
    assert (status, "", "") == ready.egain.run("exec", "--watch-expiry", "--", "sh", "-c", f"exit {status}").shown


# --- warnings -----------------------------------------------------------------------------------------------------


def test_end_of_the_token_is_told_while_the_command_runs(world: World) -> None:
    world.add_profile(flow="client-credentials")
    world.give_tokens(TOKEN, expires_in=1)
    with ended(world.egain.start("exec", "--watch-expiry", "--", "cat", env=SECRET)) as running:
        running.send(b"before\n")
        running.read_error_until("warning: the token of the running command is about to expire\n")
        running.send(b"after\n")
        done = running.finish()

    assert (0, "before\nafter\n") == done.shown[:2]
    assert 1 == done.err.count("about to expire")
    assert TOKEN not in done.err


def test_failed_renewal_is_told_and_the_command_goes_on(world: World) -> None:
    world.add_profile(flow="client-credentials")
    world.server.on("/token", in_turn(token_answer(TOKEN, expires_in=1), token_answer("with space")))
    with ended(world.egain.start("exec", *FILE, "--", "sh", "-c", "read line; cat token", env=SECRET)) as running:
        running.read_error_until("the token's file is not current")
        running.send(b"go on\n")
        done = running.finish()

    assert (0, f"{TOKEN}\n") == done.shown[:2]
    assert "with space" not in done.err
    assert set() == folder_of(world)


def test_name_with_wildcards_removes_no_other_program_s_file(ready: World) -> None:
    other = ready.egain.home / ".axe.0123456789ab.tmp"
    other.write_text("theirs")

    done = ready.egain.run("exec", "--refresh-file", str(ready.egain.home / "a*"), "--", "true")

    assert (done.status, other.read_text()) == (0, "theirs")
