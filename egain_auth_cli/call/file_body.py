"""Bodies that are read from files, pipes and standard input."""

from __future__ import annotations

import os
import select
import shlex
import stat
import sys
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from egain_auth_cli.call.body import BytesBody, Opened, unreadable
from egain_auth_cli.errors import NetworkError, UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from egain_auth_cli.call.body import Body
    from egain_auth_cli.terminal import Terminal

READ_AHEAD = 8 * 1024 * 1024
"""Bytes of a pipe that are read before anything is sent: what ends by then is sent with its length."""
_PIECE = 64 * 1024
_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class FileBody:
    """A file, of which exactly the bytes are sent that it has when a try begins.

    Args:
        name: Of the file, for messages; and to open it.
        warn: Told where it was changed meanwhile.
        descriptor: An open descriptor that is read in place of the name, from where it stands.
    """

    replayable = True
    content_type = "application/json"

    def __init__(self, name: str, *, warn: Callable[[str], None], descriptor: int | None = None) -> None:
        self._name = name
        self._warn = warn
        self._descriptor = descriptor
        self._start = 0 if descriptor is None else os.lseek(descriptor, 0, os.SEEK_CUR)

    def open(self) -> Opened:
        """Return the file's pieces and the length that it has now.

        Raises:
            UsageError: It cannot be read.
        """
        try:
            handle = os.open(self._name, _READ) if self._descriptor is None else os.dup(self._descriptor)
            file = os.fdopen(handle, "rb")
            found = os.fstat(handle)
            size = max(0, found.st_size - self._start)
            file.seek(self._start)
            if size <= _PIECE:
                # At once: it cannot change any more, and the kernel's own files say more bytes than they have.
                with file:
                    data = file.read(size)
                return Opened(data, len(data))
        except (OSError, ValueError) as exc:
            raise unreadable(self._name, exc) from exc
        return Opened(self._pieces(file, found, size), size)

    def curl_words(self) -> list[str]:
        """Return its name."""
        if self._descriptor is not None:
            return ["--data-binary", "@-"]
        return ["--data-binary", shlex.quote(f"@./{self._name}" if self._name.startswith("-") else f"@{self._name}")]

    def _pieces(self, file: BinaryIO, found: os.stat_result, size: int) -> Iterator[bytes]:
        with file:
            left = size
            while left:
                piece = file.read(min(_PIECE, left))
                if not piece:
                    # The length was announced: the server waits for the rest, and gets the end of the connection.
                    raise NetworkError(
                        f"`{self._shown}` became shorter while it was sent, so the request was cut off",
                        hint="send a copy of the file, or pipe it in: `-d @-`",
                    )
                left -= len(piece)
                yield piece
            now = os.fstat(file.fileno())
            if (now.st_size, now.st_mtime_ns) != (found.st_size, found.st_mtime_ns):
                self._warn(f"`{self._shown}` was changed while it was sent; sent were {size} bytes")

    @property
    def _shown(self) -> str:
        return printable(self._name, limit=200)


class PipeBody:
    """What can be read once: a pipe, a device, or a file of a size that nobody knows, such as those of ``/proc``.

    Args:
        name: Of the file; None for standard input.
        descriptor: Standard input's.
    """

    content_type = "application/json"

    def __init__(self, name: str | None, *, descriptor: int | None = None) -> None:
        self._name = name
        self._descriptor = descriptor

    @property
    def replayable(self) -> bool:
        """Whether it has ended within ``READ_AHEAD``.

        Raises:
            UsageError: It cannot be read.
        """
        return self._begun[1] is None

    def open(self) -> Opened:
        """Return the bytes, or what goes on.

        Raises:
            UsageError: It cannot be read.
        """
        held, rest = self._begun
        if rest is None:
            return Opened(held, len(held))
        begun = (held[start : start + _PIECE] for start in range(0, len(held), _PIECE))
        return Opened(chain(begun, iter(lambda: _read(rest), b"")), None)

    def curl_words(self) -> list[str]:
        """Return its name."""
        return ["--data-binary", "@-" if self._name is None else shlex.quote(f"@{self._name}")]

    @cached_property
    def _begun(self) -> tuple[bytes, int | None]:
        """The beginning, and the descriptor of the rest where there is one."""
        held = bytearray()
        try:
            # Opening a FIFO waits for its writer, as any program's reading does.
            handle = os.dup(self._descriptor) if self._name is None else os.open(self._name, _READ)  # type: ignore[arg-type]
            while len(held) <= READ_AHEAD:
                piece = _read(handle)
                if not piece:
                    os.close(handle)
                    return bytes(held), None
                held += piece
        except (OSError, ValueError) as exc:
            raise unreadable(self._name or "standard input", exc) from exc
        return bytes(held), handle


def _read(handle: int) -> bytes:
    """Read on; wait where whoever shares the pipe has made it one that does not."""
    while True:
        try:
            return os.read(handle, _PIECE)
        except BlockingIOError:
            select.select([handle], [], [])


def body_of(given: str, terminal: Terminal) -> Body:
    """Return the body that ``-d`` names: a text, ``@FILE``, or ``@-`` for standard input.

    Raises:
        UsageError: There is no such file, or nothing to read it from.
    """
    if not given.startswith("@"):
        return BytesBody(given.encode("utf-8", "surrogateescape"))
    if given != "@-":
        return file_body(given[1:], terminal.warn)
    handle = terminal.stdin_handle
    if terminal.stdin_is_terminal or handle is None or sys.stdin is None:
        raise UsageError("standard input has no body", hint="pipe it: `… | egain call POST /path -d @-`")
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode) and found.st_size:
        return FileBody("standard input", warn=terminal.warn, descriptor=handle)
    return PipeBody(None, descriptor=handle)


def file_body(name: str, warn: Callable[[str], None]) -> Body:
    """Return the content of a file, a pipe or a device as a body.

    Raises:
        UsageError: There is none.
    """
    try:
        found = Path(name).stat()
    except (OSError, ValueError) as exc:
        raise unreadable(name, exc) from exc
    if not name or stat.S_ISDIR(found.st_mode):
        raise UsageError(f"`{printable(name, limit=200)}` is a folder", hint="give `-d @FILE`, or `-d @-` for stdin")
    return FileBody(name, warn=warn) if stat.S_ISREG(found.st_mode) and found.st_size else PipeBody(name)


def text_of(name: str, terminal: Terminal) -> str:
    """Return the text of a file, or of standard input for ``-``.

    Raises:
        UsageError: It cannot be read, or is no text in UTF-8.
    """
    body = body_of(f"@{name}", terminal).open().content
    raw = body if isinstance(body, bytes) else b"".join(body)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise UsageError(
            f"`{printable(name, limit=200)}` is no text in UTF-8", hint="send it by `-d @FILE` or `--form NAME=@FILE`"
        ) from exc
