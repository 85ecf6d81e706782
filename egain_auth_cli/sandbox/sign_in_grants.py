"""The grants of a person's sign-in: the authorization code, and the refresh that follows it."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Error,
    UnauthorizedClientError,
    UnsupportedResponseTypeError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant as AuthlibAuthorizationCodeGrant
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant as AuthlibRefreshTokenGrant
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from egain_auth_cli.sandbox.client_authentication import PUBLIC_SECRET, require_secret
from egain_auth_cli.sandbox.issued import AuthorizationCode, IssuedToken, TokenFamily
from egain_auth_cli.sandbox.realms import GrantType
from egain_auth_cli.sandbox.registrations import find_registration
from egain_auth_cli.sandbox.scopes import grant_scope
from egain_auth_cli.sandbox.token_issuer import IssuingGrant

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.oauth_request import FormRequest
    from egain_auth_cli.sandbox.people import Person
    from egain_auth_cli.sandbox.registrations import ClientRegistration

CODE_LIFETIME = 60
"""Seconds; RFC 6749 §4.1.2 allows ten minutes at most."""
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class AuthorizationCodeGrant(IssuingGrant, AuthlibAuthorizationCodeGrant):
    """A person's sign-in, then the exchange of its code (RFC 6749 §4.1).

    It is confidential or with PKCE (RFC 7636), never the two mixed.
    """

    GRANT_TYPE = GrantType.AUTHORIZATION_CODE

    @classmethod
    def check_authorization_endpoint(cls, _request: FormRequest) -> bool:
        """Take every authorization request: a wrong `response_type` is answered here too."""
        return True

    @staticmethod
    def validate_no_multiple_request_parameter(_request: FormRequest) -> None:
        """Leave it to `validate_authorization_request`, which knows where to send the error."""

    def validate_authorization_request(self) -> str:
        """Check an authorization request and return its redirect URI.

        Raises:
            OAuth2Error: without `redirect_uri` where the error must stay on a page (RFC 6749 §4.1.2.1).
        """
        client, redirect_uri = _find_destination(self.request)
        self.request.client = client
        try:
            self._check_parameters()
            self._check_challenge()
        except OAuth2Error as error:
            error.redirect_uri = redirect_uri
            raise
        return redirect_uri

    def _check_parameters(self) -> None:
        payload = self.request.payload
        if self.request.doubled:
            raise InvalidRequestError("A parameter is in the request twice.")
        if payload.response_type is None:
            raise InvalidRequestError("The response_type is missing.")
        if payload.response_type != "code":
            raise UnsupportedResponseTypeError(payload.response_type)
        self.request.wire_scope = grant_scope(
            payload.scope, realm=self.request.realm, grant_type=GrantType.AUTHORIZATION_CODE
        )

    def _check_challenge(self) -> None:
        data, client = self.request.form, self.request.client
        challenge, method = data.get("code_challenge"), data.get("code_challenge_method")
        if challenge is None and method is None:
            if client.public:
                raise InvalidRequestError("This client must use PKCE: the code_challenge is missing.")
            return
        if not client.pkce:
            raise UnauthorizedClientError("This client is a Web application and may not use PKCE.")
        if method != "S256":
            raise InvalidRequestError("The code_challenge_method must be S256.")
        if challenge is None or not _CHALLENGE.fullmatch(challenge):
            raise InvalidRequestError("The code_challenge is not an S256 challenge.")

    def save_authorization_code(self, code: str, request: FormRequest) -> None:
        """Keep the code with all that its exchange must match."""
        self.server.state.save_code(
            AuthorizationCode(
                code=code,
                request=request,
                expires_at=self.server.state.clock() + CODE_LIFETIME,
                family=TokenFamily(public="code_challenge" in request.form),
            )
        )

    def query_authorization_code(self, code: str, client: ClientRegistration) -> AuthorizationCode | None:
        """Find a code that is still good; one used before revokes its tokens (RFC 6749 §4.1.2)."""
        found: AuthorizationCode | None = self.server.state.find_code(code)
        if found is None or found.request.client != client or found.request.realm != self.request.realm:
            return None
        if found.used:
            found.family.revoked = True
            return None
        return found if found.expires_at > self.server.state.clock() else None

    def validate_token_request(self) -> None:
        """Check an exchange: client, code, redirect URI, then the verifier or the secret."""
        super().validate_token_request()
        code: AuthorizationCode = self.request.authorization_code
        challenge, verifier = code.request.form.get("code_challenge"), self.request.form.get("code_verifier")
        if challenge is None:
            if verifier is not None:
                raise InvalidRequestError("The authorization request had no code_challenge.")
            require_secret(self.request)
            return
        # As eGain does: a public client that sends a secret is refused, whatever the secret is.
        if self.request.auth_method != "none":
            text = PUBLIC_SECRET if self.request.realm.commercial else "PKCE takes no client_secret."
            raise InvalidRequestError(text)
        if verifier is None or not _VERIFIER.fullmatch(verifier):
            raise InvalidRequestError("The code_verifier is missing or malformed.")
        if not secrets.compare_digest(create_s256_code_challenge(verifier), challenge):
            raise InvalidGrantError("The code_verifier does not match the code_challenge.")

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        """Mark the code as used; it is kept, so that a second use is seen."""
        authorization_code.used = True

    def authenticate_user(self, authorization_code: AuthorizationCode) -> Person:
        """Return the person who signed in."""
        person: Person = authorization_code.request.user
        return person


class RefreshTokenGrant(IssuingGrant, AuthlibRefreshTokenGrant):
    """New tokens for a stored sign-in (RFC 6749 §6).

    They rotate, and a used refresh token ends its whole family (RFC 9700 §4.14).
    """

    GRANT_TYPE = GrantType.REFRESH_TOKEN

    def authenticate_refresh_token(self, refresh_token: str) -> IssuedToken | None:
        """Find a refresh token that is still good; one used before revokes its family."""
        # As Microsoft's v2 endpoints, behind commercial instances, whose answer would be an ID token alone.
        if self.request.realm.commercial and not self.request.form.get("scope"):
            raise InvalidRequestError("The scope is missing: a refresh names the scopes that its token is for.")
        token: IssuedToken | None = self.server.state.find_refresh_token(refresh_token)
        if token is None or token.realm != self.request.realm or not token.check_client(self.request.client):
            return None
        if token.refreshed:
            token.family.revoked = True
        if token.family.revoked or token.refresh_expires_at <= self.server.state.clock():
            return None
        # The secret is asked for as at the sign-in: with it, or on commercial without it.
        if not token.family.public:
            require_secret(self.request)
        elif self.request.realm.commercial and self.request.auth_method != "none":
            raise InvalidRequestError(PUBLIC_SECRET)
        return token

    def authenticate_user(self, refresh_token: IssuedToken) -> Person | None:
        """Return the person who signed in."""
        return refresh_token.person

    def revoke_old_credential(self, refresh_token: IssuedToken) -> None:
        """Rotate: the old refresh token has had its one use."""
        refresh_token.refreshed = True


def _find_destination(request: FormRequest) -> tuple[ClientRegistration, str]:
    """Find the client and the registered redirect URI, without which no error may be sent anywhere."""
    if request.doubled & {"client_id", "redirect_uri"}:
        raise InvalidRequestError("The client_id or the redirect_uri is in the request twice.")
    client = find_registration(request.payload.client_id)
    if client is None:
        raise InvalidClientError("No client application has this client_id.")
    redirect_uri = request.payload.redirect_uri
    if redirect_uri is None:
        raise InvalidRequestError("The redirect_uri is missing.")
    if not client.check_redirect_uri(redirect_uri):
        raise InvalidRequestError("The redirect_uri is not registered for this client application.")
    return client, redirect_uri
