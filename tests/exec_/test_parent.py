"""A command's parent: its status, its environment, its file and its signals, by a shell that this process starts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.systems import NEEDS_POSIX
from fakes.tokens import make_token

from egain_auth_cli.errors import StoreError
from egain_auth_cli.exec_ import parent as exec_parent
from egain_auth_cli.exec_.child import CommandNotFound, CommandNotRun, Job
from egain_auth_cli.exec_.parent import Parent

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from egain_auth_cli.errors import EgainError
    from egain_auth_cli.models.token import TokenSet

PASSED_ON = ("TERM", "HUP", "USR1", "USR2", "WINCH")
OF_THE_TERMINAL = ("INT", "QUIT")


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """This process stands every signal, and keeps its limits; how often they were to be lowered."""
    lowered: list[str] = []
    monkeypatch.setattr(exec_parent, "forbid_core_dumps", lambda: lowered.append("lowered"))
    monkeypatch.setattr(exec_parent, "_in_foreground", lambda: False)
    numbers = [signal.Signals[f"SIG{name}"] for name in (*PASSED_ON, *OF_THE_TERMINAL)]
    former = {number: signal.signal(number, lambda *_: None) for number in numbers}
    yield lowered
    for number, handler in former.items():
        signal.signal(number, handler)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where nothing is yet."""
    made = tmp_path / "folder"
    made.mkdir()
    return made


def run(
    script: str,
    *,
    file: Path | None = None,
    program: str = "/bin/sh",
    environment: dict[str, str] | None = None,
    token: TokenSet | None = None,
    renew: Callable[[float], TokenSet] = lambda _: pytest.fail("nothing is renewed"),
) -> int:
    """The status of a shell that runs a script."""
    job = Job(command=["sh", "-c", script], name="X", api_url=None, refresh_file=file)
    parent = Parent(renew, clock=FakeClock(), warn=pytest.fail)
    return parent.run(program, job, environment or {"PATH": os.environ["PATH"]}, token or make_token("made-up"))


@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 0", 0), ("exit 3", 3), ("kill -HUP $$", 129), ("kill -KILL $$", 137), ("kill -TERM $$", 143)],
)
def test_status_is_that_of_the_command(process: list[str], script: str, status: int) -> None:
    assert run(script) == status
    assert process == ["lowered"]


def test_command_has_the_environment_that_is_given_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "made-up")

    assert run('test "$GIVEN${OURS-none}" = "made-up none"', environment={"GIVEN": "made-up "}) == 0


def test_file_is_there_before_the_command_and_gone_after_it(folder: Path) -> None:
    assert run(f"test made-up = \"$(cat '{folder}/token')\"", file=folder / "token") == 0
    assert list(folder.iterdir()) == []


def test_file_that_is_there_already_is_left_alone_and_no_command_is_started(folder: Path) -> None:
    (folder / "token").write_text("theirs")

    with pytest.raises(StoreError, match="is there already") as caught:
        run(f"touch '{folder}/started'", file=folder / "token")

    assert "`--refresh-file`" in (caught.value.hint or "")
    assert [(one.name, one.read_text()) for one in folder.iterdir()] == [("token", "theirs")]


@pytest.mark.parametrize(
    ("program", "script", "error"), [("/nowhere/at-all", "", CommandNotFound), ("/bin/sh", "a\0b", CommandNotRun)]
)
def test_file_of_a_command_that_cannot_be_started_is_removed(
    folder: Path, program: str, script: str, error: type[EgainError]
) -> None:
    before = [signal.getsignal(one) for one in signal.valid_signals()]
    with pytest.raises(error):
        run(script, program=program, file=folder / "token")

    assert list(folder.iterdir()) == []
    assert [signal.getsignal(one) for one in signal.valid_signals()] == before


def test_file_that_cannot_be_written_is_one_of_our_errors(folder: Path) -> None:
    with pytest.raises(StoreError, match="token"):
        run("exit 0", file=folder / "none" / "token")


@pytest.mark.parametrize("then", ["true", "mkdir"])
def test_file_that_the_command_takes_away_is_no_failure(folder: Path, then: str) -> None:
    assert run(f"rm '{folder}/token'; {then} '{folder}/token'", file=folder / "token") == 0


def test_nothing_is_left_open_and_who_was_woken_by_signals_is_again() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    former = signal.set_wakeup_fd(writing)
    before = os.listdir("/dev/fd")  # noqa: PTH208  names alone
    run("exit 0")
    found = signal.set_wakeup_fd(former)

    assert (found, os.listdir("/dev/fd")) == (writing, before)  # noqa: PTH208
    os.close(reading)
    os.close(writing)


def sends(*names: str) -> str:
    """A script that sends its parent signals, and whose status is the number of the one that comes back."""
    traps = "; ".join(f"trap 'exit {int(signal.Signals[f'SIG{name}'])}' {name}" for name in names)
    return f"{traps}; {'; '.join(f'kill -{name} $PPID' for name in names)}; for _ in $(seq 200); do sleep 0.05; done"


@pytest.mark.parametrize("name", [*PASSED_ON, *OF_THE_TERMINAL])
def test_signal_is_passed_on(name: str) -> None:
    assert run(sends(name)) == signal.Signals[f"SIG{name}"]


@pytest.mark.parametrize("name", OF_THE_TERMINAL)
def test_signal_that_the_terminal_sends_the_command_too_is_not(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(exec_parent, "_in_foreground", lambda: True)

    assert run(sends(name, "USR1")) == signal.SIGUSR1


def test_signal_before_the_start_is_kept_for_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def popen(*args: object, real: Callable[..., object] = subprocess.Popen, **keywords: object) -> object:
        signal.raise_signal(signal.SIGUSR1)
        return real(*args, **keywords)

    monkeypatch.setattr(subprocess, "Popen", popen)

    assert run("sleep 10") == 128 + signal.SIGUSR1


def test_signal_that_is_ignored_is_ignored_by_the_command_too() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    assert run("kill -HUP $PPID; kill -HUP $$; exit 3") == 3


def test_signal_after_the_command_s_end_is_none_s(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(subprocess.Popen, "send_signal", gone)

    assert run("kill -USR1 $PPID; exit 3") == 3


def test_renewal_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    before, goes_on = set(threading.enumerate()), threading.Event()

    def renew(_: float) -> TokenSet:
        (tmp_path / "asked").touch()
        goes_on.wait(30)
        return make_token("made-up-late")

    script = f"while ! test -e '{tmp_path}/asked'; do sleep 0.01; done"
    status = run(script, file=tmp_path / "token", token=make_token(lives=0), renew=renew)
    left = set(threading.enumerate()) - before
    goes_on.set()
    for one in left:
        one.join(30)

    assert (status, [one.daemon for one in left]) == (0, [True])
    assert not (tmp_path / "token").exists()
