"""What a terminal's line mode does, without its limit: lines put together from keys, with the keys that take back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_RUBOUTS = b"\x7f\x08"
"""What keyboards send for Backspace, whatever the terminal is set to: neither is part of a text."""
_PASTE_MARKS = (b"\x1b[200~", b"\x1b[201~")
_ENDS = b"\r\n"
_WORD = re.compile(rb"[\w\x80-\xff]*[^\w\x80-\xff]*\Z")
_FIRST_PRINTABLE = 0x20
_CONTINUATION = range(0x80, 0xC0)  # of a character in UTF-8


class Keys(NamedTuple):
    """The terminal's own keys, each one byte.

    Attributes:
        erase: Takes back a character.
        word: Takes back a word.
        kill: Takes back the line.
        end: Ends the input, where the line is empty.
    """

    erase: bytes = b"\x7f"
    word: bytes = b"\x17"
    kill: bytes = b"\x15"
    end: bytes = b"\x04"


class LineEditor:
    """Puts bytes from a terminal together to lines.

    Args:
        keys: The terminal's own.
        show: Writes to the terminal what makes the screen follow; None where nothing typed is shown.

    Attributes:
        ended: Whether the key that ends the input was pressed.
    """

    def __init__(self, keys: Keys, *, show: Callable[[bytes], None] | None) -> None:
        self._keys = keys
        self._show = show
        self._line = bytearray()
        self.ended = False

    def __len__(self) -> int:
        """Return how many bytes the line has that is being typed."""
        return len(self._line)

    def feed(self, piece: bytes) -> list[str]:
        """Take what came from the terminal; return the lines that it ends, without line end and marks of a paste."""
        lines = []
        for number in piece:
            key = bytes((number,))
            if key in _ENDS:
                lines.append(self._take_line())
            elif key == self._keys.end:
                self._rub_out(key)
                self.ended = self.ended or not self._line
            elif key == self._keys.erase or key in _RUBOUTS:
                self._rub_out(key)
                self._rub_out(self._cut_character())
            elif key == self._keys.word:
                self._rub_out(key)
                self._rub_out(self._cut_word())
            elif key == self._keys.kill:
                self._rub_out(key)
                self._rub_out(self._cut(0))
            else:
                self._line += key
        return lines

    def rest(self) -> list[str]:
        """Return the line that was being typed when the terminal went away: none, since nobody ended it."""
        return []

    def _take_line(self) -> str:
        line = self._cut(0)
        for mark in _PASTE_MARKS:
            line = line.replace(mark, b"")
        return line.decode("utf-8", "replace")

    def _cut_character(self) -> bytes:
        start = max(len(self._line) - 1, 0)
        while start > 0 and self._line[start] in _CONTINUATION:
            start -= 1
        return self._cut(start)

    def _cut_word(self) -> bytes:
        match = _WORD.search(self._line)
        return self._cut(match.start() if match else 0)

    def _cut(self, start: int) -> bytes:
        taken = bytes(self._line[start:])
        del self._line[start:]
        return taken

    # The terminal shows each key as it comes, the keys that take back too: `^?` for Backspace.
    def _rub_out(self, shown: bytes) -> None:
        if self._show is None:
            return
        columns = sum(
            2 if one < _FIRST_PRINTABLE or one in _RUBOUTS else 1 for one in shown if one not in _CONTINUATION
        )
        if columns:
            self._show(b"\b \b" * columns)
