"""The tenant's endpoints in the self-service and the commercial shapes, and the grants of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from egain_auth_cli.sandbox.people import Actor

# The paths, policies and the gateway are those of the guide's examples; the tenant is made up.
TENANT = "TMSANDBOX000001"
GATEWAY = "f51302dd-7036-41b5-b619-e1a52a67c780"
USER_POLICY = "B2C_1A_User_V3_SignIn_OIDC"
CUSTOMER_POLICY = "B2C_1A_Customer_V3_SignUpOrSignIn_OIDC"
SCOPE_PREFIX = "https://api.egain.cloud/auth/"
# The guide has another prefix for self-service, whose own pages have none; the others are of other places and regions.
SELF_SERVICE_PREFIXES = ("api.ai.egain.cloud/auth/", "")
SCOPE_PREFIXES = (
    SCOPE_PREFIX,
    "https://api-emea.egain.cloud/auth/",
    "api.egain.cloud/auth/",
    "https://sandbox.onmicrosoft.com/sandbox-api/",
)
DOMAIN_HINT = "sandbox"

ANONYMOUS_PATH = "/core/authmgr/v3/oauth2/v2.0/anonymous/token"
COMMERCIAL_ANONYMOUS_PATH = "/internal/oauth2/v2.0/anonymous/token"
ON_BEHALF_OF_PATH = "/core/authmgr/v4/oauth2/v2.0/onbehalfof/token"


class GrantType(StrEnum):
    """`grant_type` on the wire; `PASSWORD` is eGain's on-behalf-of, which has no password."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"
    CLIENT_CREDENTIALS = "client_credentials"
    PASSWORD = "password"
    TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


@dataclass(frozen=True, slots=True, kw_only=True)
class Realm:
    """One token endpoint with what belongs to it.

    Attributes:
        name: For this program alone.
        actor: Who signs in there, or is its subject.
        base: The path of its issuer.
        grants: What its token endpoint takes.
        token_path: Of the token endpoint.
        authorize_path: Of the authorization endpoint; None where nobody signs in.
        revoke_path: Of the revocation endpoint; None where there is none.
        commercial: Whether it has the commercial shapes.
        scope_prefixes: What a scope may begin with, of which it must have one.
        user_type: The query's `user_type` by which one path serves two actors; None where it does not.
        query_names: What the query may hold.
    """

    name: str
    actor: Actor
    base: str
    grants: frozenset[GrantType]
    token_path: str
    authorize_path: str | None = None
    revoke_path: str | None = None
    commercial: bool = False
    scope_prefixes: tuple[str, ...] = SELF_SERVICE_PREFIXES
    user_type: str | None = None
    query_names: frozenset[str] = frozenset()


SIGN_IN_GRANTS = frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN})
_SUBJECT = frozenset({GrantType.PASSWORD, GrantType.TOKEN_EXCHANGE})
_CLIENT = frozenset({GrantType.CLIENT_CREDENTIALS})


def _self_service(actor: Actor, *, letter: str, grants: frozenset[GrantType]) -> Realm:
    base = f"/system/auth/{TENANT}-{letter}"
    return Realm(
        name=f"self-service-{actor}",
        actor=actor,
        base=base,
        grants=grants,
        token_path=f"{base}/oauth2/token",
        authorize_path=f"{base}/oauth2/authorize",
        revoke_path=f"{base}/oauth2/revoke",
    )


def _commercial(actor: Actor, *, policy: str) -> Realm:
    return Realm(
        name=f"commercial-{actor}",
        actor=actor,
        base=f"/tfp/{GATEWAY}/{policy}/v2.0/",
        grants=SIGN_IN_GRANTS,
        token_path=f"/{GATEWAY}/{policy}/oauth2/v2.0/token",
        authorize_path=f"/{GATEWAY}/{policy}/oauth2/v2.0/authorize",
        commercial=True,
        scope_prefixes=SCOPE_PREFIXES,
    )


def _anonymous(name: str, *, path: str, commercial: bool) -> Realm:
    return Realm(
        name=name,
        actor=Actor.ANONYMOUS,
        base=path.removesuffix("/token"),
        grants=_CLIENT,
        token_path=path,
        commercial=commercial,
        scope_prefixes=SCOPE_PREFIXES if commercial else SELF_SERVICE_PREFIXES,
        user_type="customer",
        query_names=frozenset({"user_type", "domain_hint"}),
    )


def _on_behalf_of(actor: Actor) -> Realm:
    return Realm(
        name=f"on-behalf-of-{actor}",
        actor=actor,
        base=ON_BEHALF_OF_PATH.removesuffix("/token"),
        grants=frozenset({GrantType.PASSWORD}),
        token_path=ON_BEHALF_OF_PATH,
        scope_prefixes=(*SCOPE_PREFIXES, *SELF_SERVICE_PREFIXES),  # one address for both deployments
        user_type=str(actor),
        query_names=frozenset({"user_type", "tenantId"}),
    )


REALMS = (
    _self_service(Actor.USER, letter="U", grants=SIGN_IN_GRANTS | _SUBJECT | _CLIENT),
    _self_service(Actor.CUSTOMER, letter="C", grants=SIGN_IN_GRANTS | _SUBJECT),
    _commercial(Actor.USER, policy=USER_POLICY),
    _commercial(Actor.CUSTOMER, policy=CUSTOMER_POLICY),
    Realm(
        name="commercial-client",
        actor=Actor.CLIENT,
        base=f"/global/{GATEWAY}",
        grants=_CLIENT,
        token_path=f"/global/{GATEWAY}/oauth2/v2.0/token",
        commercial=True,
        scope_prefixes=SCOPE_PREFIXES,
    ),
    _anonymous("anonymous", path=ANONYMOUS_PATH, commercial=False),
    _anonymous("commercial-anonymous", path=COMMERCIAL_ANONYMOUS_PATH, commercial=True),
    _on_behalf_of(Actor.USER),
    _on_behalf_of(Actor.CUSTOMER),
)


def find_realm(name: str) -> Realm:
    """Find a realm by its name."""
    return next(realm for realm in REALMS if realm.name == name)
