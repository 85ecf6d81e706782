"""Where ``-o`` writes: opened before the request leaves, and put in place once the body is whole.

A file is replaced under its own name where that is possible, so that it is whole or untouched. What is no plain file of
its own is written where it leads: links are followed, devices and pipes written to, and a file with a second name, of
another owner, or mounted on its own is written in place once everything is there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import signal
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.terminal import OutputFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

_ENDING = ("SIGTERM", "SIGHUP")
_DESCRIPTOR = re.compile(r"/(?:dev|proc/(?:self|thread-self|\d+))/fd/(\d+)")
_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_IN_PLACE = frozenset({errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS, errno.ETXTBSY})


class Ended(BaseException):
    """A signal that ends the program, once what is open has been cleaned up."""


class OutputFile:
    """An output that is open.

    Args:
        shown: Its name, for messages.
        file: What is written to.
        final: Where the whole file is to be put; None where it is written directly.

    Attributes:
        withholds: Whether nothing is seen of it before ``finish``.
    """

    def __init__(self, shown: str, file: BinaryIO, final: Path | None) -> None:
        self._shown = shown
        self._file = file
        self._final = final
        self.withholds = final is not None

    def write(self, pieces: Iterable[bytes]) -> None:
        """Write a body from the beginning, whatever an earlier try has written.

        Raises:
            OutputFailed: It cannot be written: the disk is full, or the reader has gone.
        """
        if self._final is not None:
            self._file.seek(0)
            self._file.truncate()
        for piece in pieces:
            with _told(self._shown):
                self._file.write(piece)
        with _told(self._shown):
            self._file.flush()

    def finish(self) -> None:
        """Put the file in place.

        Raises:
            OutputFailed: It cannot be.
        """
        if self._final is None:
            return
        with _told(self._shown):
            os.fsync(self._file.fileno())
            if not _renamed(self._file.name, self._final):
                self._file.seek(0)
                with self._final.open("r+b" if self._final.exists() else "wb") as target:
                    shutil.copyfileobj(self._file, target, 1 << 20)
                    target.truncate()


@contextlib.contextmanager
def open_output(path: Path | None) -> Iterator[OutputFile | None]:
    """Open an output before anything is sent; what is temporary is gone at the end, by whatever signal that comes.

    Args:
        path: The file; None and ``-`` are standard output, for which None is given back.

    Raises:
        UsageError: It cannot be written to.
    """
    if path is None or str(path) == "-":
        yield None
        return
    shown = printable(str(path), limit=200)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_signals_raise())
        try:
            direct = _directly(path)
            if direct is not None:
                output = OutputFile(shown, stack.enter_context(direct), None)
            else:
                final = Path(os.path.realpath(path))
                output = OutputFile(shown, stack.enter_context(_temporary(final)), final)
        except OSError as exc:
            reason = (exc.strerror or "failed").lower()
            raise UsageError(
                f"`{shown}` cannot be written: {reason}", hint="check the file's name; nothing was sent"
            ) from exc
        yield output


def _directly(path: Path) -> BinaryIO | None:
    """Open what is no plain file; None for a file, there or not.

    Our own descriptors are written to as they stand: opening `/dev/stdout` anew would cut the file that it leads to.
    """
    for name in (os.path.abspath(path), str(path.readlink()) if path.is_symlink() else ""):  # noqa: PTH100  no link
        match = _DESCRIPTOR.fullmatch(name)
        number = int(match[1]) if match else _STREAMS.get(name)
        if number is not None:
            return os.fdopen(os.dup(number), "wb")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    return None if stat.S_ISREG(mode) else path.open("wb")


@contextlib.contextmanager
def _temporary(final: Path) -> Iterator[BinaryIO]:
    """Make a temporary file beside the final one; if its folder takes none, one without a name elsewhere."""
    if final.exists() and not os.access(final, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    try:
        file = tempfile.NamedTemporaryFile(dir=final.parent, prefix=f".{final.name[:80]}.", delete=False)  # noqa: SIM115
    except OSError:
        if not final.exists():
            raise
        # It is nowhere to be found, and gone with this process: nothing of the answer stays there.
        with tempfile.TemporaryFile() as nameless:
            yield nameless
        return
    with file:
        try:
            yield file  # type: ignore[misc]
        finally:
            with contextlib.suppress(OSError):
                Path(file.name).unlink()


def _renamed(name: str | int, final: Path) -> bool:
    """Put a temporary file in place of the final one, with its owner and mode; False where that cannot be done."""
    if isinstance(name, int):  # a file without a name has its descriptor for one
        return False
    temp = Path(name)
    try:
        found = final.stat()
    except FileNotFoundError:
        temp.chmod(0o666 & ~_umask())
    else:
        # A second name would keep the old content; and whose file it is stays as it is.
        mine = os.name != "posix" or (found.st_uid == os.geteuid() and found.st_gid == temp.stat().st_gid)
        if found.st_nlink > 1:
            return False
        try:
            if not mine:
                os.chown(temp, found.st_uid, found.st_gid)
            temp.chmod(stat.S_IMODE(found.st_mode))
        except OSError:
            return False
    try:
        temp.replace(final)
    except OSError as exc:
        if exc.errno not in _IN_PLACE:
            raise
        return False
    return True


@contextlib.contextmanager
def _told(shown: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        reason = (exc.strerror or "failed").lower()
        raise OutputFailed(
            f"the answer came, but `{shown}` cannot be written: {reason}",
            hint="free some space or name another file by `-o`; a request that changes something has been made",
        ) from exc


@contextlib.contextmanager
def _signals_raise() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the ``with`` statement as an exception, and then the program as they do."""
    former: dict[int, object] = {}
    came: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        came.append(number)
        raise Ended

    for number in (getattr(signal, name) for name in _ENDING if hasattr(signal, name)):
        if signal.getsignal(number) == signal.SIG_DFL:
            former[number] = signal.signal(number, end)
    try:
        yield
    except Ended:
        pass
    finally:
        for number in former:
            signal.signal(number, signal.SIG_DFL)
        for number in came:
            os.kill(os.getpid(), number)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
