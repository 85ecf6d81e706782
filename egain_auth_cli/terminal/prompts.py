"""What comes from the person: answers to questions, secrets without echo, and standard input read with a bound."""

from __future__ import annotations

import contextlib
import os
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import pasted, printable, without_blanks

if TYPE_CHECKING:
    from collections.abc import Mapping

LINE_LIMIT = 4096
_INPUT_LIMIT = 1024 * 1024
_SECRET_LIMIT = 64 * 1024
_CONSOLE = "put `winpty` before the command, use Windows Terminal, or give it from a file by `< FILE`"


class Prompts(ABC):
    """Standard input, and the questions that are asked on it; a part of the terminal, which gives it its streams."""

    _environ: Mapping[str, str]
    _stdin: TextIO | None
    _stderr: TextIO | None

    @property
    def stdin_is_terminal(self) -> bool:
        """Whether standard input is a person's."""
        return self._stdin is not None and not self._stdin.closed and self._stdin.isatty()

    @property
    def can_ask(self) -> bool:
        """Whether a person is there to be asked."""
        return self.stdin_is_terminal and not self._environ.get("EGAIN_NO_INPUT") and self._stderr is not None

    @property
    def stdin_handle(self) -> int | None:
        """The file descriptor of standard input, or None where there is none."""
        try:
            return None if self._stdin is None else self._stdin.fileno()
        except (OSError, ValueError):
            return None

    @property
    def stdin_is_a_pipe(self) -> bool:
        """Whether standard input is neither a terminal nor nothing at all (``</dev/null``)."""
        handle = self.stdin_handle
        if handle is None or self.stdin_is_terminal:
            return False
        with contextlib.suppress(OSError):
            return not os.path.samestat(os.fstat(handle), Path(os.devnull).stat())
        return True

    def read_secret_line(self, label: str) -> str:
        """Read a secret: one line of standard input, or a prompt without echo on a terminal.

        Raises:
            UsageError: A terminal is there, but nobody is to be asked (``EGAIN_NO_INPUT``), or it is Git Bash's window.
        """
        if self.stdin_is_terminal:
            return pasted(self.ask_secret(label), f"the {label}", self.say)
        if self._stdin is None:
            return ""
        if self._in_mintty():
            raise UsageError(
                f"the {label} would be shown as it is typed: Git Bash's window is no console", hint=_CONSOLE
            )
        try:
            line = self._stdin.readline(_SECRET_LIMIT)
        except (OSError, ValueError):
            return ""
        return pasted(line, f"the {label}", self.say)

    def read_input(self) -> bytes:
        """Read standard input, 1 MiB and one byte of it at most: by that byte the caller sees that it is too long."""
        return b"" if self._stdin is None else self._stdin.buffer.read(_INPUT_LIMIT + 1)

    def ask(self, label: str, *, default: str = "") -> str:
        """Ask the person for a line; return the default if it is empty.

        Raises:
            UsageError: Nobody is there to be asked.
            KeyboardInterrupt: Standard input ended.
        """
        self._require_person(label, hint="give it on the command line; see `--help`")
        shown = f" [{printable(default, limit=200)}]" if default else ""
        self._emit(f"{label}{shown}: ")
        assert self._stdin is not None  # noqa: S101  can_ask says so
        line = self._stdin.readline(LINE_LIMIT)
        if not line:  # Ctrl-D, which means the same as Ctrl-C to whoever is asked
            raise KeyboardInterrupt
        return without_blanks(line) or default

    def ask_secret(self, label: str) -> str:
        """Ask the person for a secret without showing it.

        Raises:
            UsageError: Nobody is there to be asked, or the line is longer than 64 KiB.
            KeyboardInterrupt: Standard input ended.
        """
        self._require_person(label, hint="pipe it into standard input, such as `… < FILE`")
        try:
            return self._hidden_line(f"{label}: ")
        except EOFError:
            raise KeyboardInterrupt from None

    def _hidden_line(self, question: str) -> str:
        from egain_auth_cli.terminal.keyboard import keyboard_at, read_hidden_line

        handle = self.stdin_handle
        keyboard = None if handle is None else keyboard_at(handle, echo=False, waits=True)
        if handle is None or keyboard is None:
            from getpass import getpass

            return getpass(question)
        try:
            return read_hidden_line(keyboard, handle, ask=lambda: self._ask_aloud(question), limit=_SECRET_LIMIT)
        finally:
            self._ask_aloud("\n")

    # On the terminal itself, so that a redirected standard error does not swallow the question.
    def _ask_aloud(self, text: str) -> None:
        try:
            handle = os.open("/dev/tty", os.O_WRONLY)
        except OSError:
            self._emit(text)
            return
        with os.fdopen(handle, "w", errors="backslashreplace") as terminal:
            terminal.write(text)

    def _require_person(self, label: str, *, hint: str) -> None:
        if not self.can_ask:
            raise UsageError(
                f"`{label}` is needed, and nobody is here to be asked", hint=_CONSOLE if self._in_mintty() else hint
            )

    def _in_mintty(self) -> bool:
        if sys.platform != "win32" or self.stdin_handle is None:
            return False
        from egain_auth_cli.terminal.mintty import is_mintty

        return is_mintty(self.stdin_handle)

    @abstractmethod
    def say(self, text: str) -> None:
        """Tell the person."""

    @abstractmethod
    def _emit(self, text: str) -> None:
        """Write to standard error, as it is."""
