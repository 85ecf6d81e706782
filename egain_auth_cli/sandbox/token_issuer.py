"""Makes tokens: the JWT, the answer of RFC 6749 §5.1 and the record of both."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from egain_auth_cli.sandbox.issued import IssuedToken, TokenFamily
from egain_auth_cli.sandbox.json_web_token import encode_jwt
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.realms import GrantType
from egain_auth_cli.sandbox.scopes import bare_scopes

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.oauth_request import FormRequest
    from egain_auth_cli.sandbox.people import Person
    from egain_auth_cli.sandbox.state import SandboxState

REFRESH_LIFETIME = 14 * 24 * 3600
_SIGN_IN_GRANTS = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenIssuer:
    """Issues tokens for `url`; `lifetime` is an access token's, in seconds."""

    url: str
    lifetime: int
    key: bytes
    state: SandboxState

    def issue_token(
        self, request: FormRequest, *, grant_type: str, person: Person | None, scope: str
    ) -> dict[str, object]:
        """Issue the tokens of one request, keep them and give the answer's members."""
        realm, registration = request.realm, request.client.registration
        scopes = bare_scopes(scope, realm=realm)
        actor = person.actor if person else _applications_actor(request)
        now = int(self.state.clock())
        subject = person.user_id if person else _applications_subject(actor, client_id=registration.client_id)
        claims: dict[str, object] = {
            "iss": self.url + realm.base,
            "sub": subject,
            "aud": self.url,
            "iat": now,
            "exp": now + self.lifetime,
            "scope": " ".join(scopes),
            "client_id": registration.client_id,
            "actor": str(actor),
            "jti": secrets.token_urlsafe(16),
        }
        signs_in = grant_type in _SIGN_IN_GRANTS
        offline = not realm.commercial or "offline_access" in scopes
        refresh = secrets.token_urlsafe(36) if signs_in and registration.refresh_tokens and offline else None
        token = IssuedToken(
            access_token=encode_jwt(claims, key=self.key),
            refresh_token=refresh,
            client_id=registration.client_id,
            person=person,
            actor=actor,
            scope=scope,
            scopes=scopes,
            realm=realm,
            expires_at=now + self.lifetime,
            refresh_expires_at=now + REFRESH_LIFETIME,
            family=_find_family(request),
        )
        self.state.save_token(token)
        answer = self._answer(token, string_expiry=registration.string_expiry)
        if signs_in and "openid" in scopes and person:
            answer["id_token"] = self._id_token(request, person=person, claims=claims)
        return answer

    def _answer(self, token: IssuedToken, *, string_expiry: bool) -> dict[str, object]:
        answer: dict[str, object] = {
            "access_token": token.access_token,
            "token_type": "bearer" if string_expiry else "Bearer",
            "expires_in": str(self.lifetime) if string_expiry else self.lifetime,
            "scope": token.scope,
        }
        if token.refresh_token:
            answer["refresh_token"] = token.refresh_token
        return answer

    def _id_token(self, request: FormRequest, *, person: Person, claims: dict[str, object]) -> str:
        own = {name: claims[name] for name in ("iss", "sub", "iat", "exp")}
        own |= {"aud": claims["client_id"], "name": person.full_name, "email": person.email}
        nonce = request.authorization_code.nonce if request.authorization_code else None
        return encode_jwt(own | ({"nonce": nonce} if nonce else {}), key=self.key)


def _applications_actor(request: FormRequest) -> Actor:
    return Actor.ANONYMOUS if request.realm.actor == Actor.ANONYMOUS else Actor.CLIENT


def _applications_subject(actor: Actor, *, client_id: str) -> str:
    return f"anonymous-{secrets.token_hex(8)}" if actor == Actor.ANONYMOUS else client_id


def _find_family(request: FormRequest) -> TokenFamily:
    """Find the family that the tokens of a request join."""
    source = request.refresh_token or request.authorization_code
    family: TokenFamily = source.family if source else TokenFamily(public=False)
    return family
