"""The API: any documented operation is checked by the catalogue, and answered where the sandbox has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, request
from werkzeug.exceptions import MethodNotAllowed

from egain_auth_cli.call.catalogue import operation_of, operations

# For what they register.
from egain_auth_cli.sandbox import (  # noqa: F401
    article_resources,
    content_resources,
    job_resources,
    portal_resources,
    suggestion_resources,
)
from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.api_guard import admit, check_body
from egain_auth_cli.sandbox.description import description
from egain_auth_cli.sandbox.resource import RESOURCES

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

_METHODS = sorted({one.method for one in operations()})
# All that there are, so that an unknown path is told to be one whatever is asked of it.
_ROUTED = [*_METHODS, "CONNECT", "HEAD", "OPTIONS", "PATCH", "TRACE"]

blueprint = Blueprint("api", __name__)


@blueprint.get("/openapi.json")
def describe() -> ResponseReturnValue:
    """Describe the operations that the sandbox has (OpenAPI 3.1)."""
    return description()


@blueprint.route(
    "/<any(knowledge, core, conversation):_hub>/<path:_rest>", methods=_ROUTED, provide_automatic_options=False
)
def answer(_hub: str, _rest: str) -> ResponseReturnValue:
    """Answer an operation of the API."""
    operation = operation_of(request.method, request.path)
    if operation is None:
        others = [method for method in _METHODS if operation_of(method, request.path)]
        if others:
            raise MethodNotAllowed(others)
        abort(404)
    admit(operation)
    resource = RESOURCES.get(operation)
    if resource is None:
        raise ApiError("501-100", f"The sandbox does not have {operation.method} {operation.path}")
    if resource.body is not None:
        check_body(operation, resource.body)
    template, path = operation.path.split("/"), request.path.split("/")
    names = {one[1:-1]: part for one, part in zip(template, path, strict=True) if one.startswith("{")}
    return resource.view(**names)
