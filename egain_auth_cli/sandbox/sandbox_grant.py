"""What every grant of the sandbox shares: client authentication, permission, and one way to issue tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import BaseGrant, TokenEndpointMixin

from egain_auth_cli.sandbox.client_authentication import require_secret
from egain_auth_cli.sandbox.scopes import grant_scope

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.oauth_request import FormRequest
    from egain_auth_cli.sandbox.people import Person


class IssuingGrant(BaseGrant):
    """A grant whose tokens come from the sandbox's issuer, which also keeps them."""

    request: FormRequest
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

    def generate_token(
        self, user: Person | None = None, scope: str | None = None, **_options: object
    ) -> dict[str, object]:
        """Issue a token; `scope` is in wire form."""
        return self.server.issuer.issue_token(self.request, grant_type=self.GRANT_TYPE, person=user, scope=scope or "")

    def save_token(self, token: dict[str, object]) -> None:
        """Do nothing: the issuer has kept it."""


class ApplicationGrant(IssuingGrant, TokenEndpointMixin):
    """A grant that a client application asks for with its secret and in one request."""

    def validate_token_request(self) -> None:
        """Authenticate the client, then check its permission, its parameters and its scope."""
        self.request.client = self.authenticate_application()
        if not self.request.client.check_grant_type(self.GRANT_TYPE):
            raise UnauthorizedClientError("This client may not use this grant.")
        self.request.user = self.find_subject()
        self.request.wire_scope = grant_scope(
            self.request.payload.scope, realm=self.request.realm, grant_type=self.GRANT_TYPE
        )

    def create_token_response(self) -> tuple[int, dict[str, object], object]:
        """Issue the token, without a refresh token (RFC 6749 §4.4.3)."""
        token = self.generate_token(self.request.user, self.request.wire_scope)
        return 200, token | self.extra_members(), self.TOKEN_RESPONSE_HEADER

    def authenticate_application(self) -> object:
        """Authenticate a client that must have a secret."""
        client = self.authenticate_token_endpoint_client()
        require_secret(self.request)
        return client

    def find_subject(self) -> Person | None:
        """Find the person for whom the application acts; none unless a grant says so."""
        return None

    def extra_members(self) -> dict[str, object]:
        """Give what this grant adds to the answer."""
        return {}
