"""Checking a folder that is written to."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from egain_auth_cli.errors import EgainError
from egain_auth_cli.health.check import failure, passed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from egain_auth_cli.health.check import Check

_OTHERS = 0o077


def check_folder(name: str, find: Callable[[], Path], *, other: str = "") -> Iterator[Check]:
    """Look at a folder: whether it is ours alone, and can be written or made.

    Args:
        name: Of the check.
        find: Returns the folder; its error is the check's.
        other: Says how to name another one.
    """
    try:
        folder = find()
    except EgainError as exc:
        yield failure(name, exc.message, exc.hint or "")
        return
    place = "in memory, gone at log-out" if str(folder).startswith("/run/") else "on disk"
    mode = _mode_of(folder)
    if mode is not None and mode & _OTHERS:
        yield failure(name, f"{folder} is open to other users (mode {mode:04o})", f"run `chmod 700 {folder}`")
    elif (why := _unwritable(folder)) is not None:
        yield failure(name, why, f"make it a folder of yours{other}")
    else:
        yield passed(name, f"{folder}, {place}" + ("" if mode is not None else ", made when it is needed"))


def _unwritable(folder: Path) -> str | None:
    """Say why a folder cannot be written or made, or None."""
    there = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    if not there.is_dir():
        return f"{there} is no folder"
    return None if os.access(there, os.W_OK | os.X_OK) else f"{there} is not writable"


def _mode_of(folder: Path) -> int | None:
    try:
        return stat.S_IMODE(folder.stat().st_mode)
    except OSError:
        return None
