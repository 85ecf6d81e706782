"""Progress that a person sees once something takes over a second; rich is not loaded before."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TextIO

from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from typing import Self

    from egain_auth_cli.terminal.display import LiveLine

SLOW_SECONDS = 1.0
"""Most waits are shorter, and a line that comes and goes at once is a flicker."""


class LateProgress:
    """A line on a person's terminal for what takes long, from one second on.

    Args:
        file: The terminal.
        text: What goes on.
        total: How many bytes there are, where ``counts_bytes`` and it is known.
        counts_bytes: Whether bytes are counted, rather than told in words.
        color: Whether colour is wanted.
    """

    def __init__(
        self, file: TextIO, text: str, *, color: bool, total: int | None = None, counts_bytes: bool = False
    ) -> None:
        self._file = file
        self._text = printable(text)
        self._color = color
        self._total = total
        self._counts_bytes = counts_bytes
        self._done = 0
        self._line: LiveLine | None = None
        self._timer = threading.Timer(SLOW_SECONDS, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._timer.cancel()
        # It may be showing the line just now.
        self._timer.join()
        if self._line is not None:
            self._line.stop()
            self._line = None

    def _show(self) -> None:
        from egain_auth_cli.terminal.display import LiveLine

        line = LiveLine(self._file, self._text, total=self._total, counts_bytes=self._counts_bytes, color=self._color)
        line.start()
        self._line = line
        self._update()  # what was counted before there was a line

    def tell(self, text: str) -> None:
        """Say something else of what goes on."""
        self._text = printable(text)
        self._update()

    def advance(self, count: int) -> None:
        """Count so many bytes more."""
        self._done += count
        self._update()

    def write(self, text: str) -> bool:
        """Write above the line; return whether there is one to write above."""
        line = self._line
        if line is not None:
            line.write(text)
        return line is not None

    def _update(self) -> None:
        line = self._line
        if line is not None:
            line.update(self._text, self._done)
