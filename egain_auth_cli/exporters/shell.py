"""Assignments for shells. A token's alphabet (RFC 6750 §2.1) needs little quoting; each is quoted all the same."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from egain_auth_cli.exporters import Rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.exporters import Export


def sh(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render for sh, bash, dash, zsh and ksh: ``vars=$(egain export sh) && eval "$vars"``."""
    return _lines(export, "unset {}", lambda name, value: f"export {name}={_quoted(value)}")


def fish(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render for fish: ``egain export fish | source; test $pipestatus[1] -eq 0``."""
    return _lines(export, "set -e {}", lambda name, value: f"set -gx {name} '{_escaped(value)}'")


def powershell(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render for PowerShell: ``egain export powershell | Out-String | Invoke-Expression``."""
    doubled = "''"
    return _lines(export, "$env:{} = $null", lambda name, value: f"$env:{name} = '{value.replace(chr(39), doubled)}'")


def cmd(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render for cmd.exe: ``for /f "delims=" %i in ('egain export cmd') do %i``.

    Neither a token nor a URL has a double quote, the one character that is special to it there.
    """
    return _lines(export, 'set "{}="', lambda name, value: f'set "{name}={value}"')


def _lines(export: Export, without: str, line: Callable[[str, str], str]) -> Rendered:
    lines = [without.format(name) for name in export.stale]
    return Rendered("\n".join([*lines, *(line(name, value) for name, value in export.variables())]))


def _quoted(value: str) -> str:
    # zsh puts the path of `ls` in place of `=ls` after a colon in an assignment, which `shlex` does not know of.
    quoted = shlex.quote(value)
    return f"'{value}'" if quoted == value and ":=" in value else quoted


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
