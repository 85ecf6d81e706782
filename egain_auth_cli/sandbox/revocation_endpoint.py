"""The revocation endpoint (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint as AuthlibRevocationEndpoint

from egain_auth_cli.sandbox.client_authentication import require_secret

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.issued import IssuedToken
    from egain_auth_cli.sandbox.oauth_request import FormRequest
    from egain_auth_cli.sandbox.registrations import ClientRegistration


class RevocationEndpoint(AuthlibRevocationEndpoint):
    """Revokes a token of the client that asks; an unknown token is not an error."""

    def check_params(self, request: FormRequest, _client: ClientRegistration) -> None:
        """Ask for the token alone: an unknown hint may be passed over (RFC 7009 §2.2.1)."""
        if "token" not in request.form:
            raise InvalidRequestError("The token is missing.")

    def query_token(self, token_string: str, _hint: str | None) -> IssuedToken | None:
        """Find the token among both kinds, whatever the hint says."""
        state = self.server.state
        found: IssuedToken | None = state.find_access_token(token_string) or state.find_refresh_token(token_string)
        return found

    def revoke_token(self, token: IssuedToken, request: FormRequest) -> None:
        """Revoke an access token alone, or a refresh token with its family (RFC 7009 §2.1)."""
        if not token.family.public:
            require_secret(request)
        if request.form["token"] == token.access_token:
            token.revoked = True
        else:
            token.family.revoked = True
