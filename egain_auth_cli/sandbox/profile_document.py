"""The profiles with which `egain` uses a sandbox, as tables for `config.toml`."""

from __future__ import annotations

from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.provider_routes import TOKEN_PATH
from egain_auth_cli.sandbox.realms import (
    ANONYMOUS_PATH,
    COMMERCIAL_ANONYMOUS_PATH,
    ON_BEHALF_OF_PATH,
    SCOPE_PREFIX,
    TENANT,
    find_realm,
)
from egain_auth_cli.sandbox.registrations import REDIRECT_URIS
from egain_auth_cli.sandbox.token_exchange_grant import REGISTRATION_ID

_DELEGATED = ["knowledge.portalmgr.read", "core.aiservices.read"]
_ON_BEHALF_OF = ["knowledge.portalmgr.onbehalfof.read"]


def profile_document(url: str) -> dict[str, object]:
    """Return the profile of the sandbox at `url` in the self-service shapes."""
    user, customer = find_realm("self-service-user"), find_realm("self-service-customer")
    anonymous = f"{url}{ANONYMOUS_PATH}?user_type=customer&domain_hint={TENANT}"
    return {
        "deployment": "self-service",
        **_common(url),
        "endpoints": {
            "user": _sign_in(url, "self-service-user"),
            "customer": _sign_in(url, "self-service-customer"),
            "client": {"token_url": url + user.token_path},
            "anonymous": {"token_url": anonymous},
            "on_behalf_of_user": {"token_url": url + user.token_path},
            "on_behalf_of_customer": {"token_url": url + customer.token_path},
        },
        # eGain's pages show the secret in the body on self-service, and Basic on commercial.
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
                "subject_token_command": [
                    "curl",
                    "--silent",
                    "--show-error",
                    "--fail",
                    "--noproxy",
                    "*",
                    url + TOKEN_PATH,
                ],
            },
        },
    }


def commercial_profile_document(url: str) -> dict[str, object]:
    """Return the profile in the commercial shapes, for which no token exchange is documented."""
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
            "user": _sign_in(url, "commercial-user"),
            "customer": _sign_in(url, "commercial-customer"),
            "client": {"token_url": url + find_realm("commercial-client").token_path},
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


def _sign_in(url: str, realm_name: str) -> dict[str, str]:
    realm = find_realm(realm_name)
    endpoint = {"authorization_url": f"{url}{realm.authorize_path}", "token_url": f"{url}{realm.token_path}"}
    return endpoint | ({"revocation_url": f"{url}{realm.revoke_path}"} if realm.revoke_path else {})
