"""Authlib's authorization server for Flask, wired to the sandbox's state, grants and manner of errors."""

from __future__ import annotations

import base64
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from authlib.common.urls import add_params_to_uri
from authlib.integrations.flask_oauth2 import AuthorizationServer as AuthlibAuthorizationServer
from flask import current_app

from egain_auth_cli.sandbox.application_grants import ClientCredentialsGrant, OnBehalfOfGrant
from egain_auth_cli.sandbox.client_authentication import authenticate_client
from egain_auth_cli.sandbox.registrations import find_registration
from egain_auth_cli.sandbox.revocation_endpoint import RevocationEndpoint
from egain_auth_cli.sandbox.sign_in_grants import AuthorizationCodeGrant, RefreshTokenGrant
from egain_auth_cli.sandbox.token_exchange_grant import TokenExchangeGrant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from authlib.oauth2.rfc6749.errors import OAuth2Error
    from flask import Response

    from egain_auth_cli.sandbox.oauth_request import FormRequest
    from egain_auth_cli.sandbox.registrations import ClientRegistration
    from egain_auth_cli.sandbox.token_issuer import TokenIssuer

_GRANTS = (AuthorizationCodeGrant, RefreshTokenGrant, ClientCredentialsGrant, OnBehalfOfGrant, TokenExchangeGrant)
_CANCELLED = "AADB2C90091: The user has cancelled entering self-asserted information."


class AuthorizationServer(AuthlibAuthorizationServer):
    """One server for all realms; each request carries its own."""

    def __init__(self, issuer: TokenIssuer) -> None:
        # Authlib would keep a token once it is made; the issuer has kept it already.
        super().__init__(query_client=find_registration, save_token=lambda _token, _request: None)
        self.issuer = issuer
        self.state = issuer.state
        for grant in _GRANTS:
            self.register_grant(grant)
        self.register_endpoint(RevocationEndpoint)

    def authenticate_client(
        self, request: FormRequest, _methods: Sequence[str], _endpoint: str = "token"
    ) -> ClientRegistration:
        """Authenticate a client by the sandbox's own rules."""
        return authenticate_client(request)

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        """Take requests that are in Authlib's form already."""
        return request

    def handle_error_response(self, request: FormRequest, error: OAuth2Error) -> Response:
        """Answer an error: a redirect where one is safe, else the JSON of RFC 6749 §5.2."""
        if request.realm.commercial:
            error.description = _commercial_description(error)
        if error.redirect_uri:
            parameters = _redirect_parameters(error, encoded=request.client.encoded_errors)
            location = add_params_to_uri(error.redirect_uri, parameters)
            return self.handle_response(303, "", [("Location", location), ("Cache-Control", "no-store")])
        return self.handle_response(*error(self.get_error_uri(request, error)))


def current_server() -> AuthorizationServer:
    """Return the server of the sandbox that answers this request."""
    server: AuthorizationServer = current_app.extensions["sandbox"]
    return server


def _redirect_parameters(error: OAuth2Error, *, encoded: bool) -> list[tuple[str, str]]:
    """List the redirect's parameters; for some applications eGain sends base64 of URL-encoded text."""
    parameters: list[tuple[str, str]] = error.get_body()
    if not encoded:
        return parameters
    return [
        (name, base64.b64encode(quote(value).encode()).decode() if name.startswith("error") else value)
        for name, value in parameters
    ]


def _commercial_description(error: OAuth2Error) -> str:
    """Describe an error as Azure AD B2C does, with lines for its support."""
    text = _CANCELLED if error.error == "access_denied" else error.get_error_description() or error.error
    # A 401 repeats its description in a header, which has one line.
    end = " " if error.status_code == HTTPStatus.UNAUTHORIZED else "\r\n"
    moment = datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return f"{text}{end}Correlation ID: {uuid.uuid4()}{end}Timestamp: {moment}{end}".rstrip(" ")
