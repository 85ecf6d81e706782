"""The sandbox's description of itself (OpenAPI 3.1): the operations that it has, by the catalogue and the shapes."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from egain_auth_cli import __version__
from egain_auth_cli.sandbox.resource import RESOURCES
from egain_auth_cli.sandbox.shapes import parameter_schema, schemas

if TYPE_CHECKING:
    from egain_auth_cli.call.catalogue import Operation
    from egain_auth_cli.sandbox.resource import Resource

_ERRORS = (400, 401, 403, 404, 406, 429)
_WITHOUT_BODY = (409, 415)


@cache
def description() -> dict[str, Any]:
    """Return the document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation, one in RESOURCES.items():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "egain sandbox", "version": __version__},
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _described(operation: Operation, one: Resource) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": one.view.__name__,
        "summary": (one.view.__doc__ or "").strip(),
        "tags": [operation.group],
        "parameters": list(_parameters(operation)),
        "responses": _responses(one),
    }
    if one.body is not None:
        content = {"application/json": {"schema": _reference(one.body)}}
        described["requestBody"] = {"required": operation.body == "json!", "content": content}
    return described


def _parameters(operation: Operation) -> Any:  # noqa: ANN401
    for part in operation.path.split("/"):
        if part.startswith("{"):
            schema = {"type": "string"} if "job" in part.lower() else _reference("Id")
            yield {"name": part[1:-1], "in": "path", "required": True, "schema": schema}
    for name in (*operation.required, *operation.optional):
        schema = parameter_schema(operation, name)
        yield {"name": name, "in": "query", "required": name in operation.required, "schema": schema}
    if operation.language:
        yield {"name": "Accept-Language", "in": "header", "required": True, "schema": _reference("AcceptLanguage")}


def _responses(one: Resource) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(one.status).phrase}
    if one.answers is not None:
        good["content"] = {"application/json": {"schema": _reference(one.answers)}}
    found: dict[str, Any] = {str(one.status): good}
    if one.may_be_empty:
        found["204"] = {"description": "Nothing to show"}
    error = {"application/json": {"schema": _reference("Error")}}
    for status in _ERRORS:
        found[str(status)] = {"description": HTTPStatus(status).phrase, "content": error}
    for status in _WITHOUT_BODY:
        found[str(status)] = {"description": HTTPStatus(status).phrase}
    return found


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
