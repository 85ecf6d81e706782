"""Every link in an answer can be followed with the token that got the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes.sandbox_driver import ANONYMOUS, CUSTOMER, PORTALS, USER, Driver, credentials, start_sandbox

from egain_auth_cli.sandbox.resource import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNED_IN = {"user", "customer", "obo"}
MANAGE = "knowledge.portalmgr.manage"
KNOWN = {"portalID": "PROD-1001", "articleID": "PROD-3006", "topicID": "PROD-4002", "attachmentID": "PROD-6001"}
KNOWN |= {"publishViewId": "PROD-2501", "suggestionID": "PROD-8001", "promptID": "PROD-9001"}
QUERY = {"$filter[topicId]": "PROD-4002", "q": "pay", "department": "Service", "filter[status]": "suggested"}
QUERY |= {"$lang": "en-US", "languageCode": "en-US", "$pagesize": "2"}


@pytest.fixture
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


def token_of(sandbox: Driver, persona: str) -> str:
    if persona == "user":
        return sandbox.user_token(scope=f"{MANAGE} knowledge.contentmgr.manage core.aiservices.manage")
    if persona == "customer":
        return sandbox.user_token(CUSTOMER, "carol", scope=MANAGE)
    if persona == "client":
        return sandbox.client_token(scope=f"{MANAGE} knowledge.contentmgr.manage")
    if persona == "anonymous":
        fields = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "x", "scope": MANAGE}
        return str(sandbox.post(ANONYMOUS, **fields).json()["access_token"])
    fields = {"grant_type": "password", "scope": "knowledge.portalmgr.onbehalfof.manage", "subject_username": "alice"}
    return str(sandbox.post(f"{USER}/token", **fields, **credentials()).json()["access_token"])


def first_paths() -> Iterator[str]:
    for one in RESOURCES:
        if one.method == "GET" and "job" not in one.path:
            path = "/".join(KNOWN[part[1:-1]] if part.startswith("{") else part for part in one.path.split("/"))
            names = (*one.required, *one.optional)
            query = {name: QUERY[name] for name in names if name in QUERY}
            query |= {name: "all" for name in names if name.endswith("AdditionalAttributes") and "ustom" not in name}
            yield f"{path}?{'&'.join(f'{name}={value}' for name, value in query.items())}"


def hrefs(found: Any) -> Iterator[str]:
    for each in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from hrefs(each)
    if isinstance(found, dict) and isinstance(found.get("href"), str):
        yield found["href"]


def suggest_with_a_file(sandbox: Driver, token: str) -> None:
    usual = {"method": "POST", "Content_Type": "application/json"}
    told = json.dumps({"name": "x", "size": 1}).encode()
    place = sandbox.call(token, f"{PORTALS}/attachment/preupload", content=told, **usual).json()
    sandbox.http.post(place["contentUrl"], content=b"x", headers={"Content-Type": "application/octet-stream"})
    body = {"name": "A", "content": "x", "language": {"code": "en-US"}}
    body |= {"attachments": {"attachment": [{"altId": place["altId"]}]}}
    sandbox.call(token, f"{PORTALS}/portals/PROD-1001/suggestions", content=json.dumps(body).encode(), **usual)


@pytest.mark.parametrize("persona", ["user", "customer", "anonymous", "obo", "client"])
def test_every_link_leads_somewhere_for_its_reader(sandbox: Driver, persona: str) -> None:
    token = token_of(sandbox, persona)
    first, seen, refused = set(first_paths()), set(), {}
    if persona in SIGNED_IN:
        suggest_with_a_file(sandbox, token)
        first.add(f"{PORTALS}/portals/PROD-1001/suggestions/PROD-8004/attachments")
    left = sorted(first)
    while left:
        path = left.pop()
        answer = sandbox.call(token, path)
        if path not in first and answer.status_code not in {200, 204}:
            refused[path] = answer.text
        for each in hrefs(answer.json()) if answer.status_code == 200 else ():
            if each not in seen:
                seen.add(each)
                left.append(each)

    assert len(seen) > 20
    assert refused == {}
