"""Files of assignments, and JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.exporters import Rendered
from egain_auth_cli.settings.environment_token import API_URL, EXPIRY, TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.exporters import Export

_PLAIN = re.compile(r"(?!~)(?!.*:[~=])[A-Za-z0-9._~+/=:%@,\[\]-]+")
"""What every reader takes alike unquoted; shells expand a ``~`` at the beginning or after a colon, zsh a ``=``."""

_OPENS = re.compile(r"[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]*[ \t]*=[ \t]*(['\"])")


def dotenv(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render unquoted lines, which docker, ``set -a``, python-dotenv and GitLab read alike.

    A token's alphabet (RFC 6750 §2.1) needs no quoting, nor does any usual URL.

    Raises:
        UsageError: A value begins with ``~`` or has another character that not every reader takes alike.
    """
    for name, value in export.variables():
        if not _PLAIN.fullmatch(value):
            raise UsageError(
                f"the value of `{name}` has a character which not every reader of such a file takes alike",
                hint="use `sh` or `json`",
            )
    return Rendered("\n".join(f"{name}={value}" for name, value in export.variables()))


def merged(former: str, export: Export, text: str) -> str:
    """Return a file of assignments with ours in the place of their former ones, all else kept.

    Args:
        former: What the file holds.
        export: What is set.
        text: As ``dotenv`` renders it.
    """
    names = "|".join((re.escape(export.name), *({TOKEN, EXPIRY, API_URL} - {export.name})))
    ours = re.compile(rf"\ufeff?[ \t]*(?:export[ \t]+)?(?:{names})[ \t]*=")
    mark = "\ufeff" if former.startswith("\ufeff") else ""
    kept = _assignments(former.removeprefix(mark))
    at = next((index for index, line in enumerate(kept) if ours.match(line)), len(kept))
    before, after = ("".join(line for line in part if not ours.match(line)) for part in (kept[:at], kept[at:]))
    ends_line = not before or before.endswith("\n")
    return f"{mark}{before}{'' if ends_line else chr(10)}{text}\n{after}"


def _assignments(text: str) -> list[str]:
    """Split a file into its lines, those that a quoted value goes over taken together."""
    found: list[str] = []
    quote = ""
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        if quote:
            found[-1] += line
            quote = "" if _closes(line, quote) else quote
            continue
        found.append(line)
        opened = _OPENS.match(line)
        quote = opened[1] if opened and not _closes(line[opened.end() :], opened[1]) else ""
    return found


def _closes(text: str, quote: str) -> bool:
    return quote in (text.replace('\\"', "") if quote == '"' else text)


def json_object(export: Export, _: Mapping[str, str]) -> Rendered:
    """Render one JSON object: each variable by its name, the expiry in epoch seconds."""
    values: dict[str, object] = dict(export.variables())
    return Rendered(json.dumps(values | {EXPIRY: export.expires_at}))
