"""The client credentials grant (RFC 6749 §4.4), and eGain's anonymous customer, who uses the same grant."""

from __future__ import annotations

from egain_auth_cli.sandbox.client_authentication import read_anonymous_client
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.realms import GrantType
from egain_auth_cli.sandbox.registered_client import RegisteredClient
from egain_auth_cli.sandbox.sandbox_grant import ApplicationGrant


class ClientCredentialsGrant(ApplicationGrant):
    """A client application for itself, or at an anonymous endpoint for someone unknown."""

    GRANT_TYPE = GrantType.CLIENT_CREDENTIALS

    def authenticate_application(self) -> object:
        """Authenticate the application; for an anonymous customer the credentials are not checked."""
        if self.request.realm.actor != Actor.ANONYMOUS:
            return super().authenticate_application()
        return _PermittedClient(read_anonymous_client(self.request).registration)


class _PermittedClient(RegisteredClient):
    """A client at the anonymous endpoint, where a placeholder will do."""

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == GrantType.CLIENT_CREDENTIALS
