"""From what a person knows of a client application to a profile's table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import UsageError
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor, Deployment, Flow, Subject
from egain_auth_cli.profiles.documented_urls import documented_urls
from egain_auth_cli.profiles.inference import (
    actor_of,
    api_url_of,
    deployment_of,
    flow_of,
    pasted_urls,
    urls_beside,
)

if TYPE_CHECKING:
    from egain_auth_cli.profiles.fields import ProfileFields

_OWN_OPTION = ("client_token_url", "anonymous_token_url")


def profile_values(fields: ProfileFields) -> dict[str, Any]:
    """Return the profile's table: the documented URLs, with what was given in their place, and what the URLs tell.

    Raises:
        UsageError: Tenant, domain and deployment do not go together, or a deployment alone makes no URL.
    """
    known = documented_urls(fields.deployment, tenant=fields.tenant, domain=fields.domain, gateway=fields.gateway)
    endpoints: dict[str, dict[str, Any]] = (
        {name: dict(table) for name, table in known.endpoints.items()} if known else {}
    )
    flows: dict[str, dict[str, Any]] = {name: dict(table) for name, table in known.flows.items()} if known else {}
    deployment, actor, flow = deployment_of(fields), actor_of(fields), flow_of(fields)
    _replace_urls(fields, endpoints)
    if fields.deployment is not None and not endpoints:
        option, what = ("--tenant", "TENANT") if fields.deployment is Deployment.SELF_SERVICE else ("--domain", "HOST")
        raise UsageError(
            f"a {fields.deployment} profile needs `{option}`, of which its URLs are made, or these",
            hint=f"give `{option} {what}`, or `--token-url URL` and the others of the Metadata panel",
        )
    if fields.flow is not None and (fields.scopes or fields.client_auth):
        table = flows.setdefault(fields.flow.value, {})
        table |= {"scopes": list(fields.scopes)} if fields.scopes else {}
        table |= {"client_auth": fields.client_auth.value} if fields.client_auth else {}
    elif fields.scopes or fields.client_auth:
        _fill_every_flow(fields, flows, likely=flow)
    return {
        "deployment": deployment.value if deployment else None,
        "client_id": fields.client_id,
        "flow": flow.value if flow else None,
        "actor": actor.value if actor else None,
        "api_url": fields.api_url or (known.api_url if known else None) or api_url_of(fields),
        "scope_prefix": fields.scope_prefix,
        "domain_hint": fields.domain_hint,
        "redirect_uris": list(fields.redirect_uris),
        "secret_store": fields.secret_store.value if fields.secret_store else None,
        "endpoints": endpoints,
        "flows": flows,
    }


def _replace_urls(fields: ProfileFields, endpoints: dict[str, dict[str, Any]]) -> None:
    """Put given URLs in place of the documented ones: where their shape says, else the actor's or the flow's own."""
    actor = actor_of(fields)
    person = (actor or Actor.USER).value
    unsaid = _table_of_flow(fields.flow, actor or Actor.USER)
    for one in pasted_urls(fields):
        key = "token_url" if one.option in _OWN_OPTION else one.option
        # Whatever the flow, it is a person who signs in.
        otherwise = person if key == "authorization_url" else unsaid
        endpoints.setdefault(one.filed(actor) or otherwise, {})[key] = one.url
    for table, url in urls_beside(fields).items():
        endpoints.setdefault(table, {}).setdefault("token_url", url)


def _table_of_flow(flow: Flow | None, actor: Actor) -> str:
    """Name the table that a URL belongs to which tells nothing of itself."""
    if flow is None or RECORDS[flow].signs_in:
        return actor.value
    return RECORDS[flow].endpoints(actor, Subject.EMAIL if actor is Actor.CUSTOMER else None)[0]


def _fill_every_flow(fields: ProfileFields, flows: dict[str, dict[str, Any]], *, likely: Flow | None) -> None:
    for flow in Flow:
        table = flows.setdefault(flow.value, {})
        table |= {"scopes": list(fields.scopes)} if fields.scopes else {}
        if fields.client_auth and flow in (Flow.CLIENT_CREDENTIALS, likely):
            table["client_auth"] = fields.client_auth.value
