"""Windows' way with files on this system: its rules for an open file, its names, and none of POSIX's calls.

What the documentation of `MoveFileEx` and `DeleteFile` says of a file that was opened as Python opens it, without
FILE_SHARE_DELETE: it is neither moved, replaced nor removed, with ERROR_SHARING_VIOLATION. Only the package sees that
system; the standard library and the tests stay where they are.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import pkgutil
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import egain_auth_cli
from fakes.elsewhere import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARING_VIOLATION = 32
_POSIX_ALONE = frozenset(
    [
        "geteuid",
        "getuid",
        "getegid",
        "getgid",
        "chown",
        "fchown",
        "fchmod",
        "lchown",
        "execve",
        "mkfifo",
        "posix_fallocate",
        "tcgetpgrp",
        "getpgrp",
        "openpty",
        "O_NOFOLLOW",
        "O_CLOEXEC",
        "O_NONBLOCK",
        "O_NOCTTY",
        "O_DIRECTORY",
    ]
)
_UNKNOWN_SIGNALS = frozenset(["SIGCHLD", "SIGHUP", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGXFSZ"])
_OTHER_SEAMS = ("sandbox", "sign_in", "terminal", "transport", "stores.lock", "__main__")
"""Whose differences between systems are no files', or are decided when they are loaded."""


class WindowsError(PermissionError):
    """A refusal with the system's own number."""

    def __init__(self, path: str, winerror: int = SHARING_VIOLATION) -> None:
        super().__init__(errno.EACCES, "The process cannot access the file", path)
        self.winerror = winerror


class Windows:
    """The rules.

    Attributes:
        scanned: How often each change of a file is refused before it passes, as by a virus scanner.
        refused: How often a change was refused because this process had the file open.
    """

    def __init__(self) -> None:
        self.scanned = 0
        self.refused = 0
        self._seen: Counter[tuple[str, str]] = Counter()

    def guarded(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """Return a call that changes names, as Windows has it."""

        def call(*paths: Any, **options: Any) -> Any:
            for path in map(str, paths):
                if _is_open_here(path):
                    self.refused += 1
                    raise WindowsError(path)
            seen = name, str(paths[-1])
            self._seen[seen] += 1
            if self._seen[seen] <= self.scanned:
                raise WindowsError(seen[1])
            return real(*paths, **options)

        return call


def _is_open_here(path: str) -> bool:
    try:
        wanted = os.lstat(path)
    except OSError:
        return False
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(int(handle.name)), wanted):
                return True
    return False


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[Windows]:
    """Let the package find itself on Windows."""
    system = Windows()
    for name in ("replace", "rename", "unlink", "remove"):
        monkeypatch.setattr(os, name, system.guarded(name, getattr(os, name)))
    seen = {
        os: Elsewhere(os, {"name": "nt"}, _POSIX_ALONE),
        sys: Elsewhere(sys, {"platform": "win32"}),
        signal: Elsewhere(signal, {"SIGBREAK": signal.SIGTERM}, _UNKNOWN_SIGNALS),
    }
    for module in _modules():
        for real, elsewhere in seen.items():
            if getattr(module, real.__name__, None) is real:
                monkeypatch.setattr(module, real.__name__, elsewhere)
    yield system
    monkeypatch.undo()


def _modules() -> Iterator[Any]:
    package = egain_auth_cli.__name__
    for found in pkgutil.walk_packages(egain_auth_cli.__path__, f"{package}."):
        if not found.name.removeprefix(f"{package}.").startswith(_OTHER_SEAMS):
            yield importlib.import_module(found.name)


def left_over(*folders: Path) -> list[Path]:
    """Return what was temporary and is there still."""
    return [
        path for folder in folders for path in folder.rglob("*") if path.name.endswith(".tmp") or ".egain-" in path.name
    ]
