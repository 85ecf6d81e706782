"""One lock per credential, across processes: flock, or filelock on Windows, on a file that is never removed.

A lock is on the file, not on its name: if the file were removed, a second process could lock a new one of that name
while the first still holds the old. Locks end with their process, however it ends.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from hashlib import sha256
from typing import TYPE_CHECKING

from egain_auth_cli.errors import StoreError, TimedOut
from egain_auth_cli.stores.atomic import ensure_private_folder, require_plain_or_absent
from egain_auth_cli.stores.file_errors import file_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from egain_auth_cli.errors import EgainError

_POLL = 0.02
"""Seconds between two tries: flock has no time-out of its own, and a signal would be the whole process's business."""


class Locks:
    """Locks by name, in one folder of this user.

    Args:
        folder: Finds the folder, which is made with mode 0700 when the first lock is taken.
        otherwise: What else can be done where it cannot be used, for the hint.
    """

    def __init__(self, folder: Callable[[], Path], *, otherwise: str = "") -> None:
        self._find_folder = folder
        self._otherwise = otherwise

    @contextlib.contextmanager
    def hold(
        self,
        name: str,
        *,
        seconds: float,
        doing: str = "renewing this token",
        error: type[EgainError] = TimedOut,
    ) -> Iterator[None]:
        """Hold the lock ``name`` while the body runs; wait at most ``seconds`` for it.

        Args:
            name: What is locked.
            seconds: The longest wait.
            doing: What the other process does meanwhile, for the message.
            error: What is raised where that takes longer.

        Raises:
            TimedOut: Another process holds it for longer; or the ``error`` given.
            StoreError: The lock file cannot be made, or the file system has no locks.
        """
        folder = self._find_folder()
        try:
            with file_errors(folder, "use", StoreError):
                ensure_private_folder(folder)
        except StoreError as exc:
            exc.hint = f"{exc.hint}{self._otherwise}"
            raise
        path = folder / f"{sha256(name.encode()).hexdigest()[:32]}.lock"
        with hold_file(path, seconds=seconds, doing=doing, error=error):
            yield


@contextlib.contextmanager
def hold_file(
    path: Path, *, seconds: float, doing: str, error: type[EgainError], failure: type[EgainError] = StoreError
) -> Iterator[None]:
    """Hold the lock that is on one file, which is made if need be, while the body runs.

    Args:
        path: The file; its folder is there.
        seconds: The longest wait.
        doing: What the other process does meanwhile, for the message.
        error: What is raised where that takes longer.
        failure: What is raised where there can be no lock.

    Raises:
        EgainError: The ``error`` or the ``failure`` given.
    """
    with file_errors(path, "lock", failure):
        require_plain_or_absent(path)
        try:
            release = acquire(path, seconds=seconds)
        except TimeoutError as exc:
            raise error(
                f"another `egain` has been {doing} for more than {seconds:.0f} s",
                hint="wait for it or end it, then try again; `EGAIN_TIMEOUT` sets how long to wait",
            ) from exc
        except NotImplementedError as exc:
            raise failure(
                f"the file system of `{path.parent}` has no locks",
                hint="name folders on a local disk by `EGAIN_CONFIG_DIR` and `EGAIN_CACHE_DIR`",
            ) from exc
    try:
        yield
    finally:
        release()


if sys.platform == "win32":

    def acquire(path: Path, *, seconds: float) -> Callable[[], object]:
        """Lock a file.

        Returns:
            What frees it.

        Raises:
            TimeoutError: Another process held it for all the ``seconds``.
            NotImplementedError: The file system has no locks; filelock's own error for that.
            OSError: The file cannot be made or opened.
        """
        from filelock import FileLock, Timeout

        # NOTE: no soft lock where there are no locks, and never unlinked: both end mutual exclusion.
        lock = FileLock(path, mode=0o600, fallback_to_soft=False, preserve_lock_file=True)
        try:
            lock.acquire(timeout=seconds, poll_interval=_POLL)
        except Timeout as exc:
            raise TimeoutError from exc
        return lock.release

else:
    import fcntl

    _NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)

    # NOTE: a few lines here in place of filelock, whose import is a tenth of a run that waits for another's renewal.
    def acquire(path: Path, *, seconds: float) -> Callable[[], object]:
        """Lock a file.

        Returns:
            What frees it.

        Raises:
            TimeoutError: Another process held it for all the ``seconds``.
            NotImplementedError: The file system has no locks; filelock's own error for that.
            OSError: The file cannot be made or opened.
        """
        end = time.monotonic() + seconds
        while True:
            # Not inherited by a child, never truncated, no link followed, and no FIFO waited for.
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
            try:
                wait_for_lock(handle, end)
                if _is_same_file(handle, path):
                    return lambda: os.close(handle)
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)  # somebody removed the file while we waited: the next one holds another

    def wait_for_lock(handle: int, end: float) -> None:
        """Lock an open file or folder until it is closed, waiting for whoever holds it.

        Args:
            handle: Its descriptor.
            end: Monotonic seconds until which it is waited for.

        Raises:
            TimeoutError: Another process held it for all that time.
            NotImplementedError: The file system has no locks.
        """
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError from None
                time.sleep(min(_POLL, left))
            except OSError as exc:
                if exc.errno in _NO_LOCKS:
                    raise NotImplementedError from exc
                raise
            else:
                return

    def _is_same_file(handle: int, path: Path) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), path.lstat())
        except FileNotFoundError:
            return False
