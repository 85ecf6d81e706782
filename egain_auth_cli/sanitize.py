"""Outside text made printable or freed from the blanks around it, and the one redactor of live secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 512
"""Characters of outside text that are shown, where the caller does not say."""
MASK = "****"
_SHORTEST = 4
"""Characters; a shorter value is not a secret, and masking it would garble every message."""

_BLANKS = " \t\r\n\v\f\x85\xa0\u2007\u202f\u2028\u2029\u3000\u200b\u2060\ufeff"
"""What a page or a mail brings along at the ends of what is copied from it, the invisible ones too."""

# Backslash and `n` before a small letter may be a name: `CORP\nina`.
_BREAK = re.compile(r"(?:\\+r\\+n|\\+[rn](?![a-z])|\\+(?:u00|x)0[AaDd]|%0[AaDd])+")

_known_secrets: set[str] = set()


def printable(text: str, *, limit: int = LIMIT) -> str:
    r"""Show outside text on one line: whatever is not printable becomes a visible escape.

    Control characters (C0, DEL, C1), bidirectional and zero-width format characters, line and paragraph
    separators and lone surrogates become ``\x1b`` or ``\u202e``; more than ``limit`` characters are cut.
    """
    cut = text[:limit]
    shown = "".join(char if char.isprintable() else _escape(char) for char in cut)
    return shown + "…" if len(text) > limit else shown


def without_blanks(text: str) -> str:
    """Return a pasted id or address without the blanks at its ends: no such thing begins or ends with one."""
    return text.strip(_BLANKS)


def pasted(text: str, what: str, say: Callable[[str], None]) -> str:
    """Return a pasted value without the blanks at its ends, and say so where there was more than the line's end.

    Args:
        text: As it came.
        what: What it is, for the note.
        say: Tells the person.
    """
    trimmed = without_blanks(text)
    if trimmed and trimmed != text.removesuffix("\n").removesuffix("\r").removeprefix("\ufeff"):
        say(f"note: blanks around {what} are left out")
    return trimmed


def on_one_line(text: str) -> str:
    r"""Fold the line breaks of a server's text, and what stands for one by mistake: a literal ``\r\n``."""
    return " ".join(_BREAK.sub(" ", text).split())


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def remember_secret(value: str) -> None:
    """Mask this value in ``redact`` from now on, in every encoding that it may be met in."""
    if len(value) >= _SHORTEST:
        _known_secrets.add(value)


def redact(text: str) -> str:
    """Replace every remembered secret, plain, percent-encoded, base64 or hex, by ``****``."""
    if not _known_secrets:
        return text
    # The longest first: a secret that is part of another must not leave the rest of that one behind.
    for form in sorted({form for value in _known_secrets for form in _forms(value)}, key=len, reverse=True):
        if form in text:
            text = text.replace(form, MASK)
    return text


def _forms(value: str) -> tuple[str, ...]:
    from base64 import b64encode, urlsafe_b64encode
    from urllib.parse import quote, quote_plus

    raw = value.encode("utf-8", "surrogatepass")
    return (
        value,
        quote(raw, safe=""),
        quote_plus(raw),
        b64encode(raw).decode("ascii").rstrip("="),
        urlsafe_b64encode(raw).decode("ascii").rstrip("="),
        raw.hex(),
        value.encode("unicode_escape").decode("ascii"),
    )
