"""Decides who may call an operation, by the catalogue: token, rate, persona, scope, language, query, body."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import abort, g, request

from egain_auth_cli.call.catalogue import CLIENT
from egain_auth_cli.sandbox.api_error import ApiError, bad_body, wrong_persona
from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.json_text import read_json
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.registrations import CALLS_PER_WINDOW, WINDOW_SECONDS, find_registration
from egain_auth_cli.sandbox.scopes import allows, bare_scopes
from egain_auth_cli.sandbox.shapes import fits, parameter_schema, query_value, schemas

if TYPE_CHECKING:
    from egain_auth_cli.call.catalogue import Operation
    from egain_auth_cli.sandbox.issued import IssuedToken

REFUSES_UNKNOWN_NAMES = frozenset(
    {
        "/knowledge/contentmgr/v4/import/content/validate",
        "/knowledge/contentmgr/v4/import/content/{job_id}/status",
        "/knowledge/contentmgr/v4/prompts/prompttemplates",
        "/knowledge/contentmgr/v4/prompts/prompttemplates/{promptID}",
        "/knowledge/portalmgr/v4/content/export/{jobID}/status",
    }
)
"""The operations for which 400-101 is documented; elsewhere an unknown name is passed over."""
_NAMES_SCOPES = "/knowledge/portalmgr/v4/articles/attachments/{attachmentID}"
_CONTRADICTED = "/core/aiservices/v4/{portalID}/retrieve"


def admit(operation: Operation) -> None:
    """Let a request through: its token in `g.token`, the values of its query in `g.query`, its side in `g.contrary`.

    Raises:
        ApiError: The first of eGain's objections that applies.
    """
    g.token = token = _find_token()
    registration = find_registration(token.client_id)
    g.contrary = registration is not None and registration.contrary
    if registration is not None and registration.throttled:
        _count_call(token.client_id)
    persona = _persona_of(token)
    if operation.personas and persona not in operation.personas and not _is_contradicted(operation, persona):
        raise wrong_persona(token.actor)
    _check_scope(token, operation, persona)
    languages = {value.lower() for value in schemas()["AcceptLanguage"]["enum"]}  # eGain's own agent sends `en-us`
    if operation.language and request.headers.get("Accept-Language", "").lower() not in languages:
        raise ApiError("406-100", "Accept-Language header is missing or its value is invalid")
    g.query = _checked_query(operation)


def check_body(operation: Operation, name: str) -> None:
    """Check a request's body against a schema, and put it into `g.body`.

    Raises:
        ApiError: It does not fit.
    """
    given = bool(request.get_data())
    if given and request.mimetype != "application/json":
        abort(415)
    try:
        g.body = read_json(request.get_data()) if given or operation.body == "json!" else {}
        wrong = fits(g.body, schemas()[name])
    except (ValueError, RecursionError):
        raise ApiError("400-152", "Invalid value is provided in the request body: it cannot be read as JSON") from None
    if wrong is not None:
        raise bad_body(wrong)


def _find_token() -> IssuedToken:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value:
        challenge = {"WWW-Authenticate": "Bearer"}
        raise ApiError("401-104", "Invalid or missing 'authorization' header", headers=challenge)
    token = current_server().state.find_access_token(value)
    if token is None:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise ApiError("401-101", "Invalid or expired 'Authorization' header", headers=challenge)
    return token


def _persona_of(token: IssuedToken) -> str:
    if not token.on_behalf_of:
        return str(token.actor)
    return "obo" if token.actor == Actor.USER else "obo-c"


def _is_contradicted(operation: Operation, persona: str) -> bool:
    # The descriptions do not let an application call it for itself; eGain's own sample does.
    return bool(g.contrary) and persona == CLIENT and operation.path == _CONTRADICTED


def _check_scope(token: IssuedToken, operation: Operation, persona: str) -> None:
    granted = bare_scopes(token.scope, realm=token.realm)
    needed = operation.scopes_of(persona) or operation.delegated
    if persona == CLIENT and ".default" in needed:
        # What an application has been given of the manager: `.default` is how it asks for that.
        needed = (operation.application_scope,)
    # `.onbehalfof.` names are those of the descriptions; the portal's pages say that any assigned scope will do.
    if needed and not any(all(allows(granted, scope) for scope in one.split()) for one in needed):
        # One operation alone is documented to name them.
        names = f". The client application must have '{needed[0]}' scope" if operation.path == _NAMES_SCOPES else ""
        raise ApiError("403-197", f"Not authorized to perform this action{names}")


def _count_call(client_id: str) -> None:
    started, calls = current_server().state.count_call(client_id)
    reset = datetime.fromtimestamp(math.ceil(started + WINDOW_SECONDS), tz=UTC)
    headers = {
        "X-RateLimit-Limit": str(CALLS_PER_WINDOW),
        "X-RateLimit-Remaining": str(max(0, CALLS_PER_WINDOW - calls)),
        # eGain's specification has a date here, in UTC, where others have seconds.
        "X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if calls > CALLS_PER_WINDOW:
        raise ApiError("429-001", "Too many requests", headers=headers)
    g.rate_limit_headers = headers


def _checked_query(operation: Operation) -> dict[str, object]:
    known = (*operation.required, *operation.optional)
    unknown = [name for name in request.args if name not in known]
    if unknown and operation.path in REFUSES_UNKNOWN_NAMES:
        raise ApiError("400-101", f"Unsupported query parameter(s) supplied: {', '.join(unknown)}")
    missing = [name for name in operation.required if not request.args.get(name)]
    if missing:
        raise ApiError("400-112", f"Required query parameter(s) is missing: {', '.join(missing)}")
    found: dict[str, object] = {}
    for name in known:
        text = request.args.get(name)
        if text is None:
            continue
        schema = parameter_schema(operation, name)
        found[name] = query_value(",".join(request.args.getlist(name)), schema)
        if fits(found[name], schema) is not None:
            raise _bad_value(operation, name)
    return found


def _bad_value(operation: Operation, name: str) -> ApiError:
    if "/portalmgr/" not in operation.path:
        return ApiError("400-152", f"Invalid value is provided for the query parameter '{name}'")
    schema = parameter_schema(operation, name)
    schema = schemas()[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    bounds = f"{schema['minimum']} to {schema['maximum']}" if "minimum" in schema else "a text"
    expected = ", ".join(schema.get("enum", [schema.get("pattern", bounds)]))
    return ApiError("400-196", f"The value of '{name}' is not valid, expected values are: [{expected}]")
