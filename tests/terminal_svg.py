"""A terminal as a picture: lines in a terminal's colours, as an SVG that needs nothing beside it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.style import Style

_CELL, _LINE, _SIZE = 8.4, 20, 14
"""Width and height of a character's place, and of its font, in pixels; most fonts are six tenths as wide as high."""
_MARGIN, _BAR = 20, 40
_COLOURS = {
    1: "#ff8a82", 2: "#7ee787", 3: "#e3b341", 4: "#79c0ff", 5: "#d2a8ff", 6: "#56d4dd", 9: "#ffa198", 10: "#aff5b4",
}  # fmt: skip
"""By the terminal's numbers; each at least 7 to 1 on the ground, which is dark on a light page too."""
_STYLE = "\n".join((
    "rect { fill: #161b22; stroke: #3d444d }",
    f"text {{ font: {_SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace }}",
    "text { fill: #e6edf3; white-space: pre }",
    ".bold { font-weight: bold }",
    ".dim { fill: #a0a8b2 }",
    ".italic { font-style: italic }",
    *(f".colour{number} {{ fill: {colour} }}" for number, colour in _COLOURS.items()),
))  # fmt: skip


def terminal_svg(lines: Sequence[str], *, title: str, description: str, columns: int) -> str:
    """Return the picture of a terminal.

    Args:
        lines: With a terminal's codes for colours; one that is too long goes on below, as on a terminal.
        title: What the window is called.
        description: What is to be seen, for who does not see it.
        columns: Of the terminal.

    Raises:
        KeyError: A colour is none of those that a picture has.
    """
    rows = [row for line in lines for row in _rows(Text.from_ansi(line), columns)]
    width, height = columns * _CELL + 2 * _MARGIN, _BAR + len(rows) * _LINE + _MARGIN
    drawn = [run for number, row in enumerate(rows) for run in _runs(row, _BAR + number * _LINE + _SIZE)]
    dots = "".join(
        f'<circle cx="{_MARGIN + 6 + 20 * number}" cy="20" r="6" fill="{colour}"/>'
        for number, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    size = f'viewBox="0 0 {width:g} {height}" width="{width:g}" height="{height}"'
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="description">{escape(description)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1}" rx="10"/>',
        dots,
        f'<text class="dim" x="{width / 2:g}" y="25" text-anchor="middle">{escape(title)}</text>',
        *drawn,
        "</svg>\n",
    ))  # fmt: skip


def _rows(text: Text, columns: int) -> Iterator[Text]:
    return iter(text.divide(range(columns, len(text), columns)))


def _runs(row: Text, y: int) -> Iterator[str]:
    """Draw what stands side by side in one style, each in its own columns, whatever the font."""
    # `white-space` is for browsers, `xml:space` for the renderers that know no more of CSS than SVG 1.1 has.
    column = 0
    for text, style, _ in row.render(Console(), end=""):
        begin = column + len(text) - len(text.lstrip())
        column += len(text)
        shown = text.strip()
        if shown:
            names = _classes(style)
            of_class = f' class="{names}"' if names else ""
            place = f'x="{_MARGIN + begin * _CELL:g}" y="{y}" textLength="{len(shown) * _CELL:g}"'
            yield f'<text{of_class} {place} xml:space="preserve">{escape(shown, quote=False)}</text>'


def _classes(style: Style | None) -> str:
    if style is None:
        return ""
    names = [name for name in ("bold", "dim", "italic") if getattr(style, name)]
    if style.color is not None and style.color.number is not None:
        if style.color.number not in _COLOURS:
            raise KeyError(style.color.name)
        names.append(f"colour{style.color.number}")
    return " ".join(names)
