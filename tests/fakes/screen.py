"""What a terminal shows in the end of what was written to it: whole lines, in their colours."""

from __future__ import annotations

import re

_PART = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[([0-9;?]*)([A-Za-z])|[\r\n]|[^\x1b\r\n]+|\x1b")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def shown_lines(written: str) -> list[str]:
    """Return the lines; what was taken away again is gone, a link is its words, and only codes of colour are left.

    Raises:
        ValueError: There is a code in it that this terminal does not know.
    """
    lines, row = [""], 0
    for part in _PART.finditer(written):
        text, number, code = part[0], part[1], part[2]
        if text == "\n":
            row += 1
            lines.extend([""] * (row + 1 - len(lines)))
        elif code == "A":
            row = max(0, row - int(number or 1))
        elif code == "K" and number == "2":
            lines[row] = ""
        elif code == "m" or not text.startswith(("\x1b", "\r")):
            lines[row] += text
        elif not (text == "\r" or text.startswith("\x1b]") or code in ("h", "l")):
            raise ValueError(f"a code that is not known: {text!r}")
    while lines and not lines[-1]:
        lines.pop()
    return lines
