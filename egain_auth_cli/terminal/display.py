"""What a person's terminal shows beyond plain text: tables, colour, progress. The only home of rich; loaded late."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TextIO

from rich.console import Console  # noqa: TID253  this module is imported where a person looks on, and nowhere else
from rich.highlighter import JSONHighlighter  # noqa: TID253
from rich.progress import (  # noqa: TID253
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
)
from rich.table import Table  # noqa: TID253
from rich.text import Text  # noqa: TID253

if TYPE_CHECKING:
    from collections.abc import Sequence

_USUAL_WORD = 24


def _console(file: TextIO, *, color: bool) -> Console:
    # The caller has looked whether this is a terminal, and which colours are wanted: rich is not to guess again.
    return Console(file=file, force_terminal=True, no_color=not color, highlight=False, markup=False, emoji=False)


def print_json(file: TextIO, text: str) -> None:
    """Write JSON in colour."""
    # Text, not markup, and soft-wrapped: rich neither reads brackets nor breaks lines.
    _console(file, color=True).print(JSONHighlighter()(Text(text)), soft_wrap=True)


def print_table(file: TextIO, headings: Sequence[str], rows: Sequence[Sequence[str]], *, color: bool) -> None:
    """Write a table in the terminal's width; cells that are too long wrap."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold" if color else "")
    for heading, *cells in zip(headings, *rows, strict=True):
        # A word of usual length is kept whole: an option that is broken cannot be copied. Longer ones are folded.
        longest = max(len(word) for cell in (heading, *cells) for word in (cell.split() or [""]))
        table.add_column(Text(heading), overflow="fold", min_width=longest if longest <= _USUAL_WORD else None)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _console(file, color=color).print(table)


class LiveLine:
    """One line that shows what goes on, from ``start`` to ``stop``; then it is taken away.

    Args:
        file: The terminal.
        text: What goes on.
        total: How much there is to do, where that is known.
        counts_bytes: Whether there is a bar that counts bytes.
        color: Whether colour is wanted.
    """

    def __init__(self, file: TextIO, text: str, *, total: int | None, counts_bytes: bool, color: bool) -> None:
        columns: list[ProgressColumn] = [SpinnerColumn(), TextColumn("{task.description}", markup=False)]
        if counts_bytes:
            columns = [BarColumn(), TaskProgressColumn(), DownloadColumn(binary_units=True)]
        self._console = _console(file, color=color)
        # NOTE: rich would put objects of its own in place of sys.stdout and sys.stderr, and data could go through them.
        self._progress = Progress(
            *columns, console=self._console, transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task = self._progress.add_task(text, total=total)
        self._lock = threading.Lock()
        self._stopped = False

    def start(self) -> None:
        """Show the line, unless ``stop`` was called already: a timer's thread may come late."""
        with self._lock:
            if not self._stopped:
                self._progress.start()

    def update(self, text: str, done: int) -> None:
        """Change what the line says."""
        self._progress.update(self._task, description=text, completed=done)

    def write(self, text: str) -> None:
        """Write text above the line."""
        self._console.out(text, end="", highlight=False)

    def stop(self) -> None:
        """Take the line away."""
        with self._lock:
            self._stopped = True
            self._progress.stop()
