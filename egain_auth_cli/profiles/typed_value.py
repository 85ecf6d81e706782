"""A key's value as it is typed or pasted on the command line."""

from __future__ import annotations

import json
import tomllib  # noqa: TID253  this module loads with `egain profile` alone
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.command_words import command_words
from egain_auth_cli.sanitize import printable, split_list, without_blanks

if TYPE_CHECKING:
    from egain_auth_cli.settings.keys import Key

_COMMANDS = frozenset({"client_secret_command", "subject_token_command"})
"""The keys whose texts are no ids, addresses or words: an argument may well end with a blank."""


def trimmed(path: str, text: str) -> str:
    """Return the text of the key at this path without the blanks that pasting leaves at its ends."""
    return text if path.rpartition(".")[2] in _COMMANDS else without_blanks(text)


def typed_value(key: Key, path: str, text: str) -> object:
    """Read a value as its key has it.

    A list is TOML, or a command split as a shell would, or scopes or URIs at blanks and commas; one of a few words is
    the word that is meant; else it is a text.

    Raises:
        UsageError: It begins like a list and is none, or its quotes do not close.
        ConfigError: It is none of the key's few words.
    """
    if not key.listed:
        return str(key.check(text, path)) if key.choices and text else text
    if key.name in _COMMANDS and not text.startswith("["):
        return _words(path, text)
    if not text.startswith("["):
        return list(split_list(text))
    try:
        items = tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise UsageError(
            f"the value of `{path}` is no list: `{printable(text, limit=80)}`",
            hint=f"write it as TOML: `{json.dumps(['A', 'B'])}`",
        ) from exc
    return [trimmed(path, item) if isinstance(item, str) else item for item in items]


def _words(path: str, text: str) -> list[str]:
    try:
        return command_words(text)
    except ValueError as exc:
        raise UsageError(
            f"the value of `{path}` cannot be split into words: {exc}".rstrip("."),
            hint=f"write it as TOML: `{json.dumps(['pass', 'show', 'egain'])}`",
        ) from None
