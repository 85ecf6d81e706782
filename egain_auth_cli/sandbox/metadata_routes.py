"""Public discovery: the instance's deployment information and the metadata of its tenant."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from egain_auth_cli.sandbox.api_error import ApiError
from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.realms import ANONYMOUS_PATH, REALMS
from egain_auth_cli.sandbox.registrations import CUSTOMER_POLICY, TENANT, USER_POLICY

METADATA_PATH = "/core/authmgr/v3/metadata"


class MetadataRoutes:
    """The discovery documents of the sandbox at `url`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def make_blueprint(self) -> Blueprint:
        """Bind the routes."""
        blueprint = Blueprint("metadata", __name__)
        blueprint.get("/system/deploymentInfo")(self.show_deployment)
        blueprint.get(f"{METADATA_PATH}/deployment")(self.show_metadata)
        blueprint.get(f"{METADATA_PATH}/tenant/<tenant>")(self.show_metadata)
        return blueprint

    def show_deployment(self) -> Response:
        """Say where the API is and which tenant this is."""
        return jsonify(
            apiDomain=self.url,
            tenantId=TENANT,
            tenant_identifier=TENANT,
            domainHint=self.url.partition("://")[2],
            clientId="sandbox-spa",
            intClientId="sandbox-spa",
            extClientId="sandbox-spa",
            aiAgentDomain=self.url,
            version="21.22.0",
        )

    def show_metadata(self, tenant: str = TENANT) -> Response:
        """Give the endpoints of the one tenant."""
        if tenant != TENANT:
            raise ApiError("404-100", "There is no tenant of this id.", details={"id": tenant})
        anonymous = f"{self.url}{ANONYMOUS_PATH}?user_type=customer&domain_hint=<DOMAIN_NAME>"
        prefixes = {"iApiPermissionPrefix": "", "eApiPermissionPrefix": "", "apiPermissionPrefix": ""}
        return jsonify(
            idpPolicies={"userSigninPolicy": USER_POLICY, "customerSigninPolicy": CUSTOMER_POLICY},
            authenticationDetails={
                "apiPermissionPrefix": "",
                "oAuthUser": [self._sign_in(Actor.USER)],
                "oAuthCustomer": [self._sign_in(Actor.CUSTOMER)],
                "oAuthAnonymousCustomer": [{"accessTokenURL": anonymous}],
            },
            apiMetadata=dict.fromkeys(("CORE", "KNOWLEDGE", "CONVERSATION"), prefixes),
        )

    def _sign_in(self, actor: Actor) -> dict[str, str]:
        realm = next(each for each in REALMS if each.name == f"self-service-{actor}")
        return {
            "authURL": f"{self.url}{realm.authorize_path}",
            "accessTokenURL": f"{self.url}{realm.token_path}",
        }
