"""What looks wrong in the addresses and the scope prefix of a profile, which holds all the same: a person may know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Actor, Deployment, Flow, Subject
from egain_auth_cli.models.urls import LOOPBACK_HOSTS
from egain_auth_cli.profiles.inference import (
    Pasted,
    actors_by_shape,
    deployment_of,
    deployments_by_shape,
    pasted_urls,
    stated_deployment,
)
from egain_auth_cli.profiles.url_shapes import Kind, shape_of, tenant_of
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.keys import DEFAULT_REDIRECT_URI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from egain_auth_cli.profiles.fields import ProfileFields
    from egain_auth_cli.settings.profile import Profile

_ENDS = {"authorization_url": "authorize", "token_url": "token", "revocation_url": "revoke"}
"""How eGain's URLs end, by their option; those of other options are token URLs."""
WORDS = {
    "user": "users",
    "customer": "customers",
    "client": "the client application",
    "anonymous": "anonymous customers",
    "on_behalf_of_user": "acting on behalf of users",
    "on_behalf_of_customer": "acting on behalf of customers",
}
"""Whom the URLs of a table are for."""
_SCOPE = re.compile(r"(?:.*[/:])?(?:[a-z]+(?:\.[a-z]+){2,}|\.default)")
"""One of eGain's scopes, with a prefix or without one."""


class _Doubt(NamedTuple):
    """A doubt, and the options, or keys, that it is about."""

    about: tuple[str, ...]
    text: str


def option_name(option: str) -> str:
    """Return how the command line calls what is given: the names of fields are those of options."""
    return f"--{option.removesuffix('s').replace('_', '-')}"


def doubts_of(
    fields: ProfileFields, values: Mapping[str, Any], *, name: Callable[[str], str] = option_name
) -> Iterator[str]:
    """Say where what was given contradicts itself or what eGain documents.

    Args:
        fields: What was given.
        values: The profile's table that was made of it.
        name: Returns what the person knows a field by.
    """
    yield from _doubts_of_deployment(fields)
    if len(actors_by_shape(fields)) > 1:
        yield "by their shape some URLs are for users and some for customers"
    urls = pasted_urls(fields)
    yield from (one.text for one in _doubts_of_urls(urls, fields.redirect_uris, name))
    yield from _doubts_of_tenant(fields, urls, name)
    yield from _doubts_of_api(fields.api_url, name("api_url"))
    yield from _doubts_of_prefix(fields.scope_prefix, deployment_of(fields), name("scope_prefix"))
    wrong_actor = next(_doubts_of_actor(fields), None)
    if wrong_actor is not None:
        yield wrong_actor
    elif fields.flow is not None and fields.token_url and not _has_token_url(fields, values):
        yield f"none of the URLs is a token URL of {fields.flow} by its shape"


def doubts_of_change(profile: Profile, key: str) -> Iterator[str]:
    """Say what looks wrong in a profile since a key was set.

    Args:
        profile: As it is now.
        key: Dotted as in TOML.
    """
    urls = [
        Pasted(f"endpoints.{table}.{kind}", url, shape_of(url), table)
        for table, endpoint in profile.endpoints.items()
        for kind in _ENDS
        if (url := getattr(endpoint, kind))
    ]
    found = [one for one in _doubts_of_urls(urls, profile.redirect_uris or (), str) if key in one.about]
    # What stands against one URL of the profile stands against the others too.
    yield from (one.text for one in found if len(one.about) == 1)
    yield from [one.text for one in found if len(one.about) > 1][:1]
    if key == "api_url":
        yield from _doubts_of_api(profile.api_url, key)
    if key in ("scope_prefix", "deployment"):
        yield from _doubts_of_prefix(profile.scope_prefix, profile.deployment, "scope_prefix")
    shapes = [one.shape.deployment for one in urls if one.shape and one.shape.deployment]
    if key == "deployment" and shapes and profile.deployment not in shapes:
        yield f"the URLs have the shape of {shapes[0]}"


