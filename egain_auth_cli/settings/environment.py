"""The variables that give no setting: which hold a secret or lead to one, which shape a token, which choose one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.settings import environment_token as given
from egain_auth_cli.settings.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping


class Variable(NamedTuple):
    """A variable of the environment that is not a setting of a profile.

    Attributes:
        name: Its name.
        secret: Whether it holds a secret or leads to one: no child process but the one that is meant gets it.
        shapes: Whether another value may give another token, and the value itself may be written down.
        chooses: Whether it is about which token that is, so that a job which has been given one must not have it.
    """

    name: str
    secret: bool = False
    shapes: bool = False
    chooses: bool = False


VARIABLES = (
    Variable("EGAIN_PROFILE", shapes=True, chooses=True),
    Variable("EGAIN_CLIENT_SECRET", secret=True),
    Variable("EGAIN_CLIENT_SECRET_FILE", secret=True, shapes=True),
    Variable("EGAIN_SUBJECT_TOKEN", secret=True),
    Variable(given.TOKEN, secret=True),
    Variable(given.TOKEN_FILE, secret=True),
    Variable(given.EXPIRY, chooses=True),
    Variable(given.NAME, chooses=True),
    Variable("EGAIN_CONFIG_DIR", shapes=True),
    Variable("EGAIN_CACHE_DIR", shapes=True),
    Variable("EGAIN_TIMEOUT", shapes=True),
)


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Copy an environment for a child process, without the variables that hold a secret or lead to one."""
    return _without(environ, {variable.name for variable in VARIABLES if variable.secret})


def without_choice(environ: Mapping[str, str]) -> dict[str, str]:
    """Copy an environment for a job that has a token of its own: without what holds or chooses another."""
    chosen = {variable.name for variable in VARIABLES if variable.secret or variable.chooses}
    return _without(environ, chosen | {key.variable for key in KEYS if key.variable and key.name != "token_cache"})


def _without(environ: Mapping[str, str], names: set[str]) -> dict[str, str]:
    # Windows does not tell capitals from small letters in names.
    return {name: value for name, value in environ.items() if name.upper() not in names}
