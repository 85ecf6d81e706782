"""The installed `egain`, run as a process of its own in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakes import passwd

from system.places import SESSION, SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROGRAM = Path(sys.executable).with_name("egain")
SECONDS = 60.0


@dataclass(frozen=True)
class Ran:
    """What a finished command left."""

    status: int
    stdout: str
    stderr: str

    @property
    def error(self) -> dict[str, Any]:
        """The object of `--error-format json`: the last line of stderr."""
        error: dict[str, Any] = json.loads(self.stderr.splitlines()[-1])["error"]
        return error


@dataclass(frozen=True)
class Egain:
    """Runs `egain` with exactly this environment."""

    environ: Mapping[str, str]

    @property
    def folders(self) -> tuple[Path, Path]:
        """Where it keeps its configuration and its cache."""
        return Path(self.environ["EGAIN_CONFIG_DIR"]), Path(self.environ["EGAIN_CACHE_DIR"])

    def within(self, environ: Mapping[str, str], *, without: Iterable[str] = ()) -> Egain:
        """Return one that runs with these variables too, and without those."""
        kept = {name: value for name, value in self.environ.items() if name not in set(without)}
        return replace(self, environ={**kept, **environ})

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start it and go on."""
        return subprocess.Popen(
            [PROGRAM, *words],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str, stdin: str = "", seconds: float = SECONDS) -> Ran:
        """Run it to its end, whatever that is; killed, and the test failed, after so many seconds."""
        done = subprocess.run(
            [PROGRAM, *words],
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def do(self, *words: str, stdin: str = "") -> str:
        """Run it where it must succeed; what it printed, without the line's end."""
        ran = self.run(*words, stdin=stdin)
        assert ran.status == 0, f"`egain {' '.join(words)}` ended with {ran.status}: {ran.stderr}"
        return ran.stdout.removesuffix("\n")


def own_egain(home: Path) -> Egain:
    """Make a home, and return the command in an environment that holds nothing but this: no proxy, no keyring."""
    home.mkdir(mode=0o700)
    return Egain(
        {
            "PATH": os.pathsep.join([str(PROGRAM.parent), SESSION["PATH"]]),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(home),
            "TMPDIR": SESSION["TMPDIR"],
            "EGAIN_CONFIG_DIR": str(home / "config"),
            "EGAIN_CACHE_DIR": str(home / "cache"),
            # Another home in the system's list of users too: nothing is left in that of whoever runs this.
            "PYTHONPATH": str(SYSTEM.parent),
            passwd.HERE: str(home),
        }
    )
