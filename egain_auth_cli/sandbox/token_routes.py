"""The token and revocation endpoints' routes (RFC 6749 §3.2, RFC 7009 §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error
from flask import Blueprint, request
from werkzeug.datastructures import MultiDict

from egain_auth_cli.sandbox.oauth_request import (
    METHOD_NOT_ALLOWED,
    REVOCATION_FIELDS,
    FormRequest,
    check_body,
    check_form,
    check_token_form,
)
from egain_auth_cli.sandbox.realms import REALMS, Realm, find_realm, find_token_realm

if TYPE_CHECKING:
    from flask import Response

    from egain_auth_cli.sandbox.authorization_server import AuthorizationServer

# Every method is routed, so that a wrong one gets an OAuth error too.
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class TokenRoutes:
    """The form endpoints of one server."""

    def __init__(self, server: AuthorizationServer) -> None:
        self.server = server

    def make_blueprint(self) -> Blueprint:
        """Bind every realm's token endpoint and, where it has one, its revocation endpoint."""
        blueprint = Blueprint("token", __name__)
        for path in sorted({realm.token_path for realm in REALMS}):
            blueprint.add_url_rule(path, path.replace(".", "-"), self.answer_token, methods=_METHODS)
        for path in sorted({realm.revoke_path for realm in REALMS if realm.revoke_path}):
            blueprint.add_url_rule(path, path.replace(".", "-"), self.answer_revocation, methods=_METHODS)
        return blueprint

    def answer_token(self) -> Response:
        """Answer a token request, whatever its grant."""
        realm = find_token_realm(request.path, request.args.get("user_type"))
        if realm is None:
            realm = next(each for each in REALMS if each.token_path == request.path)
            return self._refuse(realm, InvalidRequestError("The user_type is missing or unknown."))
        try:
            check_body(request)
            check_token_form(request, realm=realm)
        except OAuth2Error as error:
            return self._refuse(realm, error)
        oauth_request = FormRequest(request, realm=realm, parameters=request.form)
        with self.server.state.lock:
            response: Response = self.server.create_token_response(oauth_request)
        return response

    def answer_revocation(self) -> Response:
        """Answer a revocation request."""
        realm = find_realm(request.path)
        if realm is None:
            raise LookupError(request.path)
        try:
            check_body(request)
            check_form(request, allowed=REVOCATION_FIELDS)
        except OAuth2Error as error:
            return self._refuse(realm, error)
        oauth_request = FormRequest(request, realm=realm, parameters=request.form)
        with self.server.state.lock:
            response: Response = self.server.create_endpoint_response("revocation", oauth_request)
        return response

    def _refuse(self, realm: Realm, error: OAuth2Error) -> Response:
        oauth_request = FormRequest(request, realm=realm, parameters=MultiDict())
        response = self.server.handle_error_response(oauth_request, error)
        if error.status_code == METHOD_NOT_ALLOWED:
            response.headers["Allow"] = "POST"
        return response
