"""A file that holds a token for another program: private, written whole, looked at before a token is acquired."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.stores.atomic import require_plain_or_absent, write_private
from egain_auth_cli.terminal.data import OutputFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LIMIT = 1 << 20
_PATIENCE = 10.0
"""Seconds that another export is waited for."""


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let no other export write into this folder meanwhile, where the system can: each keeps the other's lines."""
    with contextlib.ExitStack() as stack:
        if sys.platform != "win32":
            from egain_auth_cli.stores.lock import wait_for_lock

            # Without a lock (a folder that cannot be read, a file system without any) it is written all the same.
            with contextlib.suppress(OSError, NotImplementedError):
                handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
                stack.callback(os.close, handle)
                wait_for_lock(handle, time.monotonic() + _PATIENCE)
        yield


class ExportFile:
    """A file to write to.

    Args:
        path: Its name; a link is followed to the file that it names.

    Raises:
        UsageError: It is not a file, or its folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._shown = printable(str(path), limit=200)
        self._path = Path(os.path.realpath(path))
        try:
            require_plain_or_absent(self._path)
        except (OSError, ValueError) as exc:
            raise self._refused(getattr(exc, "strerror", None) or "no file's name") from exc
        folder = self._path.parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise self._refused(f"`{printable(str(folder))}` is {'not writable' if folder.is_dir() else 'no folder'}")

    def write(self, change: Callable[[str], str]) -> None:
        """Replace what it holds; it has mode 0600 then.

        Args:
            change: Takes what it holds, empty where it is not there, and returns what it is to hold. Bytes that are no
                UTF-8 are kept.

        Raises:
            UsageError: It cannot be read.
            OutputFailed: It cannot be written; it is as it was.
        """
        with _alone(self._path.parent):
            former, owner = self._read()
            text = change(former.decode("utf-8", "surrogateescape"))
            self._write(text.encode("utf-8", "surrogateescape"), owner)

    def _read(self) -> tuple[bytes, tuple[int, int] | None]:
        """Return what the file holds, and who owns it; None where it is not there."""
        if not self._path.exists():
            return b"", None
        try:
            former, found = self._path.read_bytes(), self._path.stat()
        except OSError as exc:
            raise self._refused(exc.strerror or "it cannot be read") from exc
        if len(former) > _LIMIT:
            raise self._refused(f"it is longer than {_LIMIT >> 20} MiB")
        if b"\0" in former:  # UTF-16, as PowerShell's `>` writes it
            raise self._refused("it is no UTF-8 text")
        return former, (found.st_uid, found.st_gid)

    def _write(self, data: bytes, owner: tuple[int, int] | None) -> None:
        try:
            self._replace(data)
            if owner is not None and sys.platform != "win32" and os.geteuid() == 0:
                os.chown(self._path, *owner)  # as root, in a container say: it stays its owner's
        except OSError as exc:
            reason = (exc.strerror or "failed").lower()
            full = exc.errno in (errno.ENOSPC, errno.EDQUOT)
            raise OutputFailed(
                f"`{self._shown}` cannot be written: {reason}",
                hint=f"{'free some space or ' if full else ''}name another file by `-o`",
            ) from exc

    def _replace(self, data: bytes) -> None:
        try:
            write_private(self._path, data)
        except OSError as exc:
            if exc.errno != errno.EBUSY:  # else it is mounted here: another file cannot take its place
                raise
            self._path.chmod(0o600)
            self._path.write_bytes(data)

    def _refused(self, why: str) -> UsageError:
        return UsageError(
            f"`{self._shown}` is not written to: {why[:1].lower()}{why[1:]}", hint="name another file by `-o`"
        )
