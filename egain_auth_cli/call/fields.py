"""A JSON body from ``-f`` and ``-F`` fields with nesting: ``a[b]=x`` and ``a[]=x``."""

from __future__ import annotations

import json
import re
from typing import Any

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_KEY = re.compile(r"\[([^\[\]]*)\]")


def json_value(text: str, name: str) -> object:
    """Read the value of a ``-F`` field.

    Raises:
        UsageError: It is not JSON.
    """
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(value, allow_nan=False)  # 1e999 is JSON, but becomes infinity, which JSON cannot write
    except (ValueError, RecursionError):
        raise UsageError(
            f"the value of `-F {printable(name, limit=60)}` is no JSON: `{printable(text, limit=80)}`",
            hint="write JSON (`-F count=3`, `-F 'tags=[\"a\"]'`), or use `-f` for a text",
        ) from None
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(name)


def json_body(fields: list[tuple[str, object]]) -> bytes:
    """Build the object that the fields describe, in their order.

    Args:
        fields: Names with nesting, and values.

    Returns:
        The object as JSON in UTF-8.

    Raises:
        UsageError: A name is malformed, or two of them contradict each other.
    """
    root: dict[str, Any] = {}
    for name, value in fields:
        match = _NAME.fullmatch(name)
        if match is None:
            raise _bad(name, "is malformed")
        _put(root, [match[1], *_KEY.findall(match[2])], value, name)
    try:
        return json.dumps(root, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError("a field holds bytes that are no text", hint="write names and values in UTF-8") from None


def _put(table: Any, keys: list[str], value: object, name: str) -> None:  # noqa: ANN401  a dict or a list
    key, *rest = keys
    if isinstance(table, list):
        if key:
            raise _bad(name, "is a list elsewhere")
        if not rest:
            table.append(value)
            return
        # As in gh: `a[][b]` goes on with the last element until that has a `b`.
        if not table or not isinstance(table[-1], dict) or rest[0] in table[-1]:
            table.append(_container(rest))
        _put(table[-1], rest, value, name)
        return
    if not isinstance(table, dict) or not key:
        raise _bad(name, "contradicts another field")
    if not rest:
        if key in table:
            raise _bad(name, "is given twice")
        table[key] = value
        return
    inner = table.setdefault(key, _container(rest))
    if not isinstance(inner, type(_container(rest))):
        raise _bad(name, "contradicts another field")
    _put(inner, rest, value, name)


def _container(rest: list[str]) -> dict[str, Any] | list[Any]:
    return [] if rest[0] == "" else {}


def _bad(name: str, why: str) -> UsageError:
    return UsageError(f"the field `{printable(name, limit=80)}` {why}", hint="see `-f` and `-F` in `egain call --help`")
