"""Assignments for shells. A token's alphabet (RFC 6750 §2.1) needs little quoting; each is quoted all the same."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from egain_auth_cli.exporters import EXPIRY_NAME

if TYPE_CHECKING:
    from egain_auth_cli.exporters import Export


def sh(export: Export) -> str:
    """For sh, bash, dash, zsh and ksh: ``eval "$(egain export sh)"``."""
    return f"export {export.name}={shlex.quote(export.token.reveal())}\nexport {EXPIRY_NAME}={export.expires_at}"


def fish(export: Export) -> str:
    """For fish: ``egain export fish | source``."""
    value = export.token.reveal().replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {export.name} '{value}'\nset -gx {EXPIRY_NAME} {export.expires_at}"


def powershell(export: Export) -> str:
    """For PowerShell: ``egain export powershell | Out-String | Invoke-Expression``."""
    value = export.token.reveal().replace("'", "''")
    return f"$env:{export.name} = '{value}'\n$env:{EXPIRY_NAME} = '{export.expires_at}'"


def cmd(export: Export) -> str:
    """For cmd.exe: ``for /f "delims=" %i in ('egain export cmd') do %i``."""
    return f'set "{export.name}={export.token.reveal()}"\nset "{EXPIRY_NAME}={export.expires_at}"'
