"""The shapes of requests and answers as JSON Schema: checked by the sandbox, and told in its description of itself."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from egain_auth_cli.call.catalogue import Operation

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}


@cache
def _document() -> dict[str, dict[str, Schema]]:
    text = files("egain_auth_cli").joinpath("sandbox/shapes.json").read_text(encoding="utf-8")
    document: dict[str, dict[str, Schema]] = json.loads(text)
    return document


def schemas() -> dict[str, Schema]:
    """Return the named schemas, which refer to each other as those of OpenAPI do."""
    return _document()["schemas"]


def parameter_schema(operation: Operation, name: str) -> Schema:
    """Return the schema of a query parameter's value."""
    own: Schema = _document()["parametersOfOne"].get(f"{operation.method} {operation.path}", {})
    found: Schema = own.get(name) or _document()["parameters"].get(name, _TEXT)
    return found


def fits(value: object, schema: Schema) -> str | None:
    """Return the place where a value does not fit a schema, empty for the whole; None where it does."""
    error = next(_validator(json.dumps(schema)).iter_errors(value), None)
    if error is None:
        return None
    missing = error.message.split("'")[1] if error.validator == "required" else None
    return ".".join([*(str(part) for part in error.absolute_path), *([missing] if missing else [])])


def query_value(text: str, schema: Schema) -> object:
    """Return a query's value as its schema has it: a number where that is wanted and given."""
    is_number = text.removeprefix("-").isdigit() and text.isascii() and len(text) < 10  # noqa: PLR2004
    return int(text) if schema.get("type") == "integer" and is_number else text


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": {"schemas": schemas()}})
