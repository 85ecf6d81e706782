"""What was typed and cannot be meant: the shell or Git Bash changed it, or it stands for something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.command_words import quoted
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from egain_auth_cli.terminal import Terminal

_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_GIT_BASH = re.compile(r"[A-Za-z]:[\\/](?:.*?[\\/])?(?:Git|msys64|msys32|PortableGit)(?=[\\/])", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"(?<=/)\{\w+\}(?=/|$)")
_WITHOUT_VARIABLE = {"=": "$pagesize", "[": "$filter"}
"""What is left of a name of the query that the shell took for a variable, by its beginning, and what was there."""


def meant_target(path: str, terminal: Terminal) -> str:
    """Return the path or URL that was meant.

    Args:
        path: As the program got it.
        terminal: Is told of a path that was mended.

    Raises:
        UsageError: It is none that can be called.
    """
    target = _unmangled(path, terminal)
    before, mark, query = target.partition("?")
    placeholder = _PLACEHOLDER.search(before)
    shown = printable(target, limit=200)
    if placeholder is not None:
        raise UsageError(
            f"`{shown}` is not called: `{placeholder[0]}` stands for an id",
            hint=f"put an id in place of `{placeholder[0]}`",
        )
    pairs = query.split("&") if mark else []
    meant = [_with_variable(pair) or pair for pair in pairs]
    if pairs != meant:
        whole = f"{before}?{'&'.join(meant)}"
        raise UsageError(f"`{shown}` is not called: a name of its query is not whole", hint=_quoting(quoted(whole)))
    return target


def check_name_of_query(pair: str) -> None:
    """Refuse a pair whose name the shell has taken away, or its beginning.

    Raises:
        UsageError: It has.
    """
    meant = _with_variable(pair)
    if meant is not None:
        raise UsageError(
            f"`-q` takes NAME=VALUE, not `{printable(pair, limit=80)}`", hint=_quoting(f"-q {quoted(meant)}")
        )


def _with_variable(pair: str) -> str | None:
    """Return a pair with such a name as the shell would have taken for a variable; None where there was none."""
    name = _WITHOUT_VARIABLE.get(pair[:1])
    return None if name is None else name + pair


def _quoting(word: str) -> str:
    return f"quote `$`, or the shell takes the name for a variable: `{printable(word, limit=200)}`"


def _unmangled(path: str, terminal: Terminal) -> str:
    """Undo what Git Bash makes of ``/path``: a Windows path below its own folder."""
    if not _DRIVE.match(path):
        return path
    match = _GIT_BASH.match(path)
    if match is None:
        raise UsageError(
            f"`{printable(path, limit=200)}` is a Windows path, not a path of the API",
            hint="Git Bash rewrites `/path`: set `MSYS_NO_PATHCONV=1` before the command",
        )
    undone = path[match.end() :].replace("\\", "/")
    terminal.say(f"note: Git Bash rewrote the path; `{printable(undone, limit=200)}` is called")
    return undone
