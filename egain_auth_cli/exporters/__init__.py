"""A token in the form that a shell or another program takes; each renderer is loaded when it is used."""

from __future__ import annotations

import re
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.secret import Secret

DEFAULT_NAME = "EGAIN_ACCESS_TOKEN"
EXPIRY_NAME = "EGAIN_TOKEN_EXPIRES_AT"
_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
_LOADER = re.compile(
    r"PATH|HOME|IFS|ENV|BASH_ENV|SHELLOPTS|LD_.*|DYLD_.*|PYTHON.*|NODE_.*|PERL5.*|RUBY.*|JAVA_TOOL_OPTIONS|GIT_.*|PROMPT_COMMAND|PS[0-4]"
)


class Format(StrEnum):
    """The formats of ``egain export``."""

    SH = "sh"
    FISH = "fish"
    POWERSHELL = "powershell"
    CMD = "cmd"
    DOTENV = "dotenv"
    JSON = "json"


class Export(NamedTuple):
    """What is exported.

    Attributes:
        name: The token's variable.
        token: The access token, of RFC 6750's alphabet.
        expires_at: Epoch seconds.
    """

    name: str
    token: Secret
    expires_at: int


_RENDERERS = {
    Format.SH: ("shell", "sh"),
    Format.FISH: ("shell", "fish"),
    Format.POWERSHELL: ("shell", "powershell"),
    Format.CMD: ("shell", "cmd"),
    Format.DOTENV: ("dotenv", "dotenv"),
    Format.JSON: ("dotenv", "json_object"),
}


def check_name(name: str) -> None:
    """Refuse a variable's name that a shell could not take, or that changes how programs load.

    Raises:
        UsageError: The name is refused.
    """
    if not _NAME.fullmatch(name) or len(name) > 128:  # noqa: PLR2004
        raise UsageError(
            f"`{printable(name, limit=80)}` cannot be a variable's name",
            hint="use capital letters, digits and `_`, no digit first",
        )
    if _LOADER.fullmatch(name):
        raise UsageError(
            f"`{name}` is not set: it changes how programs are found or loaded",
            hint="choose another `--name`",
        )


def render(form: Format, export: Export) -> str:
    """Give the text of a format, without a newline at its end."""
    module, function = _RENDERERS[form]
    renderer: Callable[[Export], str] = getattr(import_module(f"egain_auth_cli.exporters.{module}"), function)
    return renderer(export)
