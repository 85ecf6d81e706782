"""Changes on disk: made in spite of who has the file open for a moment, and safe from a power cut.

Windows refuses to open, replace or remove a file while another program has it open in its own way: a virus scanner, an
indexer, another `egain`. That is over in a moment, so it is tried again. It refuses the same for a file that this
process has open, which is never over: whoever calls here has closed it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

_IN_USE = frozenset({32, 33})
"""Windows' ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION."""
_REFUSED = _IN_USE | {5}
"""And ERROR_ACCESS_DENIED, by which it also names a file that goes once its last reader has closed it."""
_PATIENCE = 0.5
"""Seconds that a refusal is not taken for the last word."""
_POLL = 0.02
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


def is_in_use(exc: OSError) -> bool:
    """Return whether Windows refused because somebody has the file open."""
    return getattr(exc, "winerror", None) in _IN_USE


def open_file(path: Path, flags: int) -> int:
    """Open a file that is there; return its descriptor.

    Raises:
        OSError: It cannot be opened.
    """
    return _patiently(lambda: os.open(path, flags))


def replace_file(source: Path, target: Path) -> None:
    """Give a file another's name and place.

    Raises:
        OSError: It cannot be; both are as they were.
    """
    _patiently(lambda: os.replace(source, target))  # noqa: PTH105  this is where it is done


def unlink_file(path: Path) -> None:
    """Remove a file.

    Raises:
        OSError: It cannot be removed, or is not there.
    """
    _patiently(lambda: os.unlink(path))  # noqa: PTH108  this is where it is done


def unlink_unless_in_use(path: Path) -> None:
    """Remove a file that may be gone, unless Windows refuses because somebody has it open.

    Raises:
        OSError: It cannot be removed for another reason.
    """
    try:
        os.unlink(path)  # noqa: PTH108  this is where it is done
    except FileNotFoundError:
        return
    except OSError as exc:
        if not is_in_use(exc):
            raise


def _patiently(action: Callable[[], T]) -> T:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return action()
        except PermissionError as exc:
            if not _may_pass(exc) or time.monotonic() >= end:
                raise
        time.sleep(_POLL)


def _may_pass(exc: PermissionError) -> bool:
    number = getattr(exc, "winerror", None)
    # Opening goes through the C library, which does not tell Windows' number. Elsewhere a refusal is the last word.
    return number in _REFUSED or (number is None and sys.platform == "win32")


def sync_file(handle: int) -> None:
    """Have the disk keep what was written to an open file.

    Raises:
        OSError: It cannot.
    """
    full = _full_sync()
    if full is not None:
        # macOS' fsync hands the data to the drive, whose own cache a power cut empties: fsync(2) there names this one.
        with contextlib.suppress(OSError):  # a file system without it (a network's) has the other
            full(handle)
            return
    os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Sync a folder after a change in it; a failure is not told.

    The change is made, and counts for every process. Only a power cut in the next moments could undo it; an error would
    be taken to mean that nothing was changed.
    """
    if sys.platform == "win32":
        return  # no folder is opened there
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | _CLOEXEC)
        try:
            sync_file(handle)
        finally:
            os.close(handle)


def _full_sync() -> Callable[[int], object] | None:
    if sys.platform == "win32":
        return None
    import fcntl

    number = getattr(fcntl, "F_FULLFSYNC", None)
    return None if number is None else lambda handle: fcntl.fcntl(handle, number)
