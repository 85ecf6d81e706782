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
    """All tokens that came from one grant; they are revoked together (RFC 9700 §4.14.2).

    Attributes:
        public: Whether the sign-in was with PKCE, so that no secret is asked for later.
        revoked: Whether none of them is good any more.
    """

    public: bool
    revoked: bool = False


@dataclass(kw_only=True)
class AuthorizationCode(AuthorizationCodeMixin):
    """A code with the authorization request that it answers: its exchange must fit that.

    Attributes:
        code: The code itself.
        request: The authorization request.
        expires_at: Epoch seconds.
        family: What its tokens will belong to.
        used: Whether it was exchanged; it is kept, so that a second use is seen.
    """

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
    """An access token and the refresh token that came with it, if one did; times are epoch seconds.

    Attributes:
        person: Whom it stands for; None where nobody is known by name.
        actor: On whose account it acts.
        on_behalf_of: Whether an application acts for the person.
        scope: In wire form, as it was granted.
        realm: Where it was issued.
        revoked: Whether the access token was revoked alone.
        refreshed: Whether the refresh token was used.
    """

    access_token: str
    refresh_token: str | None
    client_id: str
    person: Person | None
    actor: Actor
    scope: str
    realm: Realm
    expires_at: float
    refresh_expires_at: float
    family: TokenFamily
    on_behalf_of: bool = False
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
    """A sign-in under way; the page carries its name and nothing else of it.

    Attributes:
        name: Random; it works once.
        request: The authorization request.
        expires_at: Epoch seconds.
        person: Who gave a name and a password, once somebody has.
    """

    name: str
    request: FormRequest
    expires_at: float
    person: Person | None = None
