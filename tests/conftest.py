"""What every test starts from: an empty environment, folders of its own, loopback alone."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("fakes")

from fakes import passwd  # noqa: E402  before anything asks for the user's home

from egain_auth_cli import sanitize  # noqa: E402

pytest_plugins = (
    "figures",
    "fakes.program_fixtures",
    "fakes.command_fixtures",
    "fakes.call_fixtures",
    "fakes.listener_fixtures",
    "fakes.http_fixtures",
)
_ZONE = "Asia/Kolkata"
"""Half an hour off every whole one, so that no local time is taken for UTC."""
_KEPT = ("PATH", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
_LOOPBACK = ("127.", "::1", "localhost")

os.environ["TZ"] = _ZONE
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a script's background, which children inherit
if sys.platform != "win32":
    time.tzset()
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # likewise
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # likewise, under nohup


@pytest.fixture(autouse=True)
def isolated_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Strip the environment, and put home, configuration and cache into the test's own folder."""
    for name in list(os.environ):
        if name not in _KEPT and not name.startswith(("PYTEST_", "COV_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    given = {
        "HOME": str(home),
        "EGAIN_CONFIG_DIR": str(home / "config"),
        "EGAIN_CACHE_DIR": str(home / "cache"),
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "TZ": _ZONE,
        "PYTHONPATH": str(Path(__file__).parent),  # whose `sitecustomize.py` every process loads
        passwd.HERE: str(home),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


@pytest.fixture(autouse=True)
def forget_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Return each test a redactor that knows nothing yet."""
    monkeypatch.setattr(sanitize, "_known_secrets", set())


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail any connection beyond this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
