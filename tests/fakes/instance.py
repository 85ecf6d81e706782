"""An instance's public documents, good and spoilt, on a scripted server."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import tomlkit

from fakes.hostile_server import HostileServer, json_answer

if TYPE_CHECKING:
    from fakes.process import Egain

TENANT = "TMPRODB88619984"
DEPLOYMENT_INFO = "/system/deploymentInfo"
OF_TENANT = f"/core/authmgr/v3/metadata/tenant/{TENANT}"
OF_DEPLOYMENT = "/core/authmgr/v3/metadata/deployment"
KEPT = """# by hand
version = 1
default_profile = "kept"

[profiles.kept]
client_id = "kept-1"  # mine
api_url = "https://api.ai.egain.cloud"
"""


def deployment_info(server: HostileServer, **changes: object) -> dict[str, Any]:
    """What the instance says of itself; a change to None leaves a field out."""
    document = {
        "apiDomain": server.url,
        "tenantId": TENANT,
        "domainHint": "demo.egain.cloud",
        "intClientId": "agent-app",
        "extClientId": "customer-app",
        "version": "21.22.0",
    }
    return {name: value for name, value in (document | changes).items() if value is not None}


def metadata(host: str = "https://ai.egain.cloud") -> dict[str, Any]:
    """A self-service tenant's metadata document."""
    path = f"{host}/system/auth/{TENANT}"
    anonymous = "/core/authmgr/v3/oauth2/v2.0/anonymous/token?user_type=customer&domain_hint=<DOMAIN_NAME>"
    return {
        "idpPolicies": {"userSigninPolicy": "B2C_1A_User_SignIn"},
        "authenticationDetails": {
            "apiPermissionPrefix": "",
            "oAuthUser": [
                {"authURL": f"{path}-U/oauth2/authorize", "accessTokenURL": f"{path}-U/oauth2/token"},
                {"authURL": "https://second.example/a", "accessTokenURL": "https://second.example/t"},
            ],
            "oAuthCustomer": [{"authURL": f"{path}-C/oauth2/authorize", "accessTokenURL": f"{path}-C/oauth2/token"}],
            "oAuthAnonymousCustomer": [{"accessTokenURL": f"https://api.ai.egain.cloud{anonymous}"}],
        },
        "apiMetadata": {"CORE": {"iApiPermissionPrefix": "agent/", "eApiPermissionPrefix": "customer/"}},
    }


def without(document: dict[str, Any], path: str, *, value: object = None) -> dict[str, Any]:
    """Return a copy that lacks the field at a dotted path, or has another value there."""
    changed = copy.deepcopy(document)
    *steps, last = path.split(".")
    table: Any = changed
    for step in steps:
        table = table[step]
        table = table[0] if isinstance(table, list) else table
    if value is None:
        del table[last]
    else:
        table[last] = value
    return changed


def serve(server: HostileServer, info: dict[str, Any], document: dict[str, Any]) -> None:
    """Publish both documents."""
    server.on(DEPLOYMENT_INFO, json_answer(info))
    server.on(OF_TENANT, json_answer(document))
    server.on(OF_DEPLOYMENT, json_answer(document))


def keep_profile(egain: Egain) -> bytes:
    """Write a configuration as a person did, and give its bytes."""
    egain.config_file.parent.mkdir(mode=0o700, parents=True)
    egain.config_file.write_text(KEPT)
    egain.config_file.chmod(0o600)
    return egain.config_file.read_bytes()


def profile_of(egain: Egain, name: str) -> dict[str, Any]:
    """Return a profile's table as it stands in the file."""
    document: dict[str, Any] = tomlkit.parse(egain.config_file.read_text()).unwrap()["profiles"][name]
    return document
