"""A command as the person's shell has it: made of its words for a hint, and taken apart where a variable names one."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WINDOWS = r"C:\Windows"

_PLAIN_ON_WINDOWS = re.compile(r"[\w+=:./\\-][\w@+=:./\\-]*", re.ASCII)
# PowerShell takes typographic quotes for quotes. In cmd.exe `'` quotes nothing, so that `&` begins a command: here only
# one of a name with `$`, as in the links of a list. And `%` begins a variable's name there, but for what a URL escapes.
_IN_SINGLE_QUOTES = re.compile(r"""(?:[^'"&|<>^%\r\n\u2018-\u201b]|&(?=\$)|%(?=[0-9A-Fa-f]{2}))*""")
_NOT_IN_DOUBLE_QUOTES = re.compile(r"""["$`\r\n\u201c-\u201e]|%(?![0-9A-Fa-f]{2})""")
_LAST_BACKSLASHES = re.compile(r"\\+\Z")
_WORD_ON_WINDOWS = re.compile(r'(?:"[^"]*"|[^\s"])+')


def command_line(words: Iterable[str]) -> str:
    """Return the line that a person types for these words.

    On Windows it is one that cmd.exe and PowerShell take alike: in double quotes, since cmd.exe has no others. Where a
    `$` would be PowerShell's variable it is in single quotes, and then for PowerShell and Git Bash alone. A word may be
    a server's, and no shell is to run a part of it: what neither kind of quotes can hold is left open as `…`.
    """
    return " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """Return one word of such a line."""
    if sys.platform != "win32":
        return shlex.quote(word)
    if _PLAIN_ON_WINDOWS.fullmatch(word):
        return word
    if ("$" in word or "`" in word) and _IN_SINGLE_QUOTES.fullmatch(word):
        return f"'{word}'"
    held = _NOT_IN_DOUBLE_QUOTES.sub("…", word)
    # A program's C library reads a `\` before a quote as one that escapes it.
    return '"' + _LAST_BACKSLASHES.sub(lambda found: found[0] * 2, held) + '"'


def windows_program(name: str, environ: Mapping[str, str]) -> str:
    """Return the place of one of Windows' own programs: it looks for a bare name in the current folder first."""
    return rf"{environ.get('SYSTEMROOT') or _WINDOWS}\System32\{name}"


def program_on_windows(name: str, environ: Mapping[str, str]) -> str:
    """Find a program of the person's by its bare name in ``PATH``, as ``az.cmd`` for ``az``; a place stays as it is.

    The current folder, where Windows looks first, is passed over: it may be anybody's.
    """
    if Path(name).name != name:
        return name
    endings = environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";")
    if Path(name).suffix.lower() in map(str.lower, endings):
        endings = [""]
    for folder in environ.get("PATH", "").split(os.pathsep):
        if folder in ("", ".") or Path(folder) == Path.cwd():
            continue
        for ending in endings:
            if (place := Path(folder, f"{name}{ending}")).is_file():
                return str(place)
    return name


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