def _doubts_of_urls(
    urls: Sequence[Pasted], redirect_uris: Sequence[str], name: Callable[[str], str]
) -> Iterator[_Doubt]:
    for one in urls:
        label = f"`{name(one.option)}`"
        text = doubt_of_option(one, name)
        if text is not None:
            yield _Doubt((one.option,), text)
        if one.url in (redirect_uris or (DEFAULT_REDIRECT_URI,)):
            yield _Doubt(
                (one.option, "redirect_uris"), f"{label} has the redirect URL, to which the browser comes back"
            )
        if host := _odd_host(one.url):
            yield _Doubt((one.option,), f"{label} has the host `{host}`, which has no dot")
    signs_in = [one for one in urls if one.kind in ("authorization_url", "token_url")]
    for number, one in enumerate(signs_in):
        for other in signs_in[number + 1 :]:
            about = (one.option, other.option)
            mine, its = tenant_of(one.url), tenant_of(other.url)
            if mine and its and mine[0] is its[0] and mine != its:
                yield _Doubt(about, _two_tenants(name(one.option), name(other.option), mine[1], its[1]))
            if one.table == other.table and (one.shape is None) != (other.shape is None):
                plain, shaped = about if one.shape is None else reversed(about)
                text = f"`{name(plain)}` has none of the shapes of eGain's URLs, and `{name(shaped)}` has one"
                yield _Doubt(about, text)


def doubt_of_option(one: Pasted, name: Callable[[str], str] = option_name) -> str | None:
    """Say whether a URL is one of another kind, or for somebody else, than it was given as; None where it fits."""
    if one.shape is None:
        return None
    end = urlsplit(one.url).path.rpartition("/")[2]
    if end in _ENDS.values() and end != _ENDS.get(one.kind, "token"):
        above, dot, _ = one.option.rpartition(".")
        meant = f"{above}{dot}{next(kind for kind, last in _ENDS.items() if last == end)}"
        return f"`{name(one.option)}` has a URL for `{name(meant)}`, by its end"
    table = one.shape.table(None)
    if one.table is None or table is None or one.table == table:
        return None
    # On self-service a client application takes the token URL of users, and acting for a person that person's.
    shared = one.shape.deployment is Deployment.SELF_SERVICE and one.shape.kind is Kind.PERSON
    if shared and one.table in (f"on_behalf_of_{table}", *(["client"] if table == Actor.USER else [])):
        return None
    return f"`{name(one.option)}` has a URL for {WORDS[table]}, by its shape"


def _odd_host(url: str) -> str | None:
    """Return the host of a URL where it is hardly one: a `y` that answered another question."""
    host = urlsplit(url).hostname or ""
    return None if "." in host or ":" in host or host in LOOPBACK_HOSTS else host


def _doubts_of_tenant(fields: ProfileFields, urls: Sequence[Pasted], name: Callable[[str], str]) -> Iterator[str]:
    for one in urls:
        whose = tenant_of(one.url)
        if fields.tenant and whose and whose[0] is Deployment.SELF_SERVICE and whose[1] != fields.tenant:
            yield _two_tenants(name("tenant"), name(one.option), fields.tenant, whose[1])


def _two_tenants(one: str, other: str, *tenants: str) -> str:
    return f"`{one}` and `{other}` are of two tenants: {' and '.join(f'`{tenant}`' for tenant in tenants)}"


def _doubts_of_api(url: str | None, label: str) -> Iterator[str]:
    if not url:
        return
    if host := _odd_host(url):
        yield f"`{label}` has the host `{host}`, which has no dot"
    path = urlsplit(url).path
    if path.strip("/"):
        yield f"`{label}` has a path: every path of `egain call` goes below `{path}`, which eGain's own do not"


def _doubts_of_prefix(prefix: str | None, deployment: Deployment | None, label: str) -> Iterator[str]:
    if not prefix:
        return
    shown = printable(prefix, limit=100)
    if shape_of(prefix) is not None or "/oauth2/" in prefix:
        yield f"`{label}` has a URL to sign in or get tokens at, `{shown}`"
    elif _SCOPE.fullmatch(prefix):
        yield f"`{label}` has a whole scope, `{shown}`, where the beginning of each scope is meant"
    elif prefix[-1].isalnum():
        yield f"`{label}` has no `/` at its end: scopes are sent as `{shown}SCOPE`"
    if deployment is Deployment.SELF_SERVICE:
        yield f"`{label}` is set, but scopes have no prefix on self-service"


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
            yield f"the actor is {fields.actor}, as was said, but the URLs are for {WORDS[one]} by their shape"


def _depends_on_actor(flow: Flow) -> bool:
    return RECORDS[flow].endpoints(Actor.USER, None) != RECORDS[flow].endpoints(Actor.CUSTOMER, None)


def _has_token_url(fields: ProfileFields, values: Mapping[str, Any]) -> bool:
    assert fields.flow is not None  # noqa: S101  the caller has looked
    actor = fields.actor or Actor.USER
    names = [name for subject in (None, Subject.EMAIL) for name in RECORDS[fields.flow].endpoints(actor, subject)]
    return any("token_url" in values["endpoints"].get(name, {}) for name in names)
