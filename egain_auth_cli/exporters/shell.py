"""Assignments for shells. A token's alphabet (RFC 6750 §2.1) needs little quoting; each is quoted all the same."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from egain_auth_cli.exporters import EXPIRY_NAME, Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.exporters import Export


def sh(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render for sh, bash, dash, zsh and ksh: ``eval "$(egain export sh)"``."""
    value = shlex.quote(export.token.reveal())
    return Rendered(f"export {export.name}={value}\nexport {EXPIRY_NAME}={export.expires_at}")


def fish(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render for fish: ``egain export fish | source``."""
    value = export.token.reveal().replace("\\", "\\\\").replace("'", "\\'")
    return Rendered(f"set -gx {export.name} '{value}'\nset -gx {EXPIRY_NAME} {export.expires_at}")


def powershell(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render for PowerShell: ``egain export powershell | Out-String | Invoke-Expression``."""
    value = export.token.reveal().replace("'", "''")
    return Rendered(f"$env:{export.name} = '{value}'\n$env:{EXPIRY_NAME} = '{export.expires_at}'")


def cmd(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render for cmd.exe: ``for /f "delims=" %i in ('egain export cmd') do %i``.

    A token's alphabet has none of the characters that are special to it.
    """
    return Rendered(f'set "{export.name}={export.token.reveal()}"\nset "{EXPIRY_NAME}={export.expires_at}"')
