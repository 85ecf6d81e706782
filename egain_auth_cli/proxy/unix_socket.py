"""A Unix socket that its owner alone can connect to."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import sys
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.stores.disk import unlink_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OWNER_ALONE = 0o177


@contextlib.contextmanager
def unix_socket(path: Path) -> Iterator[socket.socket]:
    """Listen on a path, of mode 0600 from its first moment on; take a stale socket's place, and remove it at the end.

    Raises:
        UsageError: This system has none.
        ConfigError: Something else is there, or it cannot be made.
    """
    if sys.platform == "win32":
        raise UsageError("`--socket` is not for Windows", hint="use `--port N`")
    shown = printable(str(path), limit=200)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(path, shown)
        former = os.umask(_OWNER_ALONE)
        try:
            listener.bind(str(path))
        finally:
            os.umask(former)
        made = path.lstat()
        listener.listen()
        listener.setblocking(False)  # noqa: FBT003
    except OSError as exc:
        listener.close()
        # Python's own check of the length has no number.
        reason = (exc.strerror or "its path is too long").lower()
        raise ConfigError(
            f"the socket `{shown}` cannot be made: {reason}", hint="name a path in a folder of your own"
        ) from exc
    except ConfigError:
        listener.close()
        raise
    try:
        yield listener
    finally:
        listener.close()
        with contextlib.suppress(OSError):
            there = path.lstat()
            if (there.st_dev, there.st_ino) == (made.st_dev, made.st_ino):  # else somebody else's, made since
                unlink_file(path)


def _remove_stale(path: Path, shown: str) -> None:
    """Remove the socket of a process that is gone.

    Raises:
        ConfigError: It is alive, or no socket.
        OSError: It cannot be removed.
    """
    if sys.platform == "win32":
        return
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        raise ConfigError(f"`{shown}` is there, and no socket of yours", hint="name another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # noqa: FBT003
        code = probe.connect_ex(str(path))
    if code != errno.ECONNREFUSED:
        raise ConfigError(f"another process listens on `{shown}`", hint="end it, or name another path")
    unlink_file(path)
