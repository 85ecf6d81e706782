"""Public discovery: the instance's deployment information and the metadata of its tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from egain_auth_cli.sandbox.api_error import unknown_id
from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.realms import ANONYMOUS_PATH, CUSTOMER_POLICY, TENANT, USER_POLICY, find_realm

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

METADATA_PATH = "/core/authmgr/v3/metadata"

blueprint = Blueprint("metadata", __name__)


@blueprint.get("/system/deploymentInfo")
def show_deployment() -> ResponseReturnValue:
    """Say where the API is and which tenant this is."""
    url = current_server().issuer.url
    return {
        "apiDomain": url,
        "tenantId": TENANT,
        "tenant_identifier": TENANT,
        "domainHint": url.partition("://")[2],
        "clientId": "sandbox-spa",
        "intClientId": "sandbox-spa",
        "extClientId": "sandbox-spa",
        "aiAgentDomain": url,
        "version": "21.22.0",
    }


@blueprint.get(f"{METADATA_PATH}/deployment")
@blueprint.get(f"{METADATA_PATH}/tenant/<tenant>")
def show_metadata(tenant: str = TENANT) -> ResponseReturnValue:
    """Show the endpoints of the one tenant."""
    if tenant != TENANT:
        raise unknown_id(METADATA_PATH, tenant)
    # <DOMAIN_NAME> stands in eGain's own documents: who reads them puts the tenant's id in its place.
    anonymous = f"{current_server().issuer.url}{ANONYMOUS_PATH}?user_type=customer&domain_hint=<DOMAIN_NAME>"
    prefixes = {"iApiPermissionPrefix": "", "eApiPermissionPrefix": "", "apiPermissionPrefix": ""}
    return {
        "idpPolicies": {"userSigninPolicy": USER_POLICY, "customerSigninPolicy": CUSTOMER_POLICY},
        "authenticationDetails": {
            "apiPermissionPrefix": "",
            "oAuthUser": [_show_sign_in(Actor.USER)],
            "oAuthCustomer": [_show_sign_in(Actor.CUSTOMER)],
            "oAuthAnonymousCustomer": [{"accessTokenURL": anonymous}],
        },
        "apiMetadata": dict.fromkeys(("CORE", "KNOWLEDGE", "CONVERSATION"), prefixes),
    }


def _show_sign_in(actor: Actor) -> dict[str, str]:
    realm, url = find_realm(f"self-service-{actor}"), current_server().issuer.url
    return {"authURL": f"{url}{realm.authorize_path}", "accessTokenURL": f"{url}{realm.token_path}"}
