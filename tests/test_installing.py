"""`make`, which lists what it does, and `make install`, which takes the installer that is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.systems import NEEDS_POSIX

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
TOOLS = ("sh", "dirname", "mkdir", "ln", "readlink", "rm")
PROGRAMS = {
    "pipx": '[ "$1" != environment ] || echo "$HOME/.local/bin"',
    "uv": '[ "$2" != dir ] || echo "$HOME/.local/bin"',
    "python3": '[ "$2" != venv ] || { mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; }',
}
"""Each notes its arguments, and does as much of its work as the script looks at."""


class Machine:
    """A person's machine with some installers, whose command lines it notes."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.noted = folder / "noted"
        for tool in (*TOOLS, "cp"):
            found = shutil.which(tool)
            assert found, tool
            (self.programs / tool).symlink_to(found)
        self.add("python3")

    @property
    def bin(self) -> Path:
        return self.home / ".local" / "bin"

    @property
    def own(self) -> Path:
        return self.home / ".local" / "share" / "egain-auth-cli"

    def add(self, name: str) -> None:
        path = self.programs / name
        path.write_text(f'#!/bin/sh\necho "${{0##*/}} $*" >>"{self.noted}"\n{PROGRAMS[name]}\n')
        path.chmod(0o755)

    def install(self, *options: str, path: str = "") -> subprocess.CompletedProcess[str]:
        environ = {"HOME": str(self.home), "PATH": f"{self.programs}:{path}"}
        return subprocess.run(
            [str(ROOT / ".ci" / "install"), *options],
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def notes(self) -> list[str]:
        return self.noted.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_make_alone_lists_every_target_with_its_words() -> None:
    environ = {"PATH": os.environ["PATH"]}
    command = ["make", "-C", str(ROOT), "--no-print-directory"]
    shown = subprocess.run(command, env=environ, capture_output=True, check=True, text=True)
    targets = re.findall(r"^make ([a-z-]+) +\S.*$", shown.stdout, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert phony
    assert sorted(targets) == sorted(phony[1].split())
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_pipx_is_taken_before_uv(machine: Machine) -> None:
    machine.add("pipx")
    machine.add("uv")
    done = machine.install()

    assert done.returncode == 0
    assert f"egain is installed: {machine.bin}/egain\n" in done.stdout
    assert machine.notes()[0] == "pipx install --force --python python3 .[proxy,sandbox]"
    assert not any(line.startswith("uv") for line in machine.notes())


def test_uv_is_taken_where_there_is_no_pipx(machine: Machine) -> None:
    machine.add("uv")
    done = machine.install()

    assert done.returncode == 0
    assert machine.notes()[0] == "uv tool install --reinstall --python python3 .[proxy,sandbox]"


def test_without_either_it_gets_an_environment_of_its_own_and_a_second_time_an_upgrade(machine: Machine) -> None:
    machine.install()
    done = machine.install()

    assert (done.returncode, done.stderr) == (0, "")
    assert (machine.bin / "egain").readlink() == machine.own / "bin" / "egain"
    assert machine.notes() == 2 * [
        f"python3 -m venv {machine.own}",
        "python -m pip install --quiet --disable-pip-version-check --upgrade .[proxy,sandbox]",
    ]


@pytest.mark.parametrize("on_path", [True, False])
def test_it_says_whether_the_command_is_found(machine: Machine, on_path: bool) -> None:
    shown = machine.install(path=str(machine.bin) if on_path else "").stdout

    assert ("try it: egain --help" in shown) is on_path
    assert (f'export PATH="{machine.bin}:$PATH"' in shown) is not on_path


@pytest.mark.parametrize(
    "made",
    [lambda path: path.write_text("mine"), lambda path: path.symlink_to("gone")],
    ids=["file", "link to nothing"],
)
def test_another_egain_in_its_place_is_not_replaced(machine: Machine, made: Callable[[Path], object]) -> None:
    machine.bin.mkdir(parents=True)
    made(machine.bin / "egain")
    before = (machine.bin / "egain").lstat()
    done = machine.install()
    machine.install("--undo")

    assert done.returncode == 1
    assert "not from here: move it away first" in done.stderr
    assert (machine.bin / "egain").lstat() == before
    assert not machine.own.exists()


def test_undone_it_leaves_nothing(machine: Machine) -> None:
    machine.install()
    done = machine.install("--undo")

    assert (done.returncode, done.stdout) == (0, "egain is removed; profiles and secrets stay\n")
    assert not machine.own.exists()
    assert list(machine.bin.iterdir()) == []


def test_undo_asks_the_installers_that_are_there(machine: Machine) -> None:
    machine.add("pipx")
    machine.add("uv")
    machine.install("--undo")

    assert machine.notes() == ["pipx uninstall egain-auth-cli", "uv tool uninstall egain-auth-cli"]
