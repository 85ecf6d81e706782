"""`make demo` as whoever runs it sees it: on a terminal, in a pipe, and when it is stopped."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.process import INTERRUPT, OnTerminal
from fakes.screen import shown_lines
from fakes.systems import NEEDS_LINUX, NEEDS_POSIX
from rich.cells import cell_len

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

DEMO = [sys.executable, str(Path(__file__).parent / "demo.py")]
COLOURED = "\x1b[1m1. A profile\x1b[0m"


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the demo puts its files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def environ(temporary: Path, **changes: str | None) -> dict[str, str]:
    merged = {**os.environ, "TMPDIR": str(temporary), "TERM": "xterm-256color", **changes}
    return {name: value for name, value in merged.items() if value is not None}


def in_a_pipe(given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(DEMO, env=given, capture_output=True, text=True, timeout=100, check=False)


def sandboxes(temporary: Path) -> list[str]:
    """Those that still run and were started with this folder for their files."""
    if sys.platform != "linux":
        pytest.skip(NEEDS_LINUX)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"\0sandbox\0" in (process / "cmdline").read_bytes():
                found += [process.name] * (bytes(temporary) in (process / "environ").read_bytes())
    return found


def test_in_a_pipe_it_does_the_main_job_in_80_columns_and_shows_no_token_whole(temporary: Path) -> None:
    done = in_a_pipe(environ(temporary, NO_COLOR=None))
    lines = done.stdout.splitlines()

    assert (done.returncode, done.stderr) == (0, "")
    assert "The demo did what it should" in done.stdout
    assert [line for line in lines if cell_len(line) > 80] == []
    assert "\x1b" not in done.stdout
    assert done.stdout.count(" more characters)") == 2
    assert [len(word) for word in re.findall(r"eyJ[\w.-]*…?", done.stdout)] == [21, 21]
    for command in ("profile add", "secret set", "token --client-credentials", "login --pkce", "call GET", "export sh"):
        assert f"\n$ egain {command}" in done.stdout
    assert list(temporary.iterdir()) == []
    assert not Path(os.environ["EGAIN_CONFIG_DIR"]).exists()


def test_it_fails_where_a_step_does_not_do_what_it_should(temporary: Path) -> None:
    done = in_a_pipe(environ(temporary, EGAIN_SANDBOX_ACTION="deny"))

    assert done.returncode == 1
    assert done.stdout.endswith("\nThe demo FAILED: `egain login --pkce` ended with 4\n")
    assert list(temporary.iterdir()) == []


def test_it_ends_at_once_where_nobody_reads_on(temporary: Path) -> None:
    with subprocess.Popen(DEMO, env=environ(temporary), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as demo:
        assert demo.stdout is not None
        assert demo.stderr is not None
        demo.stdout.readline()
        demo.stdout.close()
        said = demo.stderr.read()

    assert (demo.returncode, said) == (141, b"")
    assert list(temporary.iterdir()) == []
    assert sandboxes(temporary) == []


@pytest.mark.parametrize(
    ("wishes", "coloured"), [({"NO_COLOR": None}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_it_is_in_colour_where_the_terminal_wants_it(
    temporary: Path, wishes: dict[str, str | None], coloured: bool
) -> None:
    with OnTerminal(DEMO, environ(temporary, **wishes), columns=80) as terminal:
        shown = terminal.read_until("is set")
        terminal.send(INTERRUPT)
        terminal.finish()

    assert (COLOURED in shown) is coloured
    assert ("\x1b" in shown) is coloured


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_it_waits_for_a_person_it_leaves_nothing(
    temporary: Path, number: signal.Signals, status: int
) -> None:
    with OnTerminal(DEMO, environ(temporary, NO_COLOR="1"), columns=80) as terminal:
        terminal.read_until("$ egain login --pkce")
        assert sandboxes(temporary) != []
        if number is signal.SIGINT:
            terminal.send(INTERRUPT)
        else:
            terminal.signal(number)
        done = terminal.finish()

    assert done.status == status
    assert "Traceback" not in done.out
    assert list(temporary.iterdir()) == []
    assert sandboxes(temporary) == []
    if number is signal.SIGINT:
        assert shown_lines(done.out)[-1] == "The demo was stopped; nothing of it is left."
