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
    start_sandbox,
)

from egain_auth_cli.call.catalogue import operations
from egain_auth_cli.sandbox.resource import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATES = "/knowledge/contentmgr/v4/prompts/prompttemplates"
CONVERSATIONS = "/conversation/conversationmgr/v3"
CHANNELS = f"{CONVERSATIONS}/channels"
PORTAL = f"{PORTALS}/portals/PROD-1001"
ARTICLES = f"{PORTAL}/articles"
ON_BEHALF = "knowledge.portalmgr.onbehalfof.read"
OF_PAYMENTS = f"{ARTICLES}?$filter[topicId]=PROD-4002"
SUGGESTIONS = f"{PORTAL}/suggestions"


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
CLIENTS = dict.fromkeys(PERSONS, 403) | {"client": 200}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{PORTALS}/portals", PERSONS),
        (f"{PORTALS}/portals/user", USERS),
        (f"{PORTALS}/portals/user/milestones", USERS),
        (f"{PORTALS}/myportals?$lang=en-US", USERS),
        (PORTAL, EVERYONE),
        (OF_PAYMENTS, EVERYONE),
        (f"{ARTICLES}/PROD-3006", PERSONS),
        (f"{ARTICLES}/attachments/PROD-6001", PERSONS),
        (f"{PORTALS}/articles/attachments/PROD-6001", CLIENTS),
        (f"{PORTALS}/articles/PROD-3006/witheditions?$lang=en-US", CLIENTS),
        (f"{ARTICLES}/PROD-3006/breadcrumb?$lang=en-US", CLIENTS),
        (f"{PORTAL}/topics", PERSONS),
        (f"{PORTAL}/topics/PROD-4001", EVERYONE),
        (f"{PORTALS}/PROD-1001/search?q=pay&$lang=en-US", EVERYONE),
        (f"{SUGGESTIONS}?filter[status]=approved", {**PERSONS, "anonymous": 403, "customer": 204, "on-behalf-of": 204}),
    ],
)
def test_resource_admits_its_personas(
    sandbox: Driver, tokens: dict[str, str], path: str, expected: dict[str, int]
) -> None:
    answers = {name: sandbox.call(token, path) for name, token in tokens.items()}

    assert {name: answer.status_code for name, answer in answers.items()} == expected
    assert {api_code(each) for each in answers.values() if each.status_code == 403} <= {"403-112"}


@pytest.mark.parametrize(("asked", "more"), [("no", set()), ("yes", {"userMessage"})])
def test_error_body_has_egains_members(sandbox: Driver, asked: str, more: set[str]) -> None:
    answer = sandbox.call(sandbox.client_token(), f"{PORTALS}/portals", X_egain_error_message=asked).json()

    assert set(answer) == {"code", "developerMessage"} | more
    assert answer["code"] == "403-112"
    assert "client applications are not allowed" in answer["developerMessage"]


def test_user_is_told_who_they_are(sandbox: Driver) -> None:
    answer = sandbox.call(sandbox.user_token(), f"{PORTALS}/portals/user").json()

    assert (answer["id"], answer["firstName"], answer["lastName"]) == ("1001", "Alice", "Archer")


def test_operation_that_is_not_there_is_checked_all_the_same(sandbox: Driver, tokens: dict[str, str]) -> None:
    path = f"{PORTAL}/bookmarks"
    answers = {name: sandbox.call(token, path) for name, token in tokens.items()}

    assert {name: api_code(answer) for name, answer in answers.items()} == {
        "user": "501-100", "on-behalf-of": "501-100", "customer": "501-100", "anonymous": "403-112", "client": "403-112"
    }  # fmt: skip
    assert f"GET {PORTALS}/portals/{{portalID}}/bookmarks" in answers["user"].json()["developerMessage"]


