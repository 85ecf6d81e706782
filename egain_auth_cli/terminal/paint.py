"""What a text says by colour as well as by its words; plain text where there is no colour. Costs no library."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Style(StrEnum):
    """What a text is, by the codes that a terminal shows it with."""

    PLAIN = ""
    HEADING = "1"
    GOOD = "32"
    WARNING = "33"
    BAD = "31"
    ERROR = "1;31"
    HINT = "36"
    ASIDE = "2"


class Styled(str):
    """A text and what it is; a text like any other to whoever does not paint.

    Args:
        text: The text.
        style: What it is.
    """

    __slots__ = ("style",)
    style: Style

    def __new__(cls, text: str, style: Style) -> Self:
        """Make one: a text gets its value here, not in ``__init__``."""
        made = super().__new__(cls, text)
        made.style = style
        return made


_LABELS = {"error": Style.ERROR, "warning": Style.WARNING, "hint": Style.HINT, "note": Style.HINT}
"""The words that begin a line for a person."""


def style_of(text: str) -> Style:
    """Return what a text is."""
    return text.style if isinstance(text, Styled) else Style.PLAIN


def paint(text: str, style: Style) -> str:
    """Return a text in the codes of a terminal."""
    return f"\x1b[{style.value}m{text}\x1b[0m" if style else text


def paint_label(line: str) -> str:
    """Return a line whose first word, as in ``error: …``, is painted."""
    label, colon, rest = line.partition(": ")
    return f"{paint(f'{label}:', _LABELS[label])} {rest}" if colon and label in _LABELS else line
