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
"""Characters of the longest word that is not broken, where the terminal is wide enough."""
_GAP = 2
"""Spaces between two columns."""


def _console(file: TextIO, *, color: bool) -> Console:
    # The caller has looked whether this is a terminal, and which colours are wanted: rich is not to guess again.
    return Console(file=file, force_terminal=True, no_color=not color, highlight=False, markup=False, emoji=False)


def print_json(file: TextIO, text: str) -> None:
    """Write JSON in colour."""
    # Text, not markup, and soft-wrapped: rich neither reads brackets nor breaks lines.
    _console(file, color=True).print(JSONHighlighter()(Text(text)), soft_wrap=True)


def print_table(file: TextIO, headings: Sequence[str], rows: Sequence[Sequence[str]], *, color: bool) -> None:
    """Write a table in the terminal's width; cells that are too long wrap."""
    console = _console(file, color=color)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold" if color else "")
    columns = [(heading, *cells) for heading, *cells in zip(headings, *rows, strict=True)]
    for heading, width in zip(headings, _widths(columns, console.width - _GAP * len(columns)), strict=True):
        table.add_column(Text(heading), overflow="fold", width=width)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """Share the room among the columns: whole words before whole cells, for a broken word cannot be copied."""
    # rich shares it by the cells' lengths alone, and cuts off what then goes beyond the terminal.
    longest = [max(len(word) for cell in column for word in cell.split() or [""]) for column in columns]
    most = next((most for most in range(_USUAL_WORD, 1, -1) if sum(min(one, most) for one in longest) <= room), 1)
    widths = [max(1, min(one, most)) for one in longest]
    wanted = [max(map(len, column)) for column in columns]
    for _ in range(room - sum(widths)):
        neediest = max(range(len(columns)), key=lambda number: wanted[number] - widths[number])
        if widths[neediest] >= wanted[neediest]:
            break
        widths[neediest] += 1
    return widths


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
