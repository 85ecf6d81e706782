"""What the person typed for a request, as values."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from egain_auth_cli.terminal import Terminal


def query_argument(given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Split ``NAME=VALUE``.

    Raises:
        UsageError: There is no ``=``, or no name before it.
    """
    return tuple(_pair(text, "=", "-q", "NAME=VALUE") for text in given)


def header_argument(given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Split ``Name: value``.

    Raises:
        UsageError: There is no ``:``, or no name before it.
    """
    return tuple(
        (name.strip(), value.strip(" \t"))
        for name, value in (_pair(text, ":", "-H", "'Name: value'") for text in given)
    )


def body_argument(given: str | None, terminal: Terminal) -> bytes | Path | BinaryIO | None:
    """Give the body: a text as UTF-8, a file to stream, or standard input.

    Raises:
        UsageError: The file's name is missing, or standard input is a terminal.
    """
    if given is None:
        return None
    if not given.startswith("@"):
        return given.encode("utf-8", "surrogateescape")
    if given != "@-":
        path = Path(given[1:])
        if not given[1:] or not path.is_file():
            raise UsageError(
                f"`{printable(given[1:], limit=200)}` is no file",
                hint="give `-d @FILE`, or `-d @-` for stdin",
            )
        return path
    if terminal.stdin_is_terminal or sys.stdin is None:
        raise UsageError("standard input has no body", hint="pipe it: `… | egain call POST /path -d @-`")
    return sys.stdin.buffer


def _pair(text: str, mark: str, option: str, form: str) -> tuple[str, str]:
    name, found, value = text.partition(mark)
    if not found or not name.strip():
        raise UsageError(f"`{option}` takes {form}, not `{printable(text, limit=80)}`", hint="see `egain call --help`")
    return name, value
