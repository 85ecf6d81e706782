"""A client application as Authlib asks about it."""

from __future__ import annotations

from authlib.oauth2.rfc6749 import ClientMixin

from egain_auth_cli.sandbox.realms import GrantType
from egain_auth_cli.sandbox.registrations import ClientRegistration, find_registration

_CONFIDENTIAL = frozenset(GrantType)
_PUBLIC = frozenset({GrantType.AUTHORIZATION_CODE})


class RegisteredClient(ClientMixin):
    """Authlib's view of one `ClientRegistration`."""

    def __init__(self, registration: ClientRegistration) -> None:
        self.registration = registration

    def get_client_id(self) -> str:
        """Give the client id."""
        return self.registration.client_id

    def get_default_redirect_uri(self) -> None:
        """Give none: eGain requires `redirect_uri`."""

    def get_allowed_scope(self, scope: str) -> str:
        """Give the scope back: each grant has checked it already."""
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Tell whether this redirect URI is registered."""
        return self.registration.allows_redirect(redirect_uri)

    def check_response_type(self, response_type: str) -> bool:
        """Allow the authorization code alone."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether this application may use a grant."""
        registration = self.registration
        if grant_type == GrantType.TOKEN_EXCHANGE and not registration.token_exchange:
            return False
        if grant_type == GrantType.REFRESH_TOKEN and not registration.refresh_tokens:
            return False
        return grant_type in (_PUBLIC if registration.public else _CONFIDENTIAL)


def query_client(client_id: str | None) -> RegisteredClient | None:
    """Find a registered client by its id."""
    registration = find_registration(client_id)
    return RegisteredClient(registration) if registration else None
