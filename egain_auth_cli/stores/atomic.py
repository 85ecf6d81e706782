"""Private files: written whole or not at all, read only if they are ours; and the errors of files in words."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from glob import escape
from typing import TYPE_CHECKING

from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from egain_auth_cli.errors import EgainError

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_POSIX = os.name == "posix"
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_OTHERS = 0o077


@contextlib.contextmanager
def file_errors(path: Path, doing: str, error: type[EgainError]) -> Iterator[None]:
    """Turn every ``OSError`` of the body into an error of ours.

    Args:
        path: The file, for the message.
        doing: A verb for the message: read, write, remove.
        error: The class of the error.

    Raises:
        EgainError: An ``error`` that names the path, the system's reason and what to do.
    """
    try:
        yield
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise error(
            f"cannot {doing} `{printable(str(path))}`: {reason[:1].lower()}{reason[1:]}", hint=_hint(exc, path)
        ) from exc


def _hint(exc: OSError, path: Path) -> str:
    folder = printable(str(path.parent))
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"free some space for `{folder}`"
    if exc.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"make `{folder}` writable for you, or name other folders by `EGAIN_CONFIG_DIR` and `EGAIN_CACHE_DIR`"
    if exc.errno in (
        errno.ELOOP,
        errno.EISDIR,
        errno.ENOTDIR,
        errno.EFTYPE if hasattr(errno, "EFTYPE") else -1,
    ):
        return f"move `{printable(str(path))}` out of the way"
    return f"look at `{printable(str(path))}`"


def ensure_private_folder(path: Path) -> None:
    """Make the folder with mode 0700; an existing one of ours loses other people's rights.

    Raises:
        OSError: It cannot be made, is a link or not a folder, or belongs to somebody else.
    """
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=_FOLDER_MODE)
    found = path.lstat()  # not stat: a link here would let somebody else choose the folder
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it is not a folder")
    if _POSIX:
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
        handle = os.open(path, os.O_RDONLY | _NOFOLLOW | _CLOEXEC | _NONBLOCK)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        _require_plain(found)
        if _POSIX:
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
    fsync_folder(path.parent)


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
            os.fsync(handle)
            if _POSIX:  # while it is locked; Windows renames no open file
                temp.replace(path)
        finally:
            os.close(handle)
        if not _POSIX:
            temp.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temp.unlink()
        raise


def _lock(handle: int) -> bool:
    """Lock an open file, until it is closed; return whether nobody else has."""
    if not _POSIX:
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
    for left in temporary_siblings(path.parent, path.name):
        left.unlink(missing_ok=True)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    fsync_folder(path.parent)
    return True


def temporary_siblings(folder: Path, name: str) -> list[Path]:
    """Find temporary files that were left by dead processes, beside files whose name begins so."""
    return sorted(path for path in folder.glob(f".{escape(name)}*.tmp") if _is_left(path))


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


def fsync_folder(folder: Path) -> None:
    """Sync a folder after a change in it; a failure is not told.

    The change is made, and counts for every process. Only a power cut in the next moments could undo it; an error would
    be taken to mean that nothing was changed.
    """
    if not _POSIX:
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | _CLOEXEC)
        try:
            os.fsync(handle)
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
    if found.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "it belongs to another user")
