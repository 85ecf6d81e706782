"""From what a person knows of a client application to a profile's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor, Deployment, Flow
from egain_auth_cli.profiles.documented_urls import documented_urls

if TYPE_CHECKING:
    from egain_auth_cli.models.grants import ClientAuth


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFields:
    """What ``profile add`` is given, under the names of its options; None or empty where nothing.

    Attributes:
        domain: A commercial instance's host.
        gateway: The GUID in a commercial instance's URLs.
        token_url: Of the actor, or of the flow where that has another.
    """

    deployment: Deployment | None = None
    tenant: str | None = None
    domain: str | None = None
    gateway: str | None = None
    client_id: str | None = None
    flow: Flow | None = None
    actor: Actor | None = None
    scopes: tuple[str, ...] = ()
    scope_prefix: str | None = None
    client_auth: ClientAuth | None = None
    redirect_uris: tuple[str, ...] = ()
    domain_hint: str | None = None
    authorization_url: str | None = None
    token_url: str | None = None
    client_token_url: str | None = None
    anonymous_token_url: str | None = None
    revocation_url: str | None = None
    api_url: str | None = None


def profile_values(fields: ProfileFields) -> dict[str, Any]:
    """Return the profile's table: the documented URLs, with what was given in their place.

    Raises:
        UsageError: Tenant, domain and deployment do not go together.
    """
    known = documented_urls(fields.deployment, tenant=fields.tenant, domain=fields.domain, gateway=fields.gateway)
    endpoints: dict[str, dict[str, Any]] = (
        {name: dict(table) for name, table in known.endpoints.items()} if known else {}
    )
    flows: dict[str, dict[str, Any]] = {name: dict(table) for name, table in known.flows.items()} if known else {}
    _replace_urls(fields, endpoints)
    if fields.flow is not None and (fields.scopes or fields.client_auth):
        table = flows.setdefault(fields.flow.value, {})
        table |= {"scopes": list(fields.scopes)} if fields.scopes else {}
        table |= {"client_auth": fields.client_auth.value} if fields.client_auth else {}
    elif fields.scopes or fields.client_auth:
        _fill_every_flow(fields, flows)
    return {
        "deployment": _deployment(fields),
        "client_id": fields.client_id,
        "flow": fields.flow.value if fields.flow else None,
        "actor": fields.actor.value if fields.actor else None,
        "api_url": fields.api_url or (known.api_url if known else None),
        "scope_prefix": fields.scope_prefix,
        "domain_hint": fields.domain_hint,
        "redirect_uris": list(fields.redirect_uris),
        "endpoints": endpoints,
        "flows": flows,
    }


def _deployment(fields: ProfileFields) -> str | None:
    if fields.deployment is not None:
        return fields.deployment.value
    if fields.tenant:
        return Deployment.SELF_SERVICE.value
    return Deployment.COMMERCIAL.value if fields.domain else None


def _replace_urls(fields: ProfileFields, endpoints: dict[str, dict[str, Any]]) -> None:
    """Put given URLs in place of the documented ones.

    ``--token-url`` is the actor's, or the named flow's own where that has another endpoint.
    """
    actor = fields.actor or Actor.USER
    personas = {actor.value}
    if fields.flow is not None and not RECORDS[fields.flow].signs_in:
        personas = {RECORDS[fields.flow].endpoints(actor, None)[0]}
    given: list[tuple[str, str, str | None]] = []
    for persona in sorted(personas):
        given += [
            (persona, "authorization_url", fields.authorization_url),
            (persona, "token_url", fields.token_url),
            (persona, "revocation_url", fields.revocation_url),
        ]
    given += [
        ("client", "token_url", fields.client_token_url),
        ("anonymous", "token_url", fields.anonymous_token_url),
    ]
    for table, key, url in given:
        if url:
            endpoints.setdefault(table, {})[key] = url
    if fields.token_url and not fields.client_token_url and "client" not in endpoints:
        # One token endpoint for everything is the common case outside eGain's documented shapes.
        endpoints["client"] = {"token_url": fields.token_url}


def _fill_every_flow(fields: ProfileFields, flows: dict[str, dict[str, Any]]) -> None:
    for flow in Flow:
        table = flows.setdefault(flow.value, {})
        table |= {"scopes": list(fields.scopes)} if fields.scopes else {}
        if fields.client_auth and flow is Flow.CLIENT_CREDENTIALS:
            table["client_auth"] = fields.client_auth.value
