"""The terminal: standard output for data, standard error for words, prompts, progress and tables."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, TextIO

from egain_auth_cli.sanitize import printable, redact
from egain_auth_cli.terminal.data import ClosedOutput, DataOutput, OutputFailed, ReaderGone, output_failed
from egain_auth_cli.terminal.prompts import LINE_LIMIT, Prompts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from egain_auth_cli.errors import EgainError
    from egain_auth_cli.terminal.progress import LateProgress


__all__ = [
    "ClosedOutput",
    "OutputFailed",
    "ReaderGone",
    "Terminal",
    "abandon_stdout",
    "output_failed",
    "system_terminal",
]


class Terminal(Prompts, DataOutput):
    """The streams of one run.

    Args:
        environ: ``NO_COLOR``, ``TERM``, ``EGAIN_NO_INPUT``.
        stdin: None where it is closed; likewise the others.
        stdout: For data alone.
        stderr: For everything else.

    Attributes:
        quiet: Say nothing but errors and what a person needs to go on (``--quiet``).
        verbosity: How often ``-v`` was given.
        json_errors: Whether errors are shown as JSON.
        color: Whether colour is wanted.
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
        self._live: LateProgress | None = None
        self.quiet = False
        self.verbosity = 0
        self.json_errors = False
        self.color = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"

    def progress(self, doing: str) -> contextlib.AbstractContextManager[LateProgress | None]:
        """Show what takes long on a terminal, from one second on, and take it away again."""
        return self._progress_line(f"egain: {doing} …")

    def byte_progress(self, total: int | None) -> contextlib.AbstractContextManager[LateProgress | None]:
        """Likewise, counting bytes; None where nobody sees it."""
        return self._progress_line("", total=total, counts_bytes=True)

    @contextlib.contextmanager
    def _progress_line(
        self, text: str, *, total: int | None = None, counts_bytes: bool = False
    ) -> Iterator[LateProgress | None]:
        # What goes on within something that is shown already is a part of it: there is one line.
        if self.quiet or self._stderr is None or not self._stderr.isatty() or self._live is not None:
            yield None
            return
        from egain_auth_cli.terminal.progress import LateProgress

        line = LateProgress(self._stderr, text, color=self.color, total=total, counts_bytes=counts_bytes)
        with line:
            self._live = line
            try:
                yield line
            finally:
                self._live = None

    def say(self, text: str) -> None:
        """Tell the person something, unless ``--quiet``."""
        if not self.quiet:
            self._write(text)

    def instruct(self, text: str) -> None:
        """Tell the person something without which they cannot go on, even with ``--quiet``."""
        self._write(text)

    def instruct_rows(self, rows: Iterable[Sequence[str]], *, widths: Sequence[int]) -> None:
        """Tell likewise in rows, names first and then a text, which wraps beside them in the terminal's width.

        Args:
            rows: Cells; those beyond the columns of names are the pieces of one text.
            widths: Of the columns of names, at least.
        """
        shown = [[printable(redact(cell), limit=LINE_LIMIT) for cell in row] for row in rows]
        if self._stderr is not None and self._stderr.isatty():
            from egain_auth_cli.terminal.display import print_rows

            with contextlib.suppress(OSError, ValueError):
                print_rows(self._stderr, shown, widths, color=self.color)
            return
        for row in shown:
            names = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            self._emit(" ".join([*names, "".join(row[len(widths) :])]).rstrip() + "\n")

    def show_address(self, words: str, address: str) -> None:
        """Show an address after some words, even with ``--quiet``: as a link where the terminal has links, else whole.

        Args:
            words: What it is for.
            address: A URL, percent-encoded.
        """
        from egain_auth_cli.terminal.links import has_links, link

        if self._stderr is None or not self._stderr.isatty() or not has_links(self._environ):
            self._write(f"{words}\n\n  {address}\n")
            return
        self._emit(f"{printable(words)} {link(address)}\n")

    def warn(self, text: str) -> None:
        """Warn, unless ``--quiet``; in the form of errors, where those are JSON."""
        if not self.json_errors:
            self.say(f"warning: {text}")
        elif not self.quiet:
            message = printable(text, limit=LINE_LIMIT)
            self._emit(json.dumps({"warning": {"code": "warning", "message": message}}) + "\n")

    def trace(self, text: str) -> None:
        """Tell a step, with ``--verbose``."""
        if self.verbosity > 0:
            self._write(f"egain: {text}")

    def trace_head(self, text: str) -> None:
        """Tell a line of a request's or an answer's head, as it is on the wire."""
        self._write(text)

    def error(self, error: EgainError) -> None:
        """Show an error as ``error: …`` and ``hint: …``, or as one line of JSON; nothing where nobody reads on."""
        if isinstance(error, ReaderGone):
            return
        if self.json_errors:
            described = {
                key: redact(value) if isinstance(value, str) else value for key, value in error.as_dict().items()
            }
            self._emit(json.dumps({"error": described}) + "\n")
            return
        self._write(f"error: {error.message}" + (f"\n\nhint: {error.hint}" if error.hint else ""))

    def _write(self, text: str) -> None:
        lines = [printable(line, limit=LINE_LIMIT) for line in text.split("\n")]
        if self._paints(self._stderr):
            from egain_auth_cli.terminal.paint import paint_label

            lines = [paint_label(line) for line in lines]
        self._emit("\n".join(lines) + "\n")

    def _emit(self, text: str) -> None:
        """Write to standard error; where that is closed or full, there is nobody to tell."""
        if self._stderr is None:
            return
        # Threads write here too: the one that watches the browser, the one that keeps a token's file current.
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._live is None or not self._live.write(text):
                self._stderr.write(text)
                self._stderr.flush()


def system_terminal(environ: Mapping[str, str]) -> Terminal:
    """Return the terminal of this process's own streams."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            # A character that the locale lacks must not end the run. In UTF-8 only half a pair is none, and this way of
            # writing it is JSON's own.
            stream.reconfigure(errors="backslashreplace")
            if stream is sys.stdout and not stream.isatty():  # data for a program, which knows no locale of ours
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    return Terminal(environ, stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr)


def abandon_stdout() -> None:
    """Point a broken standard output at nothing, so that the interpreter's last flush is silent."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
