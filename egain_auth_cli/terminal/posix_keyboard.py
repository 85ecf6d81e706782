"""A terminal read without its line mode, in which the kernel cuts lines: at 4,095 bytes, on macOS at 1,024.

Everything else of the terminal stays: what is typed is shown where it should be, and Ctrl-C and Ctrl-Z are signals.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from egain_auth_cli.terminal.line_editor import Keys, LineEditor

if sys.platform == "win32":
    raise ImportError("Windows has no such terminals")
import termios

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, Self

_FLAGS, _CHARACTERS = 3, 6  # places in what tcgetattr gives: local flags, control characters


class PosixKeyboard:
    """A terminal whose lines may be of any length, as long as the ``with`` statement runs.

    However that ends, by a signal too, the terminal is given back as it was; while the process is stopped as well.

    Args:
        handle: The terminal's file descriptor; ``is_keyboard`` says whether it is one.
        echo: Whether what is typed is shown.
        waits: Whether a job in the background is stopped until it has the terminal; else it goes on without.
    """

    def __init__(self, handle: int, *, echo: bool, waits: bool) -> None:
        self._handle = handle
        self._echo = echo
        self._waits = waits
        self._found: list[Any] | None = None
        self._closed = False
        self._former: dict[int, Callable[[int, FrameType | None], Any] | int] = {}
        # Held for moments by the thread that reads and by the main thread, whose signals may come while it holds it.
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            self._catch(number, self._end)
        self._catch(signal.SIGTSTP, self._stop)
        self.take()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._close()
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def take(self) -> bool:
        """Take the terminal out of its line mode, where it may be read; again where a shell has put it back.

        Returns:
            Whether it may be read. A job in the background would be stopped by its first try.
        """
        with self._lock:
            if self._closed or not (self._waits or has_foreground(self._handle)):
                return False
            try:
                mode = termios.tcgetattr(self._handle)
            except termios.error:
                return True  # it is gone, and reading says so
            flags = mode[_FLAGS] & ~(termios.ICANON if self._echo else termios.ICANON | termios.ECHO)
            if flags != mode[_FLAGS]:
                self._found = mode
                characters = list(mode[_CHARACTERS])
                characters[termios.VMIN], characters[termios.VTIME] = 1, 0
                self._set([*mode[:_FLAGS], flags, *mode[_FLAGS + 1 : _CHARACTERS], characters])
            return True

    def editor(self) -> LineEditor:
        """Return what puts the keys together to lines."""
        characters = termios.tcgetattr(self._handle)[_CHARACTERS]
        names = (termios.VERASE, termios.VWERASE, termios.VKILL, termios.VEOF)
        return LineEditor(Keys(*(characters[name] for name in names)), show=self._show if self._echo else None)

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            # In the background it is another's, who has set it for itself.
            if self._found is not None and has_foreground(self._handle):
                self._set(self._found)
            self._found = None

    def _set(self, mode: list[Any]) -> None:
        with contextlib.suppress(termios.error):  # it may be gone
            termios.tcsetattr(self._handle, termios.TCSANOW, mode)

    def _show(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._handle, data)

    def _catch(self, number: int, handler: Callable[[int, FrameType | None], None]) -> None:
        former = signal.getsignal(number)
        # Python handles signals in the main thread alone; None is a handler that Python did not set.
        if threading.current_thread() is threading.main_thread() and former not in (signal.SIG_IGN, None):
            self._former[number] = signal.signal(number, handler) or signal.SIG_DFL

    def _end(self, number: int, _: FrameType | None) -> None:
        self._close()
        signal.signal(number, self._former[number])
        signal.raise_signal(number)

    def _stop(self, number: int, _: FrameType | None) -> None:
        was_closed = self._closed
        self._close()
        signal.signal(number, self._former[number])
        signal.pthread_kill(threading.get_ident(), number)  # to this thread, so that the process stops here
        signal.signal(number, self._stop)
        self._closed = was_closed
        self.take()


def is_keyboard(handle: int) -> bool:
    """Return whether a file descriptor is a terminal that can be so read."""
    try:
        termios.tcgetattr(handle)
    except (termios.error, ValueError):
        return False
    return True


def has_foreground(handle: int) -> bool:
    """Return whether this process is in the foreground of a terminal, or that has no jobs that could be."""
    try:
        return os.tcgetpgrp(handle) == os.getpgrp()
    except OSError:
        return True  # not the terminal that controls this process, so nobody stops it
