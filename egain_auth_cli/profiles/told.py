"""What pasted URLs have told, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import ClientAuth, Flow
from egain_auth_cli.profiles.doubts import WORDS, doubt_of_option
from egain_auth_cli.profiles.inference import (
    actor_of,
    api_url_of,
    deployment_of,
    deployments_by_shape,
    flow_of,
    pasted_urls,
    urls_beside,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from egain_auth_cli.profiles.fields import ProfileFields


def told_by_urls(fields: ProfileFields, *, flow_is_asked: bool = False) -> str | None:
    """Return in words what the pasted URLs have told; None where they tell nothing.

    Args:
        fields: What was given.
        flow_is_asked: Whether the person is asked for the flow, so that nothing is told of it.
    """
    known = [one for one in pasted_urls(fields) if one.shape is not None and doubt_of_option(one) is None]
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
    *others, last = [WORDS[table] for table in tables]
    return f"{', '.join(others)}{' and ' if others else ''}{last}"
