"""What the sandbox has handed out: codes and tokens with the family they belong to, and open sign-ins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, TokenMixin

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.oauth_request import FormRequest
    from egain_auth_cli.sandbox.people import Actor, Person
    from egain_auth_cli.sandbox.realms import Realm
    from egain_auth_cli.sandbox.registrations import ClientRegistration


@dataclass(slots=True, kw_only=True)
class TokenFamily:
    """All tokens that came from one grant; they are revoked together (RFC 9700 §4.14.2)."""

    public: bool
    revoked: bool = False


@dataclass(kw_only=True)
class AuthorizationCode(AuthorizationCodeMixin):
    """A code with the authorization request that it answers: its exchange must fit that."""

    code: str
    request: FormRequest
    expires_at: float
    family: TokenFamily
    used: bool = False

    def get_redirect_uri(self) -> str:
        """Return the URI that the exchange must name again."""
        return self.request.payload.redirect_uri

    def get_scope(self) -> str:
        """Return the scope in wire form."""
        return self.request.wire_scope


@dataclass(kw_only=True)
class IssuedToken(TokenMixin):
    """An access token and the refresh token that came with it, if one did; times are epoch seconds."""

    access_token: str
    refresh_token: str | None
    client_id: str
    person: Person | None
    actor: Actor
    scope: str
    scopes: tuple[str, ...]
    realm: Realm
    expires_at: float
    refresh_expires_at: float
    family: TokenFamily
    revoked: bool = False
    refreshed: bool = False

    def check_client(self, client: ClientRegistration) -> bool:
        """Tell whether this client got the token."""
        return self.client_id == client.client_id

    def get_scope(self) -> str:
        """Return the scope in wire form."""
        return self.scope


@dataclass(slots=True, kw_only=True)
class Transaction:
    """A sign-in under way; the page carries its random id and nothing else of it."""

    request: FormRequest
    expires_at: float
    person: Person | None = None
