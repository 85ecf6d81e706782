"""Authlib's authorization server, wired to the sandbox's state, grants and manner of errors."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import AuthorizationServer as AuthlibAuthorizationServer
from flask import Response

from egain_auth_cli.sandbox.authorization_code_grant import AuthorizationCodeGrant
from egain_auth_cli.sandbox.client_authentication import UNAUTHORIZED, authenticate_client
from egain_auth_cli.sandbox.client_credentials_grant import ClientCredentialsGrant
from egain_auth_cli.sandbox.on_behalf_of_grant import OnBehalfOfGrant
from egain_auth_cli.sandbox.refresh_token_grant import RefreshTokenGrant
from egain_auth_cli.sandbox.registered_client import RegisteredClient, query_client
from egain_auth_cli.sandbox.revocation_endpoint import RevocationEndpoint
from egain_auth_cli.sandbox.token_exchange_grant import TokenExchangeGrant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from authlib.oauth2.rfc6749.errors import OAuth2Error

    from egain_auth_cli.sandbox.oauth_request import FormRequest
    from egain_auth_cli.sandbox.token_issuer import TokenIssuer

_CANCELLED = "AADB2C90091: The user has cancelled entering self-asserted information."


class AuthorizationServer(AuthlibAuthorizationServer):
    """One server for all realms; each request carries its own."""

    def __init__(self, issuer: TokenIssuer) -> None:
        super().__init__()
        self.issuer = issuer
        self.state = issuer.state
        for grant in (
            AuthorizationCodeGrant,
            RefreshTokenGrant,
            ClientCredentialsGrant,
            OnBehalfOfGrant,
            TokenExchangeGrant,
        ):
            self.register_grant(grant)
        self.register_endpoint(RevocationEndpoint)

    def query_client(self, client_id: str) -> RegisteredClient | None:
        """Find a registered client."""
        return query_client(client_id)

    def authenticate_client(
        self, request: FormRequest, _methods: Sequence[str], _endpoint: str = "token"
    ) -> RegisteredClient:
        """Authenticate a client by the sandbox's own rules."""
        return authenticate_client(request)

    def create_oauth2_request(self, request: FormRequest) -> FormRequest:
        """Take requests that are in Authlib's form already."""
        return request

    def send_signal(self, name: str, *_args: object, **_kwargs: object) -> None:
        """Send none: nobody listens."""

    def handle_response(
        self, status: int, body: dict[str, object] | str, headers: Sequence[tuple[str, str]]
    ) -> Response:
        """Make the HTTP response."""
        text = json.dumps(body) if isinstance(body, dict) else body
        return Response(text, status=status, headers=list(headers))

    def handle_error_response(self, request: FormRequest, error: OAuth2Error) -> Response:
        """Answer an error: a redirect where one is safe, else the JSON of RFC 6749 §5.2."""
        if request.realm.commercial:
            error.description = _commercial_description(error)
        if error.redirect_uri:
            encoded = request.client.registration.encoded_errors
            location = add_params_to_uri(error.redirect_uri, _redirect_parameters(error, encoded=encoded))
            return self.handle_response(303, "", [("Location", location), ("Cache-Control", "no-store")])
        return self.handle_response(*error(self.get_error_uri(request, error)))


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
    end = " " if error.status_code == UNAUTHORIZED else "\r\n"
    moment = datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return f"{text}{end}Correlation ID: {uuid.uuid4()}{end}Timestamp: {moment}{end}".rstrip(" ")