def test_every_documented_operation_answers(sandbox: Driver, tokens: dict[str, str]) -> None:
    token = tokens["user"]
    found = {}
    for one in operations():
        path = "/".join("PROD-1001" if part.startswith("{") else part for part in one.path.split("/"))
        found[one] = sandbox.call(token, path, method=one.method)

    assert {one for one, answer in found.items() if answer.status_code == 404 and one not in RESOURCES} == set()
    assert {api_code(answer) for one, answer in found.items() if one not in RESOURCES} <= {
        "501-100", "403-112", "403-197", "400-112"
    }  # fmt: skip


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
        ("/portals?$pagenum=0", {}, "400-196"),
        ("/portals?$pagesize=76", {}, "400-196"),
        ("/portals?$pagesize=x", {}, "400-196"),
        ("/portals?$pagesize=", {}, "400-196"),
        ("/myportals", {}, "400-112"),
        ("/myportals?$lang=tlh", {}, "400-196"),
        ("/myportals?$lang=ja-JP", {}, "400-196"),  # `ja-JA` in the query, `ja-JP` in the header
        ("/portals", {"Accept-Language": "ja-JA"}, "406-100"),
        ("/portals/PROD-1001/articles", {}, "400-112"),
        ("/portals/PROD-1001/articles?$filter[topicId]=x", {}, "400-196"),
        ("/portals/PROD-1001/articles/PROD-3006?accessSource=x", {}, "400-196"),
        ("/portals/PROD-1001/suggestions?$filter[status]=approved", {}, "400-112"),  # without `$`
        ("/portals/PROD-9999", {}, "404-101"),
        ("/portals/PROD-9999/articles?$filter[topicId]=PROD-4002", {}, "404-101"),
        ("/portals/PROD-1001/articles/PROD-1", {}, "404-101"),
        ("/portals/PROD-1001/articles/attachments/x", {}, "404-101"),
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


def test_unknown_name_in_the_query_is_refused_only_where_that_is_documented(sandbox: Driver) -> None:
    token = sandbox.client_token(scope="knowledge.contentmgr.manage")

    assert sandbox.call(sandbox.user_token(), f"{PORTALS}/portals?more=1").status_code == 200
    assert api_code(sandbox.call(token, f"{TEMPLATES}?department=a&languageCode=en-US&more=1")) == "400-101"


def test_missing_scope_is_told(sandbox: Driver) -> None:
    answer = sandbox.call(sandbox.user_token(scope="core.aiservices.manage"), f"{PORTALS}/portals")

    assert api_code(answer) == "403-197"


def test_missing_scope_is_named_where_that_is_documented(sandbox: Driver) -> None:
    token = sandbox.client_token(scope="knowledge.contentmgr.manage")
    answer = sandbox.call(token, f"{PORTALS}/articles/attachments/PROD-6001")

    assert api_code(answer) == "403-197"
    assert "must have 'knowledge.portalmgr.read' scope" in answer.json()["developerMessage"]


def test_manage_implies_read_and_not_the_reverse(sandbox: Driver) -> None:
    manage = sandbox.user_token(scope="knowledge.contentmgr.manage")
    read = sandbox.user_token(scope="knowledge.portalmgr.read")

    assert sandbox.call(manage, f"{TEMPLATES}?department=Service&languageCode=en-US").status_code == 200
    assert api_code(sandbox.call(read, SUGGESTIONS, method="POST")) == "403-197"


def test_answers_want_both_scopes(sandbox: Driver) -> None:
    path = "/core/aiservices/v4/PROD-1001/answers?q=pay&$lang=en-US"
    tokens = [
        sandbox.user_token(scope=scope)
        for scope in ("core.aiservices.read", "core.aiservices.read core.aiservices.manage")
    ]

    assert [sandbox.call(token, path, method="POST").status_code for token in tokens] == [403, 200]


def test_token_expires(sandbox: Driver) -> None:
    token = sandbox.user_token()
    sandbox.clock.now += 3600

    assert api_code(sandbox.call(token, f"{PORTALS}/portals")) == "401-101"


def test_lifetime_is_as_asked() -> None:
    with start_sandbox(token_lifetime=5) as sandbox:
        token = sandbox.user_token()
        sandbox.clock.now += 5

        assert api_code(sandbox.call(token, f"{PORTALS}/portals")) == "401-101"


def test_links_lead_through_all_articles_of_a_topic(sandbox: Driver) -> None:
    token, path, names = sandbox.user_token(), f"{OF_PAYMENTS}&$pagesize=5&$sort=name", []
    while path:
        assert path.startswith("/")
        page = sandbox.call(token, path).json()
        names += [article["name"] for article in page["articles"]]
        path = next((link["href"] for link in page["paginationInfo"]["link"] if link["rel"] == "next"), "")

    assert len(names) == 12
    assert names == sorted(names)


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


