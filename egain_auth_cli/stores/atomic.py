"""Private files: written whole or not at all, read only if they are ours."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from glob import escape
from typing import TYPE_CHECKING

from egain_auth_cli.stores.disk import (
    open_file,
    replace_file,
    sync_file,
    sync_folder,
    unlink_file,
    unlink_unless_in_use,
)
from egain_auth_cli.stores.ownership import require_place

if TYPE_CHECKING:
    from pathlib import Path

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_OTHERS = 0o077


def of_mode() -> str:
    """Say after "a file" how private it is: nothing on Windows, where it has what its folder gives it."""
    return " of mode 0600" if sys.platform != "win32" else ""


def ensure_private_folder(path: Path) -> None:
    """Make the folder with mode 0700; an existing one of ours loses other people's rights.

    Raises:
        OSError: It cannot be made, is a link or not a folder, or it or the folder around it belongs to somebody else.
    """
    require_place(path)
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=_FOLDER_MODE)
    found = path.lstat()  # not stat: a link here would let somebody else choose the folder
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it is not a folder")
    if sys.platform != "win32":
        _require_ours(found)
        if found.st_mode & _OTHERS:
            path.chmod(_FOLDER_MODE)


def read_private(path: Path, *, limit: int) -> bytes | None:
    """Read a file of ours that nobody else can read; None if there is none.

    Raises:
        OSError: It is a link, has a second name, is not a regular file, belongs to or is readable by somebody
            else, or is longer than ``limit`` bytes.
    """
    try:
        # Opened first, then looked at: between a look at the path and its opening another file could take its place.
        # O_NONBLOCK, since opening a FIFO would wait for a writer.
        handle = open_file(path, os.O_RDONLY | _NOFOLLOW | _CLOEXEC | _NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        _require_plain(found)
        if sys.platform != "win32":
            _require_ours(found)
            if found.st_mode & _OTHERS:
                raise PermissionError(errno.EPERM, "other users can read it; run `chmod 600` on it")
        if found.st_size > limit:
            raise OSError(errno.EFBIG, f"it is longer than {limit} bytes")
        return file.read(limit)


def require_plain_or_absent(path: Path) -> None:
    """Refuse a path that is there and is not a regular file with one name.

    Raises:
        OSError: It is a link, has a second name, or is of another kind.
    """
    with contextlib.suppress(FileNotFoundError):
        _require_plain(path.lstat())


def write_private(path: Path, data: bytes) -> None:
    """Replace a file whole: 0600 temporary sibling, fsync, rename, fsync of the folder.

    Raises:
        OSError: Anything failed. The former file is untouched.
    """
    # A rename would replace a link silently: its owner meant the file to be elsewhere, so that is told instead.
    require_plain_or_absent(path)
    try:
        _replace(path, data)
    except FileNotFoundError:
        # Another process may have taken the temporary file for one of the dead, in the moment before it was locked.
        _replace(path, data)
    sync_folder(path.parent)


def make_private(path: Path) -> int:
    """Make a file of mode 0600 that is not there yet; return its descriptor, open for writing.

    Raises:
        OSError: It is there, or cannot be made.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _CLOEXEC | _BINARY, _FILE_MODE)


def write_whole(handle: int, data: bytes) -> None:
    """Write all of it at the beginning of an open file.

    Raises:
        OSError: It cannot be written, or not all of it.
    """
    os.lseek(handle, 0, os.SEEK_SET)
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def _replace(path: Path, data: bytes) -> None:
    import secrets

    temp = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    handle = make_private(temp)
    try:
        try:
            _lock(handle)
            write_whole(handle, data)
            sync_file(handle)
            if sys.platform != "win32":  # while it is locked; Windows renames no open file
                replace_file(temp, path)
        finally:
            os.close(handle)
        if sys.platform == "win32":
            replace_file(temp, path)
    except BaseException:
        with contextlib.suppress(OSError):
            unlink_file(temp)
        raise


def _lock(handle: int) -> bool:
    """Lock an open file, until it is closed; return whether nobody else has."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: nobody holds one
    return True


def remove_file(path: Path) -> bool:
    """Remove a file, with temporary siblings that a process left when it died.

    Returns:
        Whether there was such a file.

    Raises:
        OSError: It is there and cannot be removed.
    """
    if not path.parent.is_dir():
        return False
    remove_left(path.parent, path.name)
    try:
        unlink_file(path)
    except FileNotFoundError:
        return False
    sync_folder(path.parent)
    return True


def remove_left(folder: Path, name: str) -> None:
    """Remove temporary files that dead processes left, beside files whose name begins so.

    Raises:
        OSError: One cannot be removed.
    """
    for path in sorted(folder.glob(f".{escape(name)}*.tmp")):
        if _is_left(path):
            unlink_unless_in_use(path)  # Windows tells in this way alone that its process is alive


def _is_left(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | _NOFOLLOW | _CLOEXEC | _NONBLOCK)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # a link, or not ours to read: its user's to judge
    try:
        return _lock(handle)
    finally:
        os.close(handle)


def _require_plain(found: os.stat_result) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise OSError(errno.ELOOP, "it is a link")
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EISDIR if stat.S_ISDIR(found.st_mode) else errno.EINVAL, "it is not a regular file")
    if found.st_nlink > 1:  # a hard link, by which somebody else may keep what is removed here
        raise OSError(errno.ELOOP, "it is a link: the file has a second name")


def _require_ours(found: os.stat_result) -> None:
    if sys.platform != "win32" and found.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "it belongs to another user")
