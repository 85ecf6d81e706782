"""eGain's two public documents as a profile's table: ``deploymentInfo`` and the metadata document.

eGain describes neither. The fields are those that its own agent SDK (eGain/ai-agent-sdk) reads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.grants import Actor, Deployment
from egain_auth_cli.models.urls import check_url, origin_of
from egain_auth_cli.profiles.url_shapes import shape_of
from egain_auth_cli.sanitize import printable, without_blanks

if TYPE_CHECKING:
    from collections.abc import Mapping

_PERSONAS = {
    "user": "oAuthUser",
    "customer": "oAuthCustomer",
    "client": "oAuthClient",
    "anonymous": "oAuthAnonymousCustomer",
    "on_behalf_of_user": "oAuthOnBehalfOfUser",
    "on_behalf_of_customer": "oAuthOnBehalfOfCustomer",
}
_PLACEHOLDER = "<DOMAIN_NAME>"
"""Stands in the anonymous endpoint's URL, literally, where the tenant's id belongs."""
HINT = "the profile is untouched; give the Metadata panel's URLs to `egain profile add` instead"


class DeploymentInfo(NamedTuple):
    """What ``/system/deploymentInfo`` says of an instance.

    Attributes:
        api_url: The API's base.
        tenant: The tenant's id; empty if it is not said.
        domain_hint: For the authorization URL; empty if it is not said.
        metadata_url: Where the metadata document is.
    """

    api_url: str
    tenant: str
    domain_hint: str
    metadata_url: str


def read_deployment(document: Mapping[str, object], instance: str) -> DeploymentInfo:
    """Read ``/system/deploymentInfo``.

    Args:
        document: As fetched.
        instance: The instance's URL; an ``apiDomain`` without a scheme takes https.

    Raises:
        ConfigError: A field is missing or not a URL.
    """
    domain = _text(document, "apiDomain", "deploymentInfo")
    api_url = api_url_of(domain, field="deploymentInfo.apiDomain")
    tenant = _optional(document, "tenantId")
    per_tenant = bool(tenant and (_optional(document, "intClientId") or _optional(document, "extClientId")))
    if tenant and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", tenant):
        raise ConfigError("`deploymentInfo.tenantId` is no tenant's id", hint=HINT)
    path = f"tenant/{tenant}" if per_tenant else "deployment"
    return DeploymentInfo(
        api_url=api_url,
        tenant=tenant,
        domain_hint=_optional(document, "domainHint") or urlsplit(instance).netloc,
        metadata_url=f"{api_url}/core/authmgr/v3/metadata/{path}",
    )


def api_url_of(domain: str, *, field: str) -> str:
    """Return an API domain as a URL: some have a scheme, some are a host, which takes https beyond loopback.

    Raises:
        ConfigError: It is not usable; the field is named.
    """
    if "://" not in domain:
        domain = f"{'http' if origin_of(f'https://{domain}', field=field).loopback else 'https'}://{domain}"
    return check_url(domain.rstrip("/"), field=field, query=False)


def is_metadata(document: Mapping[str, object]) -> bool:
    """Return whether a document is a metadata document."""
    return "authenticationDetails" in document


def profile_from_metadata(
    document: Mapping[str, object], *, actor: Actor | None = None, deployed: DeploymentInfo | None = None
) -> dict[str, Any]:
    """Return the profile's table that a metadata document describes.

    Args:
        document: As fetched or saved.
        actor: Who acts: whose URLs it must have, and whose scope prefix is taken; None for a user, without a word of
            it in the profile.
        deployed: What the instance says of itself, where it was asked.

    Raises:
        ConfigError: A field is missing or not a URL; it is named.
    """
    details = _table(document, "authenticationDetails", "metadata")
    who = actor or Actor.USER
    _require(details, who)
    endpoints: dict[str, dict[str, str]] = {}
    tenant = deployed.tenant if deployed else ""
    for name, key in _PERSONAS.items():
        if key in details:
            endpoints[name] = _endpoint(details, key, signs_in=name in ("user", "customer"))
            tenant = tenant or _tenant_in(endpoints[name]["token_url"])
    endpoints = _with_tenant(endpoints, tenant)
    if who.value not in endpoints:
        raise _missing(f"authenticationDetails.{_PERSONAS[who.value]}", "metadata")
    authorization_url = endpoints[who.value]["authorization_url"]
    deployment = _deployment_of(authorization_url)
    if "user" in endpoints and deployment is Deployment.SELF_SERVICE:
        # Customers' token URL is not known to serve a client application.
        endpoints.setdefault("client", {"token_url": endpoints["user"]["token_url"]})
    hinted = "domain_hint=" in authorization_url
    wants_hint = deployment is Deployment.COMMERCIAL and not hinted
    return {
        "deployment": deployment.value if deployment else None,
        "api_url": deployed.api_url if deployed else None,
        "metadata_url": deployed.metadata_url if deployed else None,
        "actor": actor.value if actor else None,
        "scope_prefix": _prefix(document, details, who),
        "domain_hint": deployed.domain_hint if deployed and wants_hint else None,
        "endpoints": endpoints,
        "flows": {"client-credentials": {"client_auth": "basic" if deployment is Deployment.COMMERCIAL else "body"}},
    }


def _require(details: Mapping[str, object], actor: Actor) -> None:
    """Refuse a document without the URLs of who acts; where it has the other's, the hint says so."""
    other = Actor.USER if actor is Actor.CUSTOMER else Actor.CUSTOMER
    key = _PERSONAS[actor.value]
    if key not in details:
        way = (
            f"`--actor {other}` takes those of the {other}, which are there; or "
            if _PERSONAS[other.value] in details
            else ""
        )
        raise _missing(f"authenticationDetails.{key}", "metadata", hint=f"{way}{HINT}")


