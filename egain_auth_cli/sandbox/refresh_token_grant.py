"""The refresh grant (RFC 6749 §6): tokens rotate, and a used one ends its whole family (RFC 9700 §4.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant as AuthlibRefreshTokenGrant

from egain_auth_cli.sandbox.client_authentication import PUBLIC_SECRET, require_secret
from egain_auth_cli.sandbox.realms import GrantType
from egain_auth_cli.sandbox.token_issuer import IssuingGrant

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.issued import IssuedToken
    from egain_auth_cli.sandbox.people import Person


class RefreshTokenGrant(IssuingGrant, AuthlibRefreshTokenGrant):
    """New tokens for a stored sign-in."""

    GRANT_TYPE = GrantType.REFRESH_TOKEN
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> IssuedToken | None:
        """Find a refresh token that is still good; one used before revokes its family."""
        token: IssuedToken | None = self.server.state.find_refresh_token(refresh_token)
        if token is None or token.realm != self.request.realm or not token.check_client(self.request.client):
            return None
        if token.refreshed:
            token.family.revoked = True
        if token.family.revoked or token.refresh_expires_at <= self.server.state.clock():
            return None
        self._check_secret(token)
        return token

    def authenticate_user(self, refresh_token: IssuedToken) -> Person | None:
        """Return the person who signed in."""
        return refresh_token.person

    def revoke_old_credential(self, refresh_token: IssuedToken) -> None:
        """Rotate: the old refresh token has had its one use."""
        refresh_token.refreshed = True

    def _check_secret(self, token: IssuedToken) -> None:
        """Ask for the secret as the sign-in did: with it, or on commercial without it."""
        if not token.family.public:
            require_secret(self.request)
        elif self.request.realm.commercial and self.request.auth_method != "none":
            raise InvalidRequestError(PUBLIC_SECRET)
