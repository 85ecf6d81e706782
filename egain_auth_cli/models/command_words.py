"""A command as the person's shell has it: made of its words for a hint, and taken apart where a variable names one."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN_ON_WINDOWS = re.compile(r"[\w@+=:./\\-]+", re.ASCII)
_BEFORE_QUOTE = re.compile(r'(\\*)("|$)')
_WORD_ON_WINDOWS = re.compile(r'(?:"[^"]*"|[^\s"])+')


def command_line(words: Iterable[str]) -> str:
    """Return the line that a person types for these words.

    On Windows it is one that cmd.exe and PowerShell take alike: in double quotes, since cmd.exe has no others. Where a
    `$` would be PowerShell's variable it is in single quotes, and then for PowerShell and Git Bash alone.
    """
    return " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """Return one word of such a line."""
    if sys.platform != "win32":
        return shlex.quote(word)
    if _PLAIN_ON_WINDOWS.fullmatch(word):
        return word
    if "$" in word and "'" not in word:
        return f"'{word}'"
    # A program's C library reads a `\` before a quote as one that escapes it.
    return '"' + _BEFORE_QUOTE.sub(lambda found: found[1] * 2 + ('\\"' if found[2] else ""), word) + '"'


def command_words(text: str) -> list[str]:
    r"""Split a command as the shell would; on Windows at blanks outside of double quotes, a `\` being itself.

    Raises:
        ValueError: Its quotes do not close.
    """
    if sys.platform != "win32":
        return shlex.split(text)
    if text.count('"') % 2:
        raise ValueError("No closing quotation")
    return [word.replace('"', "") for word in _WORD_ON_WINDOWS.findall(text)]
