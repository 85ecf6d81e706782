"""The variables of a ``.env`` file."""

from __future__ import annotations

import re

_ENTRY = re.compile(
    r"""
    [ \t]*(?:\#[^\n]*)?(?:\n|\Z)  # an empty line, or a comment; then a value in quotes, over several lines too
    | \s*(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
      (?: (?P<quote>["'`])(?P<quoted>(?:\\.|(?!(?P=quote))[^\\])*+)(?P=quote)[ \t]*(?:\#[^\n]*)?
        | (?P<bare>[^\n]*) )
      (?:\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"(?:^|\s)#")


def variables_in(text: str) -> dict[str, object] | None:
    """Return the variables of a ``.env`` file; None if the text is none.

    A value may stand in quotes, over several lines, and before a comment. Nothing is put in place of ``$NAME``.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found: dict[str, object] = {}
    at = 0
    while at < len(text):
        match = _ENTRY.match(text, at)
        if match is None:
            return None
        at = match.end()
        if match["name"]:
            found[match["name"]] = _bare(match["bare"]) if match["quoted"] is None else match["quoted"]
    return found or None


def _bare(value: str) -> str:
    text = _COMMENT.split(value, maxsplit=1)[0].strip()
    # A Windows path may end with a backslash, which then hides the quote.
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\"`"
    return text[1:-1] if quoted else text
