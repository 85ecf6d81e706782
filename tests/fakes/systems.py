"""What only some systems have and tests ask for: elsewhere such a test is skipped, for the reasons told here.

A test or a module that needs more than these asks ``sys.platform`` itself, as mypy understands it, and skips likewise.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEEDS_POSIX = "needs a POSIX system: its signals, terminals, FIFOs, shell, time zones or owners of files"
NEEDS_LINUX = "needs Linux: its /proc, name spaces or fast path"
IS_ROOT = sys.platform != "win32" and os.geteuid() == 0


def make_fifo(path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    os.mkfifo(path, 0o600)


def unix_socket() -> socket.socket:
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    return socket.socket(socket.AF_UNIX)


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Have the system refuse what this process writes beyond so many bytes of a file, as on a full disk."""
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def peak_memory() -> int:
    """The most KiB that this process has held so far."""
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most  # macOS counts bytes


def pseudo_terminal(*, exact: bool, columns: int | None) -> tuple[int, int]:
    """Open a terminal: the person's end and the program's; ``exact`` keeps it from changing newlines."""
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    import termios

    master, slave = os.openpty()
    if columns is not None:
        termios.tcsetwinsize(slave, (50, columns))
    if exact:
        mode = termios.tcgetattr(slave)
        mode[1] &= ~termios.OPOST
        termios.tcsetattr(slave, termios.TCSANOW, mode)
    return master, slave


def terminal_modes(handle: int) -> set[str]:
    """Name what of lines, echo and signals a terminal does at this moment."""
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    import termios

    flags = termios.tcgetattr(handle)[3]
    return {name for name in ("ICANON", "ECHO", "ISIG") if flags & getattr(termios, name)}
