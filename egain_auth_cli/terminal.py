"""Standard output for data, standard error for words; prompts, progress and tables."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, TextIO

from egain_auth_cli.errors import EgainError, UsageError
from egain_auth_cli.sanitize import printable, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_SLOW_SECONDS = 1.0
_REDRAW_SECONDS = 0.1
_BAR = 30
_LINE_LIMIT = 4096
_INPUT_LIMIT = 1024 * 1024
_SECRET_LIMIT = 64 * 1024


class OutputFailed(EgainError):
    """Standard output is closed or full."""

    code = "output-failed"


class Terminal:
    """The streams of one run.

    Args:
        environ: ``NO_COLOR``, ``TERM``, ``EGAIN_NO_INPUT``.
        stdin: None where it is closed; likewise the others.
        stdout: For data alone.
        stderr: For everything else.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self._environ = environ
        self._stdin, self._stdout, self._stderr = stdin, stdout, stderr
        self._lock = threading.Lock()
        self.quiet = False
        self.verbosity = 0
        self.json_errors = False
        self.color = "NO_COLOR" not in environ and environ.get("TERM") != "dumb"

    @property
    def stdout_is_terminal(self) -> bool:
        """Whether data is read by a person."""
        return self._stdout is not None and self._stdout.isatty()

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

    def data(self, text: str) -> None:
        """Write text and a newline to standard output, as it is.

        Raises:
            OutputFailed: It is closed or full.
        """
        if self._stdout is None:
            raise OutputFailed("standard output is closed", hint="run it without `>&-`")
        try:
            self._stdout.write(f"{text}\n")
            self._stdout.flush()
        except (OSError, ValueError) as exc:
            raise output_failed(exc) from None

    def line(self, text: str) -> None:
        """Write a line of words to standard output, printable and without secrets.

        Raises:
            OutputFailed: It is closed or full.
        """
        self.data(printable(redact(text), limit=_LINE_LIMIT))

    def json(self, value: object) -> None:
        """Write JSON to standard output, ASCII alone."""
        self.data(json.dumps(value, indent=2 if self.stdout_is_terminal else None))

    def write_bytes(self, pieces: Iterable[bytes]) -> None:
        """Write bytes to standard output as they come, and nothing else.

        Raises:
            OutputFailed: It is closed or full.
        """
        if self._stdout is None:
            raise OutputFailed("standard output is closed", hint="run it without `>&-`")
        out = self._stdout.buffer
        last = b""
        for piece in pieces:
            try:
                out.write(piece)
                out.flush()
            except (OSError, ValueError) as exc:
                raise output_failed(exc) from None
            last = piece
        if self.stdout_is_terminal and last and not last.endswith(b"\n"):
            self.data("")

    def text(self, text: str) -> None:
        """Write what a server sent as a line: as it is to a pipe, with visible escapes to a person's terminal.

        Raises:
            OutputFailed: It is closed or full.
        """
        self.data(_visible(text) if self.stdout_is_terminal else text)

    def pretty_json(self, document: object) -> None:
        """Write a document to a person's terminal: indented, coloured, nothing in it able to move the cursor."""
        text = json.dumps(document, indent=2, ensure_ascii=False)
        shown = _visible(text)
        if not self.color:
            self.data(shown)
            return
        from rich.console import Console
        from rich.highlighter import JSONHighlighter
        from rich.text import Text

        # Text, not markup, and soft-wrapped: rich neither reads brackets nor breaks lines.
        Console(file=self._stdout, highlight=False).print(JSONHighlighter()(Text(shown)), soft_wrap=True)

    def meter(self, total: int | None) -> Callable[[int], None]:
        """Give a progress bar for bytes, on a terminal; it is told how many there are so far, and -1 at the end."""
        if self.quiet or self._stderr is None or not self._stderr.isatty():
            return lambda _: None
        shown = [time.monotonic() + _SLOW_SECONDS]

        def update(taken: int) -> None:
            now = time.monotonic()
            if taken < 0:
                self.count("")
            elif now >= shown[0]:
                shown[0] = now + _REDRAW_SECONDS
                self.count(_bar(taken, total))

        return update

    def count(self, text: str) -> None:
        """Replace the line that counts something on a terminal; an empty text takes it away."""
        if not self.quiet and self._stderr is not None and self._stderr.isatty():
            self._emit(f"\r\x1b[K{printable(text)}")

    def read_secret_line(self, label: str) -> str:
        """Read a secret: one line of standard input, or a prompt without echo on a terminal.

        Raises:
            UsageError: A terminal is there, but nobody to be asked.
        """
        if self.stdin_is_terminal:
            return self.ask_secret(label)
        if self._stdin is None:
            return ""
        try:
            line = self._stdin.readline(_SECRET_LIMIT)
        except (OSError, ValueError):
            return ""
        return line.removesuffix("\n").removesuffix("\r")

    def read_input(self) -> bytes:
        """Read standard input to its end, a mebibyte at most and one byte more."""
        return b"" if self._stdin is None else self._stdin.buffer.read(_INPUT_LIMIT + 1)

    def say(self, text: str) -> None:
        """Tell the person something, unless ``--quiet``."""
        if not self.quiet:
            self._write(text)

    def instruct(self, text: str) -> None:
        """Tell the person something without which they cannot go on, even with ``--quiet``."""
        self._write(text)

    def warn(self, text: str) -> None:
        """Warn, unless ``--quiet``."""
        self.say(f"warning: {text}")

    def trace(self, text: str) -> None:
        """Tell a step, with ``--verbose``."""
        if self.verbosity > 0:
            self._write(f"egain: {text}")

    def error(self, error: EgainError) -> None:
        """Show an error as ``error: …`` and ``hint: …``, or as one line of JSON."""
        if self.json_errors:
            described = {
                key: redact(value) if isinstance(value, str) else value for key, value in error.as_dict().items()
            }
            self._emit(json.dumps({"error": described}) + "\n")
            return
        self._write(f"error: {error.message}" + (f"\n\nhint: {error.hint}" if error.hint else ""))

    def ask(self, label: str, *, default: str = "") -> str:
        """Ask the person for a line; the default if it is empty.

        Raises:
            UsageError: Nobody is there to be asked.
        """
        self._require_person(label, hint="give it on the command line; see `--help`")
        shown = f" [{printable(default, limit=200)}]" if default else ""
        self._emit(f"{label}{shown}: ")
        assert self._stdin is not None  # noqa: S101  can_ask says so
        line = self._stdin.readline(_LINE_LIMIT)
        if not line:
            raise KeyboardInterrupt
        return line.strip() or default

    def ask_secret(self, label: str) -> str:
        """Ask the person for a secret without showing it.

        Raises:
            UsageError: Nobody is there to be asked.
        """
        self._require_person(label, hint="pipe it into standard input, such as `… < FILE`")
        from getpass import getpass

        try:
            return getpass(f"{label}: ")
        except EOFError:
            raise KeyboardInterrupt from None

    @contextlib.contextmanager
    def progress(self, doing: str) -> Iterator[None]:
        """Show what takes long on a terminal, from one second on, and take it away again."""
        if self.quiet or self._stderr is None or not self._stderr.isatty():
            yield
            return
        shown = threading.Event()

        def show() -> None:
            shown.set()
            self._emit(f"egain: {printable(doing)} …")

        timer = threading.Timer(_SLOW_SECONDS, show)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            if shown.is_set():
                self._emit("\r\x1b[K")

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a table to standard output, columns aligned."""
        shown = [[printable(cell, limit=200) for cell in row] for row in (headings, *rows)]
        widths = [max(len(row[column]) for row in shown) for column in range(len(headings))]
        for row in shown:
            self.data("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    def _require_person(self, label: str, *, hint: str) -> None:
        if not self.can_ask:
            raise UsageError(f"`{label}` is needed, and nobody is here to be asked", hint=hint)

    def _write(self, text: str) -> None:
        lines = [printable(line, limit=_LINE_LIMIT) for line in redact(text).split("\n")]
        self._emit("\n".join(lines) + "\n")

    def _emit(self, text: str) -> None:
        """Write to standard error; where that is closed or full, there is nobody to tell."""
        if self._stderr is None:
            return
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stderr.write(text)
            self._stderr.flush()


def _visible(text: str) -> str:
    """Show characters that could move a cursor or turn the line as JSON's escapes."""
    return "".join(char if char.isprintable() or char == "\n" else f"\\u{ord(char):04x}" for char in text)


def _bar(taken: int, total: int | None) -> str:
    size = f"{taken / 1024 / 1024:.1f} MiB"
    if not total:
        return size
    share = min(1.0, taken / total)
    return f"[{'=' * round(share * _BAR):<{_BAR}}] {share:4.0%}  {size} of {total / 1024 / 1024:.1f} MiB"


def output_failed(exc: Exception) -> OutputFailed:
    """Give our error for a standard output that is closed or full."""
    reason = (getattr(exc, "strerror", None) or "closed").lower()
    return OutputFailed(f"standard output cannot be written: {reason}", hint="check the disk or the pipe's other end")


def system_terminal(environ: Mapping[str, str]) -> Terminal:
    """Give the terminal of this process's own streams."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return Terminal(environ, stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr)


def abandon_stdout() -> None:
    """Point a broken standard output at nothing, so that the interpreter's last flush is silent."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
