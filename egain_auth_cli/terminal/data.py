"""Standard output: data for programs as bytes, and the same for a person's terminal, where it can do no harm."""

from __future__ import annotations

import codecs
import io
import json
import os
import select
import stat
import sys
from typing import TYPE_CHECKING, BinaryIO, TextIO

from egain_auth_cli.errors import EgainError, ExitCode
from egain_auth_cli.sanitize import printable
from egain_auth_cli.terminal.prompts import LINE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class OutputFailed(EgainError):
    """Standard output is closed or full."""

    code = "output-failed"


class ReaderGone(OutputFailed):
    """Whoever read standard output has gone away: there is nobody to tell."""

    exit_code = ExitCode.READER_GONE


class DataOutput:
    """Standard output; a part of the terminal, which gives it its stream."""

    _environ: Mapping[str, str]
    _stdout: TextIO | None
    color: bool

    @property
    def stdout_is_terminal(self) -> bool:
        """Whether data is read by a person."""
        return self._stdout is not None and self._stdout.isatty()

    @property
    def stdout_is_file(self) -> bool:
        """Whether data is kept on a disk, and nobody sees it come."""
        try:
            return self._stdout is not None and stat.S_ISREG(os.fstat(self._stdout.fileno()).st_mode)
        except (OSError, ValueError):
            return False

    @property
    def paints_stdout(self) -> bool:
        """Whether what a person reads there is to be coloured."""
        return self._paints(self._stdout)

    def _paints(self, stream: TextIO | None) -> bool:
        # Windows' old console shows the codes as they are, unless rich writes them.
        reads_codes = sys.platform != "win32" or "WT_SESSION" in self._environ
        return self.color and stream is not None and stream.isatty() and reads_codes

    def data(self, text: str) -> None:
        """Write text and a newline to standard output, as it is.

        Raises:
            OutputFailed: It is closed or full.
        """
        out = self._open_stdout()
        try:
            # Not through the text layer: it loses what a pipe that does not block has no room for.
            _write_whole(out.buffer, f"{text}\n".encode(out.encoding, out.errors or "strict"))
        except (OSError, ValueError) as exc:
            raise output_failed(exc) from None

    def line(self, text: str) -> None:
        """Write a line of words to standard output, printable and without secrets.

        Raises:
            OutputFailed: It is closed or full.
        """
        self.data(printable(text, limit=LINE_LIMIT))

    def json(self, value: object) -> None:
        """Write JSON to standard output, ASCII alone."""
        self.data(json.dumps(value, indent=2 if self.stdout_is_terminal else None))

    def write_bytes(self, pieces: Iterable[bytes]) -> None:
        """Write bytes to standard output as they come, and nothing else.

        Raises:
            OutputFailed: It is closed or full.
        """
        out = self._open_stdout()
        last = b""
        for piece in pieces:
            try:
                _write_whole(out.buffer, piece)
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

    def line_of_bytes(self, raw: bytes) -> None:
        """Write what a server sent as a line, byte for byte to a pipe, with visible escapes to a person's terminal.

        Raises:
            OutputFailed: It is closed or full.
        """
        if self.stdout_is_terminal:
            self.text(raw.decode("utf-8", "replace"))
        else:
            self.write_bytes((raw, b"\n"))

    def long_text(self, pieces: Iterable[bytes]) -> None:
        """Write what a server sent to a person's terminal, piece by piece, with visible escapes.

        Raises:
            OutputFailed: It is closed or full.
        """
        # Incremental, since a character may be cut in two by the end of a piece.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        shown = (_visible(decoder.decode(piece)).encode("utf-8", "backslashreplace") for piece in pieces)
        self.write_bytes(shown)

    def pretty_json(self, text: str) -> None:
        """Write indented JSON to a person's terminal: coloured, nothing in it able to move the cursor."""
        shown = _visible(text)
        if not self.color or self._stdout is None:
            self.data(shown)
            return
        from egain_auth_cli.terminal.display import print_json

        print_json(self._stdout, shown)

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a table to standard output: in a terminal's width, or with columns aligned in a pipe."""
        shown = [[_shown(cell, limit=200) for cell in row] for row in (headings, *rows)]
        if self.stdout_is_terminal and self._stdout is not None:
            from egain_auth_cli.terminal.display import print_table

            print_table(self._stdout, shown[0], shown[1:], color=self.color)
            return
        widths = [max(len(row[column]) for row in shown) for column in range(len(headings))]
        for row in shown:
            self.data("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    def rows(self, rows: Iterable[Sequence[str]], *, widths: Sequence[int]) -> None:
        """Write rows without headings to standard output: names first, then what there is to say, in pieces.

        Args:
            rows: Cells; those beyond the columns of names are the pieces of one text, which wraps on a terminal.
            widths: Of the columns of names, at least.

        Raises:
            OutputFailed: It is closed or full.
        """
        shown = [[_shown(cell, limit=LINE_LIMIT) for cell in row] for row in rows]
        if self.stdout_is_terminal and self._stdout is not None:
            from egain_auth_cli.terminal.display import print_rows

            print_rows(self._stdout, shown, widths, color=self.color)
            return
        wanted = [max([least, *(len(row[column]) for row in shown)]) for column, least in enumerate(widths)]
        for row in shown:
            names = [cell.ljust(width) for cell, width in zip(row, wanted, strict=False)]
            self.data(" ".join([*names, "".join(row[len(wanted) :])]).rstrip())

    def _open_stdout(self) -> TextIO:
        if self._stdout is None:
            raise _closed()
        return self._stdout


class ClosedOutput(io.TextIOBase):
    """What Typer writes its help to where standard output is closed: it would say nothing, and end with 0."""

    def write(self, _: str) -> int:
        """Refuse.

        Raises:
            OutputFailed: Always.
        """
        raise _closed()


def _closed() -> OutputFailed:
    return OutputFailed("standard output is closed", hint="run it without `>&-`")


def _write_whole(out: BinaryIO, data: bytes) -> None:
    """Write all of it at once; wait where whoever shares the pipe has made it one that does not."""
    rest = memoryview(data)
    while True:
        try:
            if rest:
                rest = rest[out.write(rest) :]
            out.flush()
        except BlockingIOError as exc:
            rest = rest[exc.characters_written :]  # what it has taken, of `rest` or of what it held
            select.select([], [out], [])
        else:
            if not rest:
                return


def _shown(cell: str, *, limit: int) -> str:
    """Return a cell printable and without secrets, and still what it is."""
    from egain_auth_cli.terminal.paint import Styled, style_of

    return Styled(printable(cell, limit=limit), style_of(cell))


def _visible(text: str) -> str:
    """Show characters that could move a cursor or turn the line as JSON's escapes."""
    return "".join(char if char.isprintable() or char == "\n" else f"\\u{ord(char):04x}" for char in text)


def output_failed(exc: Exception) -> OutputFailed:
    """Return our error for a standard output that is closed or full."""
    reason = (getattr(exc, "strerror", None) or "closed").lower()
    if isinstance(exc, BrokenPipeError):
        return ReaderGone("the reader of standard output has gone away")
    return OutputFailed(f"standard output cannot be written: {reason}", hint="check the disk")
