"""Where egain is shown at work: a sandbox, a shell on a terminal, and nothing of whoever looks on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fakes.process import OnTerminal
from fakes.sandbox_person import BROWSER
from fakes.screen import COLOUR, shown_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WIDTH = 80
_PORTS = range(8460, 8500)
"""Of the sandbox; the first is its usual one, and all are as long, so that lines break alike."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a command line came to.

    Attributes:
        status: Its exit status.
        lines: What the terminal shows in the end, in colour where that is wanted.
    """

    status: int
    lines: list[str]

    @property
    def text(self) -> str:
        """The same without colour."""
        return COLOUR.sub("", "\n".join(self.lines))


@dataclass(frozen=True, slots=True)
class Stage:
    """A sandbox and a shell.

    Attributes:
        url: Where the sandbox answers.
        environ: What the shell's commands get.
    """

    url: str
    environ: dict[str, str]

    def run(self, line: str, *, answers: tuple[str, str] | None = None, columns: int = WIDTH) -> Shown:
        """Run a command line on a terminal.

        Args:
            line: For ``sh``.
            answers: What is waited for, and then typed.
            columns: Of the terminal.
        """
        with OnTerminal(["/bin/sh", "-c", line], self.environ, columns=columns) as terminal:
            try:
                if answers is not None:
                    terminal.read_until(answers[0])
                    terminal.send(f"{answers[1]}\n".encode())
                done = terminal.finish()
            except BaseException:
                if sys.platform != "win32":
                    os.killpg(terminal.pid, signal.SIGKILL)
                terminal.finish()  # whose end is that of the last process that had the terminal
                raise
        return Shown(done.status, shown_lines(done.out))


@contextmanager
def stage(folder: Path, *options: str, environ: Mapping[str, str]) -> Iterator[Stage]:
    """Start a sandbox, and end it with the block.

    Args:
        folder: For configuration, cache and home.
        options: Of the sandbox.
        environ: What the commands get besides.

    Raises:
        RuntimeError: The sandbox did not start.
    """
    given = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "EGAIN_CONFIG_DIR": str(folder),
        "EGAIN_CACHE_DIR": str(folder / "cache"),
        "BROWSER": BROWSER,
        "PYTHONUTF8": "1",
        "TERM": "xterm-256color",
        "VTE_VERSION": "7600",  # a terminal with links, which are shorter than addresses
        **environ,
    }
    with _sandbox(options, given) as url:
        yield Stage(url, given)


@contextmanager
def _sandbox(options: tuple[str, ...], environ: dict[str, str]) -> Iterator[str]:
    said = ""
    for port in _PORTS:
        with subprocess.Popen(
            ["egain", "sandbox", "--port", str(port), *options],
            env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as sandbox:  # fmt: skip
            assert sandbox.stdout is not None
            assert sandbox.stderr is not None
            try:
                ready = sandbox.stdout.readline()
                if ready:
                    yield json.loads(ready)["url"]
                    return
                said = sandbox.stderr.read()
            finally:
                sandbox.terminate()
    raise RuntimeError(said.strip())
