"""The profiles with which `egain` uses a sandbox, as tables for `config.toml`."""

from __future__ import annotations

from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.realms import (
    ANONYMOUS_PATH,
    COMMERCIAL_ANONYMOUS_PATH,
    ON_BEHALF_OF_PATH,
    REALMS,
    Realm,
)
from egain_auth_cli.sandbox.registrations import REDIRECT_URIS, REGISTRATION_ID, SCOPE_PREFIX, TENANT

_DELEGATED = ["knowledge.portalmgr.read", "core.aiservices.read"]
_ON_BEHALF_OF = ["knowledge.portalmgr.onbehalfof.read"]


def profile_document(url: str) -> dict[str, object]:
    """Give the profile of the sandbox at `url` in the self-service shapes."""
    user, customer = _find("self-service-user"), _find("self-service-customer")
    anonymous = f"{url}{ANONYMOUS_PATH}?user_type=customer&domain_hint={TENANT}"
    return {
        "deployment": "self-service",
        **_common(url),
        "endpoints": {
            "user": _sign_in(url, realm=user),
            "customer": _sign_in(url, realm=customer),
            "client": {"token_url": url + user.token_path},
            "anonymous": {"token_url": anonymous},
            "on_behalf_of_user": {"token_url": url + user.token_path},
            "on_behalf_of_customer": {"token_url": url + customer.token_path},
        },
        "flows": {
            "pkce": {"scopes": list(_DELEGATED)},
            "authorization-code": {"scopes": list(_DELEGATED), "client_auth": "body"},
            "client-credentials": {"scopes": ["knowledge.portalmgr.manage"], "client_auth": "body"},
            "anonymous": {"scopes": ["knowledge.portalmgr.read"], "client_auth": "body"},
            "on-behalf-of": {"scopes": list(_ON_BEHALF_OF), "client_auth": "body"},
            "token-exchange": {
                "scopes": list(_DELEGATED),
                "client_auth": "body",
                "registration_id": REGISTRATION_ID,
            },
        },
    }


def commercial_profile_document(url: str) -> dict[str, object]:
    """Give the profile in the commercial shapes, for which no token exchange is documented."""
    host = url.partition("://")[2]
    anonymous = f"{url}{COMMERCIAL_ANONYMOUS_PATH}?user_type=customer&domain_hint={host}"
    on_behalf_of = f"{url}{ON_BEHALF_OF_PATH}?user_type="
    sign_in = [*_DELEGATED, "offline_access"]
    return {
        "deployment": "commercial",
        **_common(url),
        "scope_prefix": SCOPE_PREFIX,
        "domain_hint": host,
        "endpoints": {
            "user": _sign_in(url, realm=_find("commercial-user")),
            "customer": _sign_in(url, realm=_find("commercial-customer")),
            "client": {"token_url": url + _find("commercial-client").token_path},
            "anonymous": {"token_url": anonymous},
            "on_behalf_of_user": {"token_url": on_behalf_of + Actor.USER},
            "on_behalf_of_customer": {"token_url": on_behalf_of + Actor.CUSTOMER},
        },
        "flows": {
            "pkce": {"scopes": list(sign_in)},
            "authorization-code": {"scopes": list(sign_in), "client_auth": "basic"},
            "client-credentials": {"scopes": [".default"], "client_auth": "basic"},
            "anonymous": {"scopes": ["knowledge.portalmgr.read"], "client_auth": "body"},
            "on-behalf-of": {"scopes": list(_ON_BEHALF_OF), "client_auth": "basic"},
        },
    }


def _common(url: str) -> dict[str, object]:
    return {
        "client_id": "sandbox-app",
        "flow": "pkce",
        "actor": "user",
        "api_url": url,
        "language": "en-US",
        "redirect_uris": [uri for uri in REDIRECT_URIS if uri.startswith("http://")],
        "secret_store": "file",
    }


def _find(name: str) -> Realm:
    return next(realm for realm in REALMS if realm.name == name)


def _sign_in(url: str, *, realm: Realm) -> dict[str, str]:
    endpoint = {
        "authorization_url": f"{url}{realm.authorize_path}",
        "token_url": f"{url}{realm.token_path}",
    }
    return endpoint | ({"revocation_url": f"{url}{realm.revoke_path}"} if realm.revoke_path else {})
