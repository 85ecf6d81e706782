"""Texts that the person pastes while the listener waits."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING

from egain_auth_cli.terminal.keyboard import keyboard_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from egain_auth_cli.terminal.line_editor import LineEditor

_LONGEST = 64 * 1024
_PIECE = 4096
_QUIET_SECONDS = 0.2
"""The lines of a text come at once: what comes after so long a pause is another one."""
_LOOK_SECONDS = 0.5
"""Between two looks at whose the terminal is: no signal says that a job came back to the foreground."""


class PasteReader:
    """Reads texts from a file descriptor in a thread, and stops without taking what was typed later.

    Lines of a terminal may be of any length. It is read only while this process is in its foreground.

    Args:
        handle: Standard input's file descriptor.
        on_text: Is called with each text: the lines that came at once.
        on_end: Called once when there is no more.
    """

    def __init__(self, handle: int, *, on_text: Callable[[str], None], on_end: Callable[[], None]) -> None:
        self._handle = handle
        self._on_text = on_text
        self._on_end = on_end
        self._keyboard = keyboard_at(handle, echo=True, waits=False)
        self._stop_in, self._stop_out = socket.socketpair()
        self._thread = threading.Thread(target=self._read, name="egain-paste", daemon=True)

    def __enter__(self) -> Self:
        if self._keyboard is not None:
            self._keyboard.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._keyboard is not None:
            self._keyboard.__exit__()
        with contextlib.suppress(OSError):
            self._stop_out.send(b"x")
        self._thread.join(0.5)
        if not self._thread.is_alive():  # on Windows it may still wait for a line
            self._stop_in.close()
            self._stop_out.close()

    def _read(self) -> None:
        if sys.platform != "win32" and self._keyboard is not None:
            # Where the terminal is lost in the very moment of reading, that is an error then, and stops nothing.
            signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTTIN, signal.SIGTTOU))
        typed: LineEditor | _PipedLines = _PipedLines() if self._keyboard is None else self._keyboard.editor()
        lines: list[str] = []
        with contextlib.suppress(_Stopped):
            while len(typed) <= _LONGEST and not typed.ended:
                # A line that is being typed may be the last one of the text.
                piece = self._next(_QUIET_SECONDS if lines and not len(typed) else None)
                lines += typed.feed(piece) if piece else typed.rest() if piece == b"" else []
                if lines and (not piece or sum(map(len, lines)) > _LONGEST):
                    self._on_text("\n".join(lines))
                    lines = []
                if piece == b"":
                    break
            if lines:
                self._on_text("\n".join(lines))
            self._on_end()

    def _next(self, seconds: float | None) -> bytes | None:
        """Return what came, nothing at the input's end, or None where nothing came for so many seconds.

        Raises:
            _Stopped: There is nothing to be read any more.
        """
        if sys.platform == "win32" and seconds is not None:
            return None
        while True:
            try:
                if sys.platform == "win32" or self._is_ready(seconds):
                    # Not sys.stdin: what Python has buffered would be lost for whoever reads next.
                    return os.read(self._handle, _PIECE)
            except (OSError, ValueError):
                if self._may_read():
                    return b""
            if seconds is not None:
                return None

    def _is_ready(self, seconds: float | None) -> bool:
        watched = [self._stop_in.fileno(), *([self._handle] if self._may_read() else [])]
        look = _LOOK_SECONDS if self._keyboard is not None else None
        ready, _, _ = select.select(watched, [], [], look if seconds is None else seconds)
        if self._stop_in.fileno() in ready:
            raise _Stopped
        return self._handle in ready

    def _may_read(self) -> bool:
        return self._keyboard is None or self._keyboard.take()


class _Stopped(Exception):
    """Nobody waits for a text any more."""


class _PipedLines:
    """Puts bytes from a pipe together to lines."""

    ended = False

    def __init__(self) -> None:
        self._pending = b""

    def __len__(self) -> int:
        return len(self._pending)

    def feed(self, piece: bytes) -> list[str]:
        *lines, self._pending = (self._pending + piece).split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]

    def rest(self) -> list[str]:
        return [self._pending.decode("utf-8", "replace")] if self._pending else []
