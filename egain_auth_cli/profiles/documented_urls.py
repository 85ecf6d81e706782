"""The URLs that eGain's guide documents for a tenant of each deployment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.grants import Deployment
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_GATEWAY = "f51302dd-7036-41b5-b619-e1a52a67c780"
"""The gateway in the guide's examples."""
_EMEA_GATEWAY = "038c150c-eb26-453a-8e19-86a8611548a9"
"""The other region that is known of; its hosts have its name in them (eGain/egain-km-search-widget)."""
_EMEA = re.compile(r"(?:^|[.-])emea(?:[.-]|$)", re.IGNORECASE)
_TENANT = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?(?:/[A-Za-z0-9._/-]*[A-Za-z0-9])?")
_GATEWAY = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentedUrls:
    """What the guide says for a tenant.

    Attributes:
        api_url: The API's base.
        endpoints: Table name to key to URL, as in ``config.toml``.
        flows: Flow to key to value, as in ``config.toml``.
    """

    api_url: str
    endpoints: Mapping[str, Mapping[str, str]]
    flows: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


def self_service_urls(tenant: str) -> DocumentedUrls:
    """Return the URLs of a self-service tenant, such as ``TMPRODB88619984``.

    Raises:
        UsageError: That is not a tenant's name.
    """
    _require(_TENANT, tenant, "--tenant", "the name in the Metadata panel's URLs, such as `TMPRODB88619984`")
    base = "https://ai.egain.cloud/system/auth"

    def persona(suffix: str) -> dict[str, str]:
        root = f"{base}/{tenant}-{suffix}/oauth2"
        return {"authorization_url": f"{root}/authorize", "token_url": f"{root}/token"}

    # On the API's host, unlike all other token endpoints.
    anonymous = "https://api.ai.egain.cloud/core/authmgr/v3/oauth2/v2.0/anonymous/token"
    user, customer = persona("U"), persona("C")
    return DocumentedUrls(
        api_url="https://api.ai.egain.cloud",
        endpoints={
            "user": user,
            "customer": customer,
            "client": {"token_url": user["token_url"]},
            "anonymous": {"token_url": f"{anonymous}?user_type=customer&domain_hint={tenant}"},
            "on_behalf_of_user": {"token_url": user["token_url"]},
            "on_behalf_of_customer": {"token_url": customer["token_url"]},
        },
        flows={"client-credentials": {"client_auth": "body"}},
    )


def commercial_urls(domain: str, gateway: str | None = None) -> DocumentedUrls:
    """Return the URLs of a commercial instance, such as ``developerv3api.egain.cloud``.

    Raises:
        UsageError: That is not a domain, or not a gateway.
    """
    domain = domain.removeprefix("https://").removesuffix("/")
    _require(_DOMAIN, domain, "--domain", "the instance's host, such as `developerv3api.egain.cloud`")
    emea = bool(_EMEA.search(domain.partition("/")[0])) or (gateway or "").lower() == _EMEA_GATEWAY
    gateway = gateway or (_EMEA_GATEWAY if emea else DEFAULT_GATEWAY)
    _require(_GATEWAY, gateway, "--gateway", "the GUID in the Metadata panel's URLs")
    region = "-emea" if emea else ""
    login, api = f"https://login{region}.egain.cloud", f"api{region}.egain.cloud"
    anonymous = f"{login}/internal/oauth2/v2.0/anonymous/token"

    def persona(policy: str) -> dict[str, str]:
        root = f"{login}/{gateway}/{policy}/oauth2/v2.0"
        return {"authorization_url": f"{root}/authorize?domain_hint={domain}", "token_url": f"{root}/token"}

    return DocumentedUrls(
        api_url=f"https://{api}",
        endpoints={
            "user": persona("B2C_1A_User_V3_SignIn_OIDC"),
            "customer": persona("B2C_1A_Customer_V3_SignUpOrSignIn_OIDC"),
            # A client application has an endpoint without a sign-in policy.
            "client": {"token_url": f"{login}/global/{gateway}/oauth2/v2.0/token"},
            "anonymous": {"token_url": f"{anonymous}?user_type=customer&domain_hint={api}"},
        },
        flows={"client-credentials": {"client_auth": "basic", "scopes": [".default"]}},
    )


def documented_urls(
    deployment: Deployment | None, *, tenant: str | None, domain: str | None, gateway: str | None
) -> DocumentedUrls | None:
    """Return the URLs that can be derived, or None where nothing to derive them from was given.

    Raises:
        UsageError: Tenant, domain and deployment do not go together.
    """
    kind = deployment or (Deployment.SELF_SERVICE if tenant else Deployment.COMMERCIAL if domain else None)
    if kind is Deployment.SELF_SERVICE and (domain or gateway):
        raise UsageError("a self-service profile has no `--domain` and no `--gateway`", hint="give `--tenant`")
    if kind is Deployment.COMMERCIAL and tenant:
        raise UsageError("a commercial profile has no `--tenant`", hint="give `--domain`")
    if tenant:
        return self_service_urls(tenant)
    return commercial_urls(domain, gateway) if domain else None


def _require(pattern: re.Pattern[str], value: str, option: str, wanted: str) -> None:
    if not pattern.fullmatch(value):
        raise UsageError(f"`{option}` cannot be `{printable(value, limit=80)}`", hint=f"give {wanted}")
