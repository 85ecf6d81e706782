"""Where things are: the session that `run` made, and the folder that it filled."""

from __future__ import annotations

import os
from pathlib import Path

SYSTEM = Path(__file__).parent
BUILD = SYSTEM.parents[1] / "build" / "system"

_NAMES = ("PATH", "HOME", "TMPDIR", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
SESSION = {name: os.environ[name] for name in _NAMES}
"""The private session's variables, taken before any test changes the environment."""
