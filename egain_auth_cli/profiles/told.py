"""What pasted URLs have told, in words, and where they contradict what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, Flow, Subject
from egain_auth_cli.profiles.inference import (
    actor_of,
    actors_by_shape,
    api_url_of,
    deployment_of,
    deployments_by_shape,
    flow_of,
    pasted_urls,
    stated_deployment,
    urls_beside,
)
from egain_auth_cli.profiles.url_shapes import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from egain_auth_cli.profiles.fields import ProfileFields
    from egain_auth_cli.profiles.inference import Pasted

_ENDS = {"authorization_url": "authorize", "token_url": "token", "revocation_url": "revoke"}
"""How eGain's URLs end, by their option; those of other options are token URLs."""
_WORDS = {
    "user": "users",
    "customer": "customers",
    "client": "the client application",
    "anonymous": "anonymous customers",
    "on_behalf_of_user": "acting on behalf of users",
    "on_behalf_of_customer": "acting on behalf of customers",
}


def told_by_urls(fields: ProfileFields, *, flow_is_asked: bool = False) -> str | None:
    """Return in words what the pasted URLs have told; None where they tell nothing.

    Args:
        fields: What was given.
        flow_is_asked: Whether the person is asked for the flow, so that nothing is told of it.
    """
    known = [one for one in pasted_urls(fields) if one.shape is not None and _doubt_of_option(one) is None]
    if not known:
        return None
    actor = actor_of(fields)
    tables = dict.fromkeys(table for one in known if (table := one.filed(actor)))
    implied = [table for table in urls_beside(fields) if table not in tables]
    words = [one.value for one in deployments_by_shape(fields)[:1]]
    words += [f"for {_all(tables)}"] if tables else []
    said = [", ".join(words)]
    said += [f"from them follow those for {_all(implied)}"] if implied else []
    said += () if flow_is_asked else _of_flows(fields, has_client="client" in (*tables, *implied))
    api_url = None if fields.api_url or fields.tenant or fields.domain else api_url_of(fields)
    said += [f"the API is `{api_url}`"] if api_url else []
    return f"by their shape the URLs are {'; '.join(said)}"


def doubts_of(fields: ProfileFields, values: Mapping[str, Any]) -> Iterator[str]:
    """Say where the URLs' shape contradicts what was said, which holds all the same.

    Args:
        fields: What was given.
        values: The profile's table that was made of it.
    """
    yield from _doubts_of_deployment(fields)
    if len(actors_by_shape(fields)) > 1:
        yield "by their shape some URLs are for users and some for customers"
    yield from (doubt for one in pasted_urls(fields) if (doubt := _doubt_of_option(one)))
    wrong_actor = next(_doubts_of_actor(fields), None)
    if wrong_actor is not None:
        yield wrong_actor
    elif fields.flow is not None and fields.token_url and not _has_token_url(fields, values):
        yield f"none of the URLs is a token URL of {fields.flow} by its shape"


def _doubts_of_deployment(fields: ProfileFields) -> Iterator[str]:
    by_shape, stated = deployments_by_shape(fields), stated_deployment(fields)
    other = [one for one in by_shape if one is not stated]
    if stated is not None and other:
        yield f"the profile is {stated}, as was said, but the URLs have the shape of {other[0]}"
    elif len(by_shape) > 1:
        yield f"the URLs are of two deployments by their shape; the profile is {by_shape[0]}"


def _doubts_of_actor(fields: ProfileFields) -> Iterator[str]:
    # A client application acts for itself: its flows ask for no actor, though its URL may be the users'.
    if fields.flow is not None and not _depends_on_actor(fields.flow):
        return
    for one in actors_by_shape(fields):
        if fields.actor is not None and one is not fields.actor:
            yield f"the actor is {fields.actor}, as was said, but the URLs are for {_WORDS[one]} by their shape"


def _depends_on_actor(flow: Flow) -> bool:
    return RECORDS[flow].endpoints(Actor.USER, None) != RECORDS[flow].endpoints(Actor.CUSTOMER, None)


def _doubt_of_option(one: Pasted) -> str | None:
    if one.shape is None:
        return None
    end = urlsplit(one.url).path.rpartition("/")[2]
    if end in _ENDS.values() and end != _ENDS.get(one.option, "token"):
        named = next(option for option, last in _ENDS.items() if last == end)
        return f"the URL of `--{one.option.replace('_', '-')}` is one for `--{named.replace('_', '-')}` by its end"
    if one.table in (None, one.shape.kind.value):
        return None
    # On self-service a client application takes the token URL of users.
    if one.table == Kind.CLIENT and one.shape == (Deployment.SELF_SERVICE, Kind.PERSON, Actor.USER):
        return None
    option = f"--{one.option.replace('_', '-')}"
    return f"the URL of `{option}` is for {_WORDS[one.shape.table(None) or Actor.USER]} by its shape"


def _has_token_url(fields: ProfileFields, values: Mapping[str, Any]) -> bool:
    assert fields.flow is not None  # noqa: S101  the caller has looked
    actor = fields.actor or Actor.USER
    names = [name for subject in (None, Subject.EMAIL) for name in RECORDS[fields.flow].endpoints(actor, subject)]
    return any("token_url" in values["endpoints"].get(name, {}) for name in names)


def _of_flows(fields: ProfileFields, *, has_client: bool) -> Iterator[str]:
    """Say which flow it is, and how the flows that there are send the client secret, where nobody said it."""
    flow = flow_of(fields)
    # By its URLs alone an application that signs people in might be of either kind.
    other = " (a Web application's is authorization-code)" if flow is Flow.PKCE else ""
    for one in dict.fromkeys([flow, Flow.CLIENT_CREDENTIALS] if has_client else [flow]):
        secret = f"sends the client secret {_way(fields, one)}" if one and not _way_is_known(fields, one) else ""
        if one is not None and one is flow and fields.flow is None:
            yield f"the flow is {one}{other}" + (f", which {secret}" if secret else "")
        elif secret:
            yield f"{one} {secret}"


def _way_is_known(fields: ProfileFields, flow: Flow) -> bool:
    return fields.client_auth is not None or RECORDS[flow].public_client


def _way(fields: ProfileFields, flow: Flow) -> str:
    deployment = deployment_of(fields)
    basic = deployment is not None and RECORDS[flow].client_auth.get(deployment) is ClientAuth.BASIC
    return "by Basic" if basic else "in the body"


def _all(tables: Iterable[str]) -> str:
    *others, last = [_WORDS[table] for table in tables]
    return f"{', '.join(others)}{' and ' if others else ''}{last}"
