"""A file that is there whole or as it was: written under another name, and put in its place at the end."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.sanitize import printable
from egain_auth_cli.stores.disk import replace_file, sync_file, unlink_file
from egain_auth_cli.terminal import OutputFailed, ReaderGone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG}) if hasattr(errno, "EDQUOT") else {errno.ENOSPC}
_PREFIX = ".egain-"


class WholeFile:
    """A file's content on its way.

    Args:
        shown: The file's name, for messages.
        final: The file; a link was followed.

    Attributes:
        final: Likewise.

    Raises:
        OSError: There is no place to write it.
    """

    def __init__(self, shown: str, final: Path) -> None:
        if final.exists() and not os.access(final, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        self._shown = shown
        self.final = final
        self._file: IO[bytes]
        self._name: Path | None = None
        try:
            handle, name = tempfile.mkstemp(dir=final.parent, prefix=_PREFIX)
        except OSError:
            if not final.exists():
                raise
            # A file in a folder that takes no other one is written over, once all of it is somewhere else: where nobody
            # finds it, and it is gone with this process.
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        else:
            self._file = os.fdopen(handle, "w+b")
            self._name = Path(name)

    def write(self, pieces: Iterable[bytes]) -> None:
        """Write the content from the beginning, whatever an earlier try has written.

        Raises:
            OutputFailed: The disk is full.
        """
        with told(self._shown):
            self._file.seek(0)
            self._file.truncate()
        write_pieces(self._shown, self._file, pieces)

    def finish(self) -> None:
        """Put the content in the file's place.

        Raises:
            OutputFailed: It cannot be; the content is kept beside it.
        """
        try:
            self._put_in_place()
        except OSError as exc:
            kept, self._name = self._name, None
            where = f"it is in `{printable(str(kept), limit=300)}`: move it by hand" if kept else "name another file"
            raise failed(self._shown, exc, hint=where) from exc

    def _put_in_place(self) -> None:
        if self._name is not None and _may_replace(self._name, self.final):
            sync_file(self._file.fileno())
            self._file.close()  # Windows renames no open file
            try:
                replace_file(self._name, self.final)
            except OSError:  # mounted on its own, or held open by another program
                if not self.final.exists():
                    raise
                self._file = self._name.open("rb")
            else:
                self._name = None
                return
        _copy_over(self._file, self.final)

    def close(self) -> None:
        """Take away what was not put in place."""
        with contextlib.suppress(OSError):
            self._file.close()
        if self._name is not None:
            with contextlib.suppress(OSError):
                unlink_file(self._name)


def write_pieces(shown: str, file: IO[bytes], pieces: Iterable[bytes]) -> None:
    """Write pieces, and have the system take all of them.

    Raises:
        OutputFailed: It does not; what fails in the pieces themselves is let through.
    """
    for piece in pieces:
        with told(shown):
            file.write(piece)
    with told(shown):
        file.flush()


@contextlib.contextmanager
def told(shown: str) -> Iterator[None]:
    """Tell what the system says of an output as our error.

    Raises:
        OutputFailed: It cannot be written.
        ReaderGone: It is a pipe that nobody reads any more.
    """
    try:
        yield
    except BrokenPipeError:
        raise ReaderGone(f"the reader of `{shown}` has gone away") from None
    except OSError as exc:
        raise failed(shown, exc, hint="free some space or name another file by `-o`") from exc


def failed(shown: str, exc: OSError, *, hint: str) -> OutputFailed:
    """Return the error of an output that cannot be written."""
    reason = (exc.strerror or "failed").lower()
    return OutputFailed(
        f"the answer came, but `{shown}` cannot be written: {reason}",
        hint=f"{hint}; a request that changes something has been made",
    )


def _may_replace(temporary: Path, final: Path) -> bool:
    """Give a temporary file the owner and the mode of the final one; False where that cannot be, or is not enough."""
    try:
        found = final.stat()
    except FileNotFoundError:
        temporary.chmod(0o666 & ~_umask())
        return True
    if found.st_nlink > 1:  # a second name would keep the old content
        return False
    try:
        # Whose file it is stays as it is.
        if sys.platform != "win32" and (found.st_uid, found.st_gid) != (os.geteuid(), temporary.stat().st_gid):
            os.chown(temporary, found.st_uid, found.st_gid)
        temporary.chmod(stat.S_IMODE(found.st_mode))
    except OSError:
        return False
    return True


def _copy_over(source: IO[bytes], final: Path) -> None:
    """Write a file over another one; where there is no room for it, that one stays as it is."""
    source.seek(0)
    with final.open("r+b") as target:
        _make_room(target.fileno(), os.fstat(source.fileno()).st_size)
        shutil.copyfileobj(source, target, 1 << 20)
        target.truncate()


def _make_room(handle: int, size: int) -> None:
    before = os.fstat(handle).st_size
    if not hasattr(os, "posix_fallocate"):
        return  # neither macOS nor Windows can be asked
    try:
        os.posix_fallocate(handle, 0, max(size, 1))
    except OSError as exc:
        if exc.errno in _NO_ROOM:
            os.ftruncate(handle, before)
            raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
