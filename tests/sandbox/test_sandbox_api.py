"""The API resources: who may call what, errors, pages, limits, and public discovery."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fakes.sandbox_driver import (
    ANONYMOUS,
    CUSTOMER,
    PORTALS,
    SCOPE,
    USER,
    Driver,
    api_code,
    credentials,
    sha256,
    start_sandbox,
)

from egain_auth_cli.sandbox.portal_data import ATTACHMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATES = "/knowledge/contentmgr/v4/prompts/prompttemplates"
CHANNELS = "/conversation/conversationmgr/v3/channels"
ECHO = "/knowledge/contentmgr/v4/echo"
ARTICLES = f"{PORTALS}/portals/PROD-1001/articles"


@pytest.fixture
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


@pytest.fixture
def tokens(sandbox: Driver) -> dict[str, str]:
    anonymous = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "x", "scope": SCOPE}
    on_behalf = {"grant_type": "password", "scope": "knowledge.portalmgr.onbehalfof.manage"}
    on_behalf |= {"subject_username": "bob"} | credentials()
    return {
        "user": sandbox.user_token(),
        "customer": sandbox.user_token(CUSTOMER, "carol"),
        "client": sandbox.client_token(),
        "anonymous": sandbox.post(ANONYMOUS, **anonymous).json()["access_token"],
        "on-behalf-of": sandbox.post(f"{USER}/token", **on_behalf).json()["access_token"],
    }


PERSONS = {"user": 200, "customer": 200, "anonymous": 200, "on-behalf-of": 200, "client": 403}
EVERYONE = PERSONS | {"client": 200}
USERS = PERSONS | {"customer": 403, "anonymous": 403}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{PORTALS}/portals", PERSONS),
        (f"{PORTALS}/portals/user", USERS),
        (f"{PORTALS}/portals/user/milestones", USERS),
        (f"{PORTALS}/myportals?$lang=en-US", USERS),
        (f"{PORTALS}/portals/PROD-1001", EVERYONE),
        (ARTICLES, EVERYONE),
        (f"{ARTICLES}/PROD-200001", PERSONS),
        (f"{PORTALS}/articles/attachments/PROD-300010", EVERYONE),
    ],
)
def test_resource_admits_its_personas(
    sandbox: Driver, tokens: dict[str, str], path: str, expected: dict[str, int]
) -> None:
    answers = {name: sandbox.call(token, path) for name, token in tokens.items()}

    assert {name: answer.status_code for name, answer in answers.items()} == expected
    assert {api_code(each) for each in answers.values() if each.status_code == 403} <= {"403-112"}


def test_error_body_has_egains_members(sandbox: Driver) -> None:
    answer = sandbox.call(sandbox.client_token(), f"{PORTALS}/portals")

    assert answer.json() == {
        "code": "403-112",
        "developerMessage": "This actor may not use this URL.",
        "details": [{"key": "actor", "value": "client"}],
        "userMessage": "You are not allowed to do this.",
    }


def test_user_is_told_who_they_are(sandbox: Driver) -> None:
    answer = sandbox.call(sandbox.user_token(), f"{PORTALS}/portals/user").json()

    assert [(each["id"], each["firstName"], each["lastName"]) for each in answer["user"]] == [
        ("1001", "Alice", "Archer")
    ]


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/portals", {"Authorization": ""}, "401-104"),
        ("/portals", {"Authorization": "Bearer"}, "401-104"),
        ("/portals", {"Authorization": "Basic abc"}, "401-104"),
        ("/portals", {"Authorization": "Bearer unknown"}, "401-101"),
        ("/portals", {"Accept-Language": ""}, "406-100"),
        ("/portals", {"Accept-Language": "en"}, "406-100"),
        ("/portals", {"Accept-Language": "en-US,en;q=0.9"}, "406-100"),
        ("/portals?more=1", {}, "400-101"),
        ("/portals?$pagenum=0", {}, "400-102"),
        ("/portals?$pagesize=76", {}, "400-102"),
        ("/portals?$pagesize=x", {}, "400-102"),
        ("/portals?$pagesize=", {}, "400-102"),
        ("/portals?$pagesize=1&$pagesize=2", {}, "400-108"),
        ("/myportals", {}, "400-112"),
        ("/myportals?$lang=tlh", {}, "400-196"),
        ("/portals/PROD-9999", {}, "404-100"),
        ("/portals/PROD-9999/articles", {}, "404-100"),
        ("/portals/PROD-1001/articles/PROD-1", {}, "404-100"),
        ("/articles/attachments/x", {}, "404-100"),
        ("/nothing", {}, "404-100"),
    ],
)
def test_wrong_call_gets_egains_code(sandbox: Driver, path: str, headers: dict[str, str], code: str) -> None:
    usual = {"Authorization": f"Bearer {sandbox.user_token()}", "Accept-Language": "en-US"}

    answer = sandbox.http.get(PORTALS + path, headers=usual | headers)

    assert api_code(answer) == code


def test_language_has_no_case(sandbox: Driver) -> None:
    answer = sandbox.call(sandbox.user_token(), f"{PORTALS}/portals", Accept_Language="en-us")

    assert answer.status_code == 200


def test_missing_scope_is_named(sandbox: Driver) -> None:
    answer = sandbox.call(sandbox.user_token(scope="core.aiservices.manage"), f"{PORTALS}/portals")

    assert api_code(answer) == "403-197"
    assert answer.json()["details"] == [{"key": "scope", "value": SCOPE}]


def test_manage_implies_read_and_not_the_reverse(sandbox: Driver) -> None:
    manage = sandbox.user_token(scope="knowledge.contentmgr.manage")
    read = sandbox.user_token(scope="knowledge.contentmgr.read")

    assert sandbox.call(manage, f"{TEMPLATES}?department=a&languageCode=b").status_code == 200
    assert api_code(sandbox.call(read, ECHO, method="POST")) == "403-197"


def test_token_expires(sandbox: Driver) -> None:
    token = sandbox.user_token()
    sandbox.clock.now += 3600

    assert api_code(sandbox.call(token, f"{PORTALS}/portals")) == "401-101"


def test_lifetime_is_as_asked() -> None:
    with start_sandbox(token_lifetime=5) as sandbox:
        token = sandbox.user_token()
        sandbox.clock.now += 5

        assert api_code(sandbox.call(token, f"{PORTALS}/portals")) == "401-101"


def test_links_lead_through_all_articles(sandbox: Driver) -> None:
    token, path, names = sandbox.user_token(), f"{ARTICLES}?$pagesize=75", []
    while path:
        assert path.startswith("/")
        page = sandbox.call(token, path).json()
        names += [article["name"] for article in page["article"]]
        path = next((link["href"] for link in page["paginationInfo"]["link"] if link["rel"] == "next"), "")

    assert names == [f"Article {number}" for number in range(1, 251)]


def test_page_says_where_it_is(sandbox: Driver) -> None:
    answer = sandbox.call(sandbox.user_token(), f"{PORTALS}/portals?$pagenum=2&$pagesize=2").json()

    assert answer["paginationInfo"] == {
        "count": 6,
        "pagenum": 2,
        "pagesize": 2,
        "link": [
            {"rel": "prev", "href": f"{PORTALS}/portals?$pagenum=1&$pagesize=2"},
            {"rel": "next", "href": f"{PORTALS}/portals?$pagenum=3&$pagesize=2"},
        ],
    }


@pytest.mark.parametrize("path", ["/portals?$pagenum=9", "/portals/PROD-1001/empty"])
def test_nothing_is_204_without_a_body(sandbox: Driver, path: str) -> None:
    answer = sandbox.call(sandbox.user_token(), PORTALS + path)

    assert (answer.status_code, answer.content) == (204, b"")


def test_attachment_is_bytes_with_a_hostile_name(sandbox: Driver) -> None:
    answer = sandbox.call(sandbox.user_token(), f"{PORTALS}/articles/attachments/PROD-300010")

    assert answer.content == ATTACHMENT
    assert answer.headers["Content-Disposition"] == 'attachment; filename="../x"'


def test_templates_need_both_parameters(sandbox: Driver) -> None:
    token = sandbox.client_token(scope="knowledge.contentmgr.manage")

    assert api_code(sandbox.call(token, f"{TEMPLATES}?department=a")) == "400-112"
    assert sandbox.call(token, f"{TEMPLATES}?department=a&languageCode=en-US").status_code == 200


def test_channels_are_for_client_applications(sandbox: Driver) -> None:
    token = sandbox.client_token(scope="app.conversation.conversationmgr.read")

    assert sandbox.call(token, CHANNELS).status_code == 200
    assert api_code(sandbox.call(sandbox.client_token(), CHANNELS)) == "403-197"
    assert api_code(sandbox.call(sandbox.user_token(), CHANNELS)) == "403-112"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "application/octet-stream"])
def test_echo_tells_what_came(sandbox: Driver, method: str, kind: str) -> None:
    token, content = sandbox.client_token(scope="knowledge.contentmgr.manage"), b"a=\x00\xff" * 50_000

    answer = sandbox.call(token, ECHO, method=method, content=content, Content_Type=kind)

    assert answer.json() == {
        "method": method,
        "contentType": kind,
        "length": len(content),
        "sha256": sha256(content),
    }


def test_throttled_client_is_told_when_to_return(sandbox: Driver) -> None:
    token, path = sandbox.client_token("sandbox-throttled"), f"{PORTALS}/portals/PROD-1001"

    answers = [sandbox.call(token, path) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3].headers["X-RateLimit-Limit"] == "3"
    assert answers[3].headers["X-RateLimit-Reset"] == "2027-01-15T08:00:05Z"
    assert api_code(answers[3]) == "429-001"
    sandbox.clock.now += 5
    assert sandbox.call(token, path).status_code == 200


def test_deployment_leads_to_the_metadata(sandbox: Driver) -> None:
    info = sandbox.http.get("/system/deploymentInfo").json()

    by_tenant = sandbox.http.get(f"{info['apiDomain']}/core/authmgr/v3/metadata/tenant/{info['tenantId']}")
    by_deployment = sandbox.http.get(f"{info['apiDomain']}/core/authmgr/v3/metadata/deployment")

    details = by_tenant.json()["authenticationDetails"]
    url = sandbox.server.url
    assert details == {
        "apiPermissionPrefix": "",
        "oAuthUser": [{"authURL": f"{url}{USER}/authorize", "accessTokenURL": f"{url}{USER}/token"}],
        "oAuthCustomer": [{"authURL": f"{url}{CUSTOMER}/authorize", "accessTokenURL": f"{url}{CUSTOMER}/token"}],
        "oAuthAnonymousCustomer": [{"accessTokenURL": f"{url}{ANONYMOUS}".replace("TMSANDBOX000001", "<DOMAIN_NAME>")}],
    }
    assert json.loads(by_deployment.text) == by_tenant.json()


def test_unknown_tenant_has_no_metadata(sandbox: Driver) -> None:
    answer = sandbox.http.get("/core/authmgr/v3/metadata/tenant/OTHER")

    assert api_code(answer) == "404-100"


def test_wrong_method_gets_egains_body(sandbox: Driver) -> None:
    answer = sandbox.call(sandbox.user_token(), f"{PORTALS}/portals", method="POST")

    assert api_code(answer) == "405-100"
