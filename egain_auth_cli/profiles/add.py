"""From what a person knows of a client application to a profile's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, Flow
from egain_auth_cli.profiles.documented_urls import documented_urls
from egain_auth_cli.profiles.url_shapes import api_url_beside, beside, shape_of


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
    """Return the profile's table: the documented URLs, with what was given in their place, and what the URLs tell.

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
    deployment, actor = _deployment(fields), _actor(fields)
    beside = api_url_beside(fields.token_url) if fields.token_url else None
    return {
        "deployment": deployment.value if deployment else None,
        "client_id": fields.client_id,
        "flow": fields.flow.value if fields.flow else None,
        "actor": actor.value if actor else None,
        "api_url": fields.api_url or (known.api_url if known else None) or beside,
        "scope_prefix": fields.scope_prefix,
        "domain_hint": fields.domain_hint,
        "redirect_uris": list(fields.redirect_uris),
        "endpoints": endpoints,
        "flows": flows,
    }


def told_by_urls(fields: ProfileFields) -> str | None:
    """Return in words what the pasted URLs have told; None where they tell nothing."""
    shapes = [shape for _, url in _given(fields) if (shape := shape_of(url)) is not None]
    if not shapes:
        return None
    deployment = _deployment(fields)
    whose = dict.fromkeys(shape.endpoint.replace("_", " ") for shape in shapes if shape.endpoint)
    words = [deployment.value] if deployment else []
    words += [f"for {' and '.join(whose)}"] if whose else []
    auth = RECORDS[Flow.CLIENT_CREDENTIALS].client_auth.get(deployment) if deployment else None
    words += [f"a client secret goes by {'Basic' if auth is ClientAuth.BASIC else 'the body'}"] if auth else []
    return f"by their shape the URLs are {', '.join(words)}"


def _given(fields: ProfileFields) -> list[tuple[str, str]]:
    given = (
        ("authorization_url", fields.authorization_url),
        ("token_url", fields.token_url),
        ("revocation_url", fields.revocation_url),
    )
    return [(key, url) for key, url in given if url]


def _deployment(fields: ProfileFields) -> Deployment | None:
    if fields.deployment is not None or fields.tenant or fields.domain:
        by_name = Deployment.SELF_SERVICE if fields.tenant else Deployment.COMMERCIAL
        return fields.deployment or by_name
    shapes = (shape_of(url) for _, url in _given(fields))
    return next((shape.deployment for shape in shapes if shape is not None and shape.deployment), None)


def _actor(fields: ProfileFields) -> Actor | None:
    if fields.actor is not None:
        return fields.actor
    shapes = (shape_of(url) for _, url in _given(fields))
    # A user is who acts where nobody says otherwise.
    return Actor.CUSTOMER if any(shape is not None and shape.endpoint == "customer" for shape in shapes) else None


def _replace_urls(fields: ProfileFields, endpoints: dict[str, dict[str, Any]]) -> None:
    """Put given URLs in place of the documented ones: where their shape says, else the actor's or the flow's own."""
    unsaid = (fields.actor or Actor.USER).value
    if fields.flow is not None and not RECORDS[fields.flow].signs_in:
        unsaid = RECORDS[fields.flow].endpoints(fields.actor or Actor.USER, None)[0]
    given: list[tuple[str, str, str | None]] = []
    for key, url in _given(fields):
        shape = shape_of(url)
        given.append((shape.endpoint if shape and shape.endpoint else unsaid, key, url))
    given += [
        ("client", "token_url", fields.client_token_url),
        ("anonymous", "token_url", fields.anonymous_token_url),
    ]
    for table, key, url_or_none in given:
        if url_or_none:
            endpoints.setdefault(table, {})[key] = url_or_none
    if fields.token_url:
        # One token endpoint for everything is the common case outside eGain's documented shapes.
        implied = beside(fields.token_url) if shape_of(fields.token_url) else {"client": fields.token_url}
        for table, url in implied.items():
            endpoints.setdefault(table, {}).setdefault("token_url", url)


def _fill_every_flow(fields: ProfileFields, flows: dict[str, dict[str, Any]]) -> None:
    for flow in Flow:
        table = flows.setdefault(flow.value, {})
        table |= {"scopes": list(fields.scopes)} if fields.scopes else {}
        if fields.client_auth and flow is Flow.CLIENT_CREDENTIALS:
            table["client_auth"] = fields.client_auth.value
