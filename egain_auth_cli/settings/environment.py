"""The variables of the environment that hold secrets, and an environment without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_VARIABLES = frozenset(
    {
        "EGAIN_CLIENT_SECRET",
        "EGAIN_CLIENT_SECRET_FILE",
        "EGAIN_SUBJECT_TOKEN",
        "EGAIN_ACCESS_TOKEN",
        "EGAIN_ACCESS_TOKEN_FILE",
    }
)


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Copy an environment for a child process, without the variables that hold a secret or lead to one."""
    return {name: value for name, value in environ.items() if name.upper() not in SECRET_VARIABLES}