def _tenant_in(token_url: str) -> str:
    """Return the tenant that a self-service token URL names, or nothing."""
    match = re.search(r"/system/auth/([A-Za-z0-9_-]+)-[UC]/", token_url)
    return match[1] if match else ""


def _with_tenant(endpoints: dict[str, dict[str, str]], tenant: str) -> dict[str, dict[str, str]]:
    """Put the tenant where eGain's document leaves room for it; an endpoint without it is left out."""
    filled = {}
    for name, table in endpoints.items():
        if tenant or not any(_PLACEHOLDER in url for url in table.values()):
            filled[name] = {key: url.replace(_PLACEHOLDER, tenant) for key, url in table.items()}
    for name, table in filled.items():
        for key, url in table.items():
            check_url(url, field=f"{name}.{key}")
    return filled


def _endpoint(details: Mapping[str, object], key: str, *, signs_in: bool) -> dict[str, str]:
    rows = details.get(key)
    where = f"authenticationDetails.{key}"
    # eGain's SDK takes the first of the list too.
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        raise _missing(where, "metadata")
    table = {"token_url": _text(rows[0], "accessTokenURL", where)}
    if signs_in:
        table["authorization_url"] = _text(rows[0], "authURL", where)
    return table


def _prefix(document: Mapping[str, object], details: Mapping[str, object], actor: Actor) -> str:
    modules = document.get("apiMetadata")
    core = modules.get("CORE") if isinstance(modules, dict) else None
    own = "eApiPermissionPrefix" if actor is Actor.CUSTOMER else "iApiPermissionPrefix"
    for table, key in ((core, own), (core, "apiPermissionPrefix"), (details, "apiPermissionPrefix")):
        if isinstance(table, dict) and _optional(table, key):
            return _optional(table, key)
    return ""


def _deployment_of(authorization_url: str) -> Deployment | None:
    shape = shape_of(authorization_url)
    return shape.deployment if shape else None


def _table(document: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
    value = document.get(key)
    if not isinstance(value, dict):
        raise _missing(key, where)
    return value


def _text(document: Mapping[str, object], key: str, where: str) -> str:
    value = _optional(document, key)
    if not value:
        raise _missing(f"{where}.{key}" if where != "metadata" else key, "document")
    return value


def _optional(document: Mapping[str, object], key: str) -> str:
    value = document.get(key)
    text = without_blanks(value) if isinstance(value, str) else ""
    return text if text.isprintable() else ""


def _missing(field: str, where: str, *, hint: str = HINT) -> ConfigError:
    return ConfigError(f"the {where} has no usable `{printable(field, limit=120)}`", hint=hint)
