"""Where keys are read one by one: on the terminals of POSIX systems; Windows gives whole lines."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Protocol

from egain_auth_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from egain_auth_cli.terminal.line_editor import LineEditor


class Keyboard(Protocol):
    """A terminal whose lines may be of any length, as long as the ``with`` statement runs."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc_info: object) -> None: ...

    def take(self) -> bool:
        """Take the terminal out of its line mode, where it may be read; return whether it may be."""

    def editor(self) -> LineEditor:
        """Return what puts the keys together to lines."""


def keyboard_at(handle: int, *, echo: bool, waits: bool) -> Keyboard | None:
    """Return the keyboard of a terminal, or None where there is none: on Windows always.

    Args:
        handle: A file descriptor.
        echo: Whether what is typed is shown.
        waits: Whether a job in the background is stopped until it has the terminal; else it goes on without.
    """
    if sys.platform == "win32":
        return None
    from egain_auth_cli.terminal.posix_keyboard import PosixKeyboard, is_keyboard

    return PosixKeyboard(handle, echo=echo, waits=waits) if is_keyboard(handle) else None


def in_background(handle: int) -> bool:
    """Return whether a file descriptor is a terminal, and another job has it: its keys do not come here."""
    if sys.platform == "win32":
        return False
    from egain_auth_cli.terminal.posix_keyboard import has_foreground, is_keyboard

    return is_keyboard(handle) and not has_foreground(handle)


def read_hidden_line(keyboard: Keyboard, handle: int, *, ask: Callable[[], None], limit: int) -> str:
    """Read a line from a terminal without showing it.

    Args:
        keyboard: The terminal's, without an echo.
        handle: Its file descriptor.
        ask: Shows the question, when nothing typed is shown any more.
        limit: Bytes of the line.

    Raises:
        EOFError: The input ended.
        UsageError: The line is longer.
    """
    with keyboard:
        editor = keyboard.editor()
        ask()
        while len(editor) <= limit:
            key = os.read(handle, 1)  # no more: what is typed after the line is for whoever reads next
            lines = editor.feed(key)
            if lines:
                return lines[0]
            if editor.ended or not key:
                raise EOFError
    raise UsageError(f"the line is longer than {limit} bytes", hint="give the secret alone")
