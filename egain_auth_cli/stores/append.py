"""Appending to a file that a CI system names: it must be there, and a regular file."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.stores.disk import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def open_to_append(name: str) -> Iterator[Callable[[str], None]]:
    """Open a file to append to: whether that can be is then known before anything is printed.

    Args:
        name: The file's name.

    Yields:
        What appends a text.

    Raises:
        UsageError: There is no such file, it is a link or not a regular file, or it cannot be written.
    """
    # Not created: a name that leads nowhere is a slip, and the token would lie in a file that nobody looks for.
    flags = os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # binary: our line ends stay as they are
    try:
        handle = open_file(Path(name), flags)
    except (OSError, ValueError) as exc:
        raise _refused(name, (getattr(exc, "strerror", None) or "no file's name").lower()) from exc
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _refused(name, "it is not a regular file")

        def append(text: str) -> None:
            data = _own_line(handle) + text.encode("utf-8")
            try:
                while data:
                    data = data[os.write(handle, data) :]
            except OSError as exc:
                raise _refused(name, (exc.strerror or "failed").lower()) from exc

        yield append
    finally:
        os.close(handle)


def _own_line(handle: int) -> bytes:
    """Return the newline that a file lacks at its end: what is appended must not go on its last line."""
    size = os.fstat(handle).st_size
    os.lseek(handle, max(0, size - 1), os.SEEK_SET)
    return b"" if size == 0 or os.read(handle, 1) == b"\n" else b"\n"


def _refused(name: str, why: str) -> UsageError:
    return UsageError(
        f"`{printable(name, limit=200)}` is not written to: {why}", hint="the CI system makes this file and names it"
    )
