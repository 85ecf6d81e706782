"""Makes tokens: the JWT, the answer of RFC 6749 §5.1 and the record of both."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.grants import BaseGrant
from joserfc import jwt
from joserfc.jwk import OctKey

from egain_auth_cli.sandbox.issued import IssuedToken, TokenFamily
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.realms import SIGN_IN_GRANTS, GrantType
from egain_auth_cli.sandbox.scopes import bare_scopes

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.oauth_request import FormRequest
    from egain_auth_cli.sandbox.people import Person
    from egain_auth_cli.sandbox.state import SandboxState

REFRESH_LIFETIME = 14 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssuer:
    """Issues tokens and keeps them.

    Attributes:
        url: The sandbox's.
        lifetime: Of an access token, in seconds.
        state: Where tokens are kept.
        key: Signs the JWTs; a new one for each sandbox.
    """

    url: str
    lifetime: int
    state: SandboxState
    key: OctKey = field(default_factory=lambda: OctKey.generate_key(256))

    def issue_token(
        self, request: FormRequest, *, grant_type: str, person: Person | None, scope: str
    ) -> dict[str, object]:
        """Issue the tokens of one request, keep them and return the answer's members."""
        realm, client = request.realm, request.client
        scopes = bare_scopes(scope, realm=realm)
        actor, subject = _name_subject(request, person=person)
        now = int(self.state.clock())
        claims: dict[str, object] = {
            "iss": self.url + realm.base,
            "sub": subject,
            **({"username": person.username} if person else {}),
            "aud": self.url,
            "iat": now,
            "exp": now + self.lifetime,
            "scope": " ".join(scopes),
            "client_id": client.client_id,
            "actor": str(actor),
            "jti": secrets.token_urlsafe(16),
        }
        signs_in = grant_type in SIGN_IN_GRANTS
        # Azure AD B2C, which is behind commercial, gives a refresh token only where `offline_access` was asked for.
        offline = not realm.commercial or "offline_access" in scopes
        source = request.refresh_token or request.authorization_code
        token = IssuedToken(
            access_token=self._sign(claims),
            refresh_token=secrets.token_urlsafe(36) if signs_in and client.refresh_tokens and offline else None,
            client_id=client.client_id,
            person=person,
            actor=actor,
            scope=scope,
            realm=realm,
            expires_at=now + self.lifetime,
            refresh_expires_at=now + REFRESH_LIFETIME,
            family=source.family if source else TokenFamily(public=False),
            on_behalf_of=grant_type == GrantType.PASSWORD,
        )
        self.state.save_token(token)
        answer = self._answer(token, string_expiry=client.string_expiry)
        if signs_in and "openid" in scopes and person:
            answer["id_token"] = self._make_id_token(request, person=person, claims=claims)
        return answer

    def _answer(self, token: IssuedToken, *, string_expiry: bool) -> dict[str, object]:
        answer: dict[str, object] = {
            "access_token": token.access_token,
            "token_type": "bearer" if string_expiry else "Bearer",
            # Azure AD B2C's own documentation shows the number in a string.
            "expires_in": str(self.lifetime) if string_expiry else self.lifetime,
            "scope": token.scope,
        }
        return answer | ({"refresh_token": token.refresh_token} if token.refresh_token else {})

    def _make_id_token(self, request: FormRequest, *, person: Person, claims: dict[str, object]) -> str:
        own = {name: claims[name] for name in ("iss", "sub", "iat", "exp")}
        own |= {"aud": claims["client_id"], "name": person.full_name, "email": person.email}
        nonce = request.authorization_code.request.form.get("nonce") if request.authorization_code else None
        return self._sign(own | ({"nonce": nonce} if nonce else {}))

    def _sign(self, claims: dict[str, object]) -> str:
        return jwt.encode({"alg": "HS256"}, claims, self.key)


class IssuingGrant(BaseGrant):
    """A grant whose tokens come from the sandbox's issuer, which also keeps them."""

    request: FormRequest

    def generate_token(
        self, user: Person | None = None, scope: str | None = None, **_options: object
    ) -> dict[str, object]:
        """Issue a token; `scope` is in wire form."""
        return self.server.issuer.issue_token(self.request, grant_type=self.GRANT_TYPE, person=user, scope=scope or "")


def _name_subject(request: FormRequest, *, person: Person | None) -> tuple[Actor, str]:
    """Return on whose account a token acts, and its `sub`."""
    if person:
        return person.actor, person.user_id
    if request.realm.actor == Actor.ANONYMOUS:
        return Actor.ANONYMOUS, f"anonymous-{secrets.token_hex(8)}"
    return Actor.CLIENT, request.client.client_id
