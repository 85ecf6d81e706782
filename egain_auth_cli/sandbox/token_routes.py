"""The token and revocation endpoints' routes (RFC 6749 §3.2, RFC 7009 §2)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error
from flask import Blueprint, g, request
from werkzeug.datastructures import MultiDict

from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.oauth_request import FormRequest, check_body, check_form, check_token_form
from egain_auth_cli.sandbox.realms import REALMS, Realm

if TYPE_CHECKING:
    from flask import Response

# Every method is routed, so that a wrong one gets an OAuth error too.
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_REVOCATION_FIELDS = frozenset({"token", "token_type_hint", "client_id", "client_secret"})

blueprint = Blueprint("token", __name__)


def answer_token() -> Response:
    """Answer a token request, whatever its grant; `user_type` chooses where one path serves two actors."""
    realms = [realm for realm in REALMS if realm.token_path == request.path]
    user_type = request.args.get("user_type")
    g.realm = next((realm for realm in realms if realm.user_type in {None, user_type}), realms[0])
    if g.realm.user_type not in {None, user_type}:
        raise InvalidRequestError("The user_type is missing or unknown.")
    check_body(request)
    check_token_form(request, realm=g.realm)
    server = current_server()
    # Two requests with one refresh token may arrive together: the first must have rotated it.
    with server.state.lock:
        response: Response = server.create_token_response(_read_form())
    return response


def answer_revocation(realm: Realm) -> Response:
    """Answer a revocation request."""
    g.realm = realm
    check_body(request)
    check_form(request, allowed=_REVOCATION_FIELDS)
    server = current_server()
    with server.state.lock:
        response: Response = server.create_endpoint_response("revocation", _read_form())
    return response


@blueprint.errorhandler(OAuth2Error)
def refuse(error: OAuth2Error) -> Response:
    """Answer what was found wrong before Authlib had the request."""
    oauth_request = FormRequest(request, realm=g.realm, parameters=MultiDict())
    response = current_server().handle_error_response(oauth_request, error)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = "POST"
    return response


def _read_form() -> FormRequest:
    return FormRequest(request, realm=g.realm, parameters=request.form)


for _path in sorted({realm.token_path for realm in REALMS}):
    blueprint.add_url_rule(_path, view_func=answer_token, methods=_METHODS)
for _realm in REALMS:
    if _realm.revoke_path:
        blueprint.add_url_rule(
            _realm.revoke_path, f"revoke-{_realm.name}", answer_revocation, methods=_METHODS, defaults={"realm": _realm}
        )
