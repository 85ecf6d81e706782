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
import signal
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from egain_auth_cli.call.whole_file import WholeFile, write_pieces
from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

_ENDING = ("SIGTERM", "SIGHUP")
_DESCRIPTOR = re.compile(r"/(?:dev|proc/(self|thread-self|\d+))/fd/(\d+)")
_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_MOST_LINKS = 40
"""As many as Linux follows."""


class Ended(BaseException):
    """A signal that ends the program, once what is open has been cleaned up."""


class OutputFile:
    """An output that is open.

    Args:
        shown: Its name, for messages.
        open_as: A file that is put in place at the end, or what is written to as it comes.

    Attributes:
        withholds: Whether nothing is seen of it before ``finish``.
    """

    def __init__(self, shown: str, open_as: WholeFile | BinaryIO) -> None:
        self._shown = shown
        self._open_as = open_as
        self.withholds = isinstance(open_as, WholeFile)

    def write(self, pieces: Iterable[bytes]) -> None:
        """Write a body; into a file from the beginning, whatever an earlier try has written.

        Raises:
            OutputFailed: It cannot be written: the disk is full.
            ReaderGone: It is a pipe that nobody reads any more.
        """
        if isinstance(self._open_as, WholeFile):
            self._open_as.write(pieces)
        else:
            write_pieces(self._shown, self._open_as, pieces)

    def finish(self) -> None:
        """Put the file in place.

        Raises:
            OutputFailed: It cannot be.
        """
        if isinstance(self._open_as, WholeFile):
            self._open_as.finish()

    def is_that_of(self, other: OutputFile) -> bool:
        """Return whether both are one file, of which one would be lost."""
        mine, others = self._open_as, other._open_as
        return isinstance(mine, WholeFile) and isinstance(others, WholeFile) and mine.final == others.final

    def close(self) -> None:
        """Close it; what was not put in place is taken away."""
        with contextlib.suppress(OSError):  # what could not be flushed has been told
            self._open_as.close()


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
    with _signals_raise():
        try:
            output = OutputFile(shown, _directly(path) or WholeFile(shown, Path(os.path.realpath(path))))
        except OSError as exc:
            reason = (exc.strerror or "failed").lower()
            raise UsageError(
                f"`{shown}` cannot be written: {reason}", hint="check the file's name; nothing was sent"
            ) from exc
        with contextlib.closing(output):
            yield output


def _directly(path: Path) -> BinaryIO | None:
    """Open what is no plain file; None for a file, there or not.

    Our own descriptors are written to as they stand: opening `/dev/stdout` anew would cut the file that it leads to.
    """
    name = os.path.abspath(path)  # noqa: PTH100  no link is to be followed
    for _ in range(_MOST_LINKS):
        match = _DESCRIPTOR.fullmatch(name)
        ours = match and match[1] in (None, "self", "thread-self", str(os.getpid()))
        number = int(match[2]) if match and ours else _STREAMS.get(name)
        if number is not None:
            return os.fdopen(os.dup(number), "wb")
        if match or not Path(name).is_symlink():
            break
        name = os.path.normpath(Path(name).parent / Path(name).readlink())
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    return None if stat.S_ISREG(mode) else path.open("wb")


@contextlib.contextmanager
def _signals_raise() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the ``with`` statement as an exception, and then the program as they do."""
    former: dict[int, Callable[[int, FrameType | None], object] | int] = {}
    came: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        came.append(number)
        raise Ended

    for number in (getattr(signal, name) for name in _ENDING if hasattr(signal, name)):
        handler = signal.getsignal(number)
        if handler is not None and handler != signal.SIG_IGN:
            former[number] = handler
            signal.signal(number, end)
    try:
        yield
    except Ended:
        pass
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        for number in came:
            os.kill(os.getpid(), number)
