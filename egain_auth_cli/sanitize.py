"""Outside text made printable, freed from the blanks around it or split, and the one redactor of live secrets."""

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

# Letters and signs by category, nothing on a screen: fillers, a Braille cell without dots, variation selectors.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

_PERCENT = re.compile(r"%[0-9A-F]{2}")

_known_secrets: set[str] = set()


class Public(str):
    """A text that is published though the redactor may know it: shown as it is, where it stands alone."""

    __slots__ = ()


def printable(text: str, *, limit: int = LIMIT) -> str:
    r"""Show outside text on one line, live secrets masked: whatever is not printable becomes a visible escape.

    Control characters (C0, DEL, C1), bidirectional and zero-width format characters, line and paragraph
    separators and lone surrogates become ``\x1b`` or ``\u202e``, and so do letters that show as nothing; more than
    ``limit`` characters are cut.
    """
    text = redact(text)  # before it is cut: of a secret on the edge the rest would be shown
    shown = "".join(char if char.isprintable() and not _UNSEEN.match(char) else _escape(char) for char in text[:limit])
    return shown + "…" if len(text) > limit else shown


def without_blanks(text: str) -> str:
    """Return a pasted id or address without the blanks at its ends: no such thing begins or ends with one."""
    return text.strip(_BLANKS)


def split_list(text: str) -> tuple[str, ...]:
    """Return the scopes or addresses of one text, separated by blanks or commas.

    A comma may stand in a scope (RFC 6749 §3.3) or in an address; eGain's have none. One that has is written in a TOML
    list, whose items are taken as they are.
    """
    return tuple(text.replace(",", " ").split())


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
    """Replace every remembered secret by ``****``: plain, percent-encoded, in JSON or HTML, base64 or hex."""
    if not _known_secrets or isinstance(text, Public):
        return text
    # The longest first: a secret that is part of another must not leave the rest of that one behind.
    for form in sorted({form for value in _known_secrets for form in _forms(value)}, key=len, reverse=True):
        if form in text:
            text = text.replace(form, MASK)
    return text


def _forms(value: str) -> tuple[str, ...]:
    from base64 import b64encode, urlsafe_b64encode
    from html import escape
    from json import dumps
    from urllib.parse import quote, quote_plus

    raw = value.encode("utf-8", "surrogatepass")
    percent = quote(raw, safe="")
    return (
        value,
        percent,
        _PERCENT.sub(lambda code: code[0].lower(), percent),
        quote_plus(raw),
        escape(value),
        dumps(value)[1:-1],
        b64encode(raw).decode("ascii").rstrip("="),
        urlsafe_b64encode(raw).decode("ascii").rstrip("="),
        raw.hex(),
        value.encode("unicode_escape").decode("ascii"),
    )
