"""How errors are shown: by ``--error-format``, else by the environment; and whether without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.sanitize import printable, without_blanks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_VARIABLE = "EGAIN_ERROR_FORMAT"
_FORMATS = ("text", "json")


def json_errors_asked(argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Return whether errors are to be JSON: known before the command line is parsed, whose errors are told so too."""
    ours = _before_the_command(argv)
    for index, word in enumerate(ours):
        if word.startswith("--error-format="):
            return word.endswith("=json")
        if word == "--error-format" and index + 1 < len(ours):
            return ours[index + 1] == "json"
    return without_blanks(environ.get(_VARIABLE, "")) == "json"


def no_color_asked(argv: Sequence[str]) -> bool:
    """Return whether ``--no-color`` is there: known before the command line is parsed, for help and for its errors."""
    return "--no-color" in _before_the_command(argv)


def _before_the_command(argv: Sequence[str]) -> Sequence[str]:
    return argv[: argv.index("--")] if "--" in argv else argv


def is_json(option: str) -> bool:
    """Return whether the option's value asks for JSON.

    Raises:
        UsageError: It is no format.
    """
    if option not in _FORMATS:
        raise UsageError("`--error-format` is `text` or `json`", hint="see `egain --help`")
    return option == "json"


def check_environment(environ: Mapping[str, str]) -> None:
    """Refuse a variable that names no format.

    Raises:
        ConfigError: It does.
    """
    told = environ.get(_VARIABLE)
    if told and told not in _FORMATS:
        shown = printable(told, limit=40)
        raise ConfigError(f"`{_VARIABLE}` is `text` or `json`, not `{shown}`", hint="set it so, or unset it")
