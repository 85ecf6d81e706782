"""Files of assignments, and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from egain_auth_cli.exporters import EXPIRY_NAME

if TYPE_CHECKING:
    from egain_auth_cli.exporters import Export


def dotenv(export: Export) -> str:
    """Unquoted lines, which docker, ``set -a`` and python-dotenv read alike: the alphabet needs no quoting."""
    return f"{export.name}={export.token.reveal()}\n{EXPIRY_NAME}={export.expires_at}"


def json_object(export: Export) -> str:
    """One object: the token by the variable's name, and its expiry in epoch seconds."""
    return json.dumps({export.name: export.token.reveal(), EXPIRY_NAME: export.expires_at})
