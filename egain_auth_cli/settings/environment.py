"""The variables that give no setting: which hold a secret or lead to one, and which shape a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Variable(NamedTuple):
    """A variable of the environment that is not a setting of a profile.

    Attributes:
        name: Its name.
        secret: Whether it holds a secret or leads to one: no child process but the one that is meant gets it.
        shapes: Whether another value may give another token, and the value itself may be written down.
    """

    name: str
    secret: bool = False
    shapes: bool = False


VARIABLES = (
    Variable("EGAIN_PROFILE", shapes=True),
    Variable("EGAIN_CLIENT_SECRET", secret=True),
    Variable("EGAIN_CLIENT_SECRET_FILE", secret=True, shapes=True),
    Variable("EGAIN_SUBJECT_TOKEN", secret=True),
    Variable("EGAIN_ACCESS_TOKEN", secret=True),
    Variable("EGAIN_ACCESS_TOKEN_FILE", secret=True),
    Variable("EGAIN_CONFIG_DIR", shapes=True),
    Variable("EGAIN_CACHE_DIR", shapes=True),
    Variable("EGAIN_TIMEOUT", shapes=True),
)


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Copy an environment for a child process, without the variables that hold a secret or lead to one."""
    secret = {variable.name for variable in VARIABLES if variable.secret}
    # Windows does not tell capitals from small letters in names.
    return {name: value for name, value in environ.items() if name.upper() not in secret}
