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

from egain_auth_cli.terminal.paint import Style, Styled, style_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_USUAL_WORD = 24
"""Characters of the longest word that is not broken, where the terminal is wide enough."""
_WHOLE_WORD = 40
"""Characters of the longest name or address that a table may not break."""
_GAP = 2
"""Spaces between two columns."""
_MOST_LINES = 3
"""Lines of a cell, beyond which a table is not read across any more."""
_KEPT = "\ue000"
"""Stands for a blank that is kept: rich would wrap at a no-break space too."""
_RICH = {
    Style.PLAIN: "", Style.HEADING: "bold", Style.GOOD: "green", Style.WARNING: "yellow", Style.BAD: "red",
    Style.ERROR: "bold red", Style.HINT: "cyan", Style.ASIDE: "dim",
}  # fmt: skip


def _console(file: TextIO, *, color: bool) -> Console:
    # The caller has looked whether this is a terminal, and which colours are wanted: rich is not to guess again.
    console = Console(file=file, force_terminal=True, no_color=not color, highlight=False, markup=False, emoji=False)
    if not color:
        console._color_system = None  # noqa: SLF001  `no_color` leaves bold and dim; `color_system=None` guesses again
    return console


def print_json(file: TextIO, text: str) -> None:
    """Write JSON in colour."""
    # Text, not markup, and soft-wrapped: rich neither reads brackets nor breaks lines.
    _console(file, color=True).print(JSONHighlighter()(Text(text)), soft_wrap=True)


def print_table(file: TextIO, headings: Sequence[str], rows: Sequence[Sequence[str]], *, color: bool) -> None:
    """Write a table in the terminal's width; where its cells are too narrow to be read, a block of lines a row."""
    console = _console(file, color=color)
    columns = [(heading, *cells) for heading, *cells in zip(headings, *rows, strict=True)]
    widths = _widths(columns, console.width - _GAP * (len(columns) - 1))
    if any(_is_cramped(cell, width) for column, width in zip(columns, widths, strict=True) for cell in column):
        _print_blocks(file, headings, rows, color=color)
        return
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold" if color else "")
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(Text(heading), overflow="fold", width=width)
    for row in rows:
        table.add_row(*(_text(cell) for cell in row))
    console.print(table)


def _is_cramped(cell: str, width: int) -> bool:
    return len(cell) > _MOST_LINES * width or any(width < len(word) <= _WHOLE_WORD for word in cell.split())


def _print_blocks(file: TextIO, headings: Sequence[str], rows: Sequence[Sequence[str]], *, color: bool) -> None:
    if not headings[0]:  # a mark of the row, which goes before its name
        headings, rows = headings[1:], [(" ".join(filter(None, row[:2])), *row[2:]) for row in rows]
    names = [Styled(heading, Style.HEADING) for heading in headings]
    blocks = [[(name, cell) for name, cell in zip(names, row, strict=True) if cell] for row in rows]
    longest = max(map(len, headings))
    for number, block in enumerate(blocks):
        if number:
            file.write("\n")
        print_rows(file, block, [longest + 1], color=color)


def print_rows(file: TextIO, rows: Sequence[Sequence[str]], widths: Sequence[int], *, color: bool) -> None:
    """Write rows of names and a text each; the text wraps beside the names, which stand above it if they are long.

    Args:
        file: The terminal.
        rows: The names, then the pieces of the text.
        widths: Of the columns of names, at least.
        color: Whether colour is wanted.
    """
    console = _console(file, color=color)
    wanted = [max([least, *(len(row[column]) for row in rows)]) for column, least in enumerate(widths)]
    longest = max((sum(map(len, row[len(wanted) :])) for row in rows), default=0)
    columns = wanted if console.width - sum(wanted) - len(wanted) >= longest else widths
    indent = sum(columns) + len(columns)
    for row in rows:
        head = Text(" ").join(_text(cell.ljust(width), cell) for cell, width in zip(row, columns, strict=False))
        head.append(" " if columns else "")
        if len(head) > indent:
            head.rstrip()
            console.print(head, soft_wrap=True)
            head = Text(" " * indent)
        text = Text.assemble(*(_text(_kept_together(piece), piece) for piece in row[len(columns) :]))
        for line in text.wrap(console, max(1, console.width - indent), overflow="fold"):
            line.rstrip()
            line.plain = line.plain.replace(_KEPT, " ")
            console.print(head + line if line else Text(head.plain.rstrip()), soft_wrap=True)
            head = Text(" " * indent)


def _kept_together(piece: str) -> str:
    """Return an aside with blanks at which it is not wrapped: it is short, and read as one."""
    if style_of(piece) is not Style.ASIDE:
        return piece
    words = piece.lstrip()
    return piece[: len(piece) - len(words)] + words.replace(" ", _KEPT)


def _text(shown: str, styled: str | None = None) -> Text:
    return Text(shown, style=_RICH[style_of(shown if styled is None else styled)])


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
