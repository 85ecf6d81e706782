"""One command line run in this process, and whole outputs compared with files that are kept beside the tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.cli import execute

if TYPE_CHECKING:
    import pytest

GOLDEN = Path(__file__).parents[1] / "commands" / "golden"
REWRITE = "PYTEST_REWRITE_GOLDEN"
"""Set it to write the kept outputs anew: ``PYTEST_REWRITE_GOLDEN=1 pytest tests/commands``."""


class Ran(NamedTuple):
    """What a command line came to."""

    status: int
    out: str
    err: str


class CommandLine:
    """Runs ``egain`` in this process, with folders of its own."""

    def __init__(self, capfd: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capfd = capfd
        self.folder = folder

    @property
    def config_file(self) -> Path:
        return Path(os.environ["EGAIN_CONFIG_DIR"]) / "config.toml"

    def write_config(self, text: str) -> None:
        self.config_file.parent.mkdir(mode=0o700, exist_ok=True)
        self.config_file.write_text(text)

    def __call__(self, *argv: str) -> Ran:
        self._capfd.readouterr()
        status = execute(list(argv))
        captured = self._capfd.readouterr()
        return Ran(status, captured.out, captured.err)


def check_golden(name: str, ran: Ran, folder: Path) -> None:
    """Compare a whole run with the file of this name, folders of the test replaced by ``~``."""
    shown = f"status: {ran.status}\n--- stdout\n{ran.out}--- stderr\n{ran.err}".replace(str(folder), "~")
    path = GOLDEN / f"{name}.txt"
    if os.environ.get(REWRITE):
        path.write_text(shown)
    expected = path.read_text() if path.exists() else f"(there is no {path.name}; set {REWRITE}=1 to write it)"

    assert expected == shown
