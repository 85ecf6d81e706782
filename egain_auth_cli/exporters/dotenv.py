"""Files of assignments, and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.exporters import EXPIRY_NAME, Rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.exporters import Export


def dotenv(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render unquoted lines, which docker, ``set -a``, python-dotenv and GitLab read alike.

    A token's alphabet (RFC 6750 §2.1) needs no quoting.

    Raises:
        UsageError: The token begins with ``~``, which a shell expands and docker would not unquote.
    """
    value = export.token.reveal()
    if value.startswith("~"):
        raise UsageError(
            "the token begins with `~`, which not every reader of such a file takes alike", hint="use `sh` or `json`"
        )
    return Rendered(f"{export.name}={value}\n{EXPIRY_NAME}={export.expires_at}")


def json_object(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render one JSON object: the token by the variable's name, and its expiry in epoch seconds."""
    return Rendered(json.dumps({export.name: export.token.reveal(), EXPIRY_NAME: export.expires_at}))