@pytest.mark.parametrize("path", ["/portals?$pagenum=9", "/portals/PROD-1001/articles?$filter[topicId]=PROD-4008"])
def test_nothing_is_204_without_a_body(sandbox: Driver, path: str) -> None:
    answer = sandbox.call(sandbox.user_token(), PORTALS + path)

    assert (answer.status_code, answer.content) == (204, b"")


def test_attachment_is_json_with_a_url_of_bytes_under_a_hostile_name(sandbox: Driver) -> None:
    found = sandbox.call(sandbox.client_token(), f"{PORTALS}/articles/attachments/PROD-6001").json()
    (one,) = found["attachmentContent"]

    answer = sandbox.http.get(one["streamingUrl"])

    assert (len(answer.content), answer.headers["Content-Type"]) == (one["size"], one["attachmentContentType"])
    assert answer.headers["Content-Disposition"] == 'attachment; filename="../x"'


def test_edition_is_found_by_the_id_of_its_profile(sandbox: Driver) -> None:
    token = sandbox.client_token()
    whole = sandbox.call(token, f"{PORTALS}/articles/PROD-3006/witheditions?$lang=en-US").json()

    edition = sandbox.call(token, whole["availableEditions"][0]["link"]["href"]).json()

    assert edition["content"] == "<p>Pay a bill, as staff see it.</p>"


def test_topics_are_as_deep_as_the_level_says(sandbox: Driver) -> None:
    token = sandbox.user_token()
    flat, one = (sandbox.call(token, f"{PORTAL}/topics/PROD-4004?level={level}").json() for level in (0, 1))

    assert (set(flat), set(flat["topicTree"][0])) == ({"topicTree"}, {"topic"})
    assert [each["topic"]["name"] for each in one["topicTree"][0]["topicTree"]] == ["Modems"]
    assert one["topicTree"][0]["topicTree"][0].keys() == {"topic"}


def test_channels_are_for_client_applications(sandbox: Driver) -> None:
    token = sandbox.client_token(scope="app.conversation.conversationmgr.read")

    assert sandbox.call(token, CHANNELS).status_code == 200
    assert api_code(sandbox.call(sandbox.client_token(), CHANNELS)) == "403-197"
    assert api_code(sandbox.call(sandbox.user_token(), CHANNELS)) == "403-112"


def test_scopes_of_conversations_are_granted_to_applications(sandbox: Driver) -> None:
    messages, assets = f"{CONVERSATIONS}/conversations/messages", f"{CONVERSATIONS}/assets/1"
    manage, read = (
        sandbox.client_token(scope=f"app.conversation.conversationmgr.interaction.{action}")
        for action in ("manage", "read")
    )

    assert api_code(sandbox.call(manage, messages, method="POST")) == "501-100"
    assert api_code(sandbox.call(read, assets)) == "501-100"
    assert api_code(sandbox.call(read, messages, method="POST")) == "403-197"
    assert api_code(sandbox.call(manage, CHANNELS)) == "403-197"


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

    assert (api_code(answer), answer.headers["Allow"]) == ("405-100", "GET")


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PATCH", "TRACE"])
def test_unknown_path_is_one_by_any_method(sandbox: Driver, method: str) -> None:
    answer = sandbox.call(sandbox.user_token(), f"{PORTALS}/nothing", method=method)

    assert api_code(answer) == "404-100"


def test_contrary_application_is_answered_as_the_other_documents_have_it(sandbox: Driver) -> None:
    fields = {"grant_type": "password", "scope": ON_BEHALF, "subject_username": "bob"} | credentials("sandbox-contrary")
    person = sandbox.post(f"{USER}/token", **fields).json()["access_token"]
    retrieve = "/core/aiservices/v4/PROD-1001/retrieve?q=pay&$lang=en-US"
    tokens = [
        sandbox.client_token(name, scope=scope)
        for name, scope in (
            ("sandbox-contrary", "app.core.aiservices.read"),
            ("sandbox-contrary", SCOPE),
            ("sandbox-app", "app.core.aiservices.read"),
        )
    ]

    assert sandbox.call(person, f"{PORTALS}/portals/user").json()["user"][0]["firstName"] == "Bob"
    assert sandbox.call(person, f"{PORTALS}/portals?$pagesize=4").json()["paginationInfo"]["count"] == 2
    assert [sandbox.call(token, retrieve, method="POST").status_code for token in tokens] == [200, 403, 403]
