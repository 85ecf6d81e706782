"""Client credentials, anonymous, on-behalf-of, token exchange, and how strict the token endpoints are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.sandbox_driver import (
    ACCESS_TOKEN_TYPE,
    ANONYMOUS,
    COMMERCIAL_CLIENT,
    COMMERCIAL_USER,
    CUSTOMER,
    SCOPE,
    TOKEN_EXCHANGE,
    USER,
    Driver,
    basic,
    credentials,
    prefixed,
    refusal,
    start_sandbox,
)
from fakes.sandbox_world import claims_of
from fakes.subject_token import encode_unsigned, make_subject_token
from joserfc import jwt
from joserfc.jwk import OctKey

if TYPE_CHECKING:
    from collections.abc import Iterator

MANAGE = "knowledge.portalmgr.manage"
CLIENT = {"grant_type": "client_credentials", "scope": MANAGE}
ON_BEHALF = {"grant_type": "password", "scope": "knowledge.portalmgr.onbehalfof.read"}
ON_BEHALF_PATH = "/core/authmgr/v4/oauth2/v2.0/onbehalfof/token"
COMMERCIAL_ANONYMOUS = "/internal/oauth2/v2.0/anonymous/token?user_type=customer&domain_hint=sandbox"


@pytest.fixture
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


def exchange(subject: str) -> dict[str, str]:
    fields = {"grant_type": TOKEN_EXCHANGE, "subject_token": subject, "registration_id": "sandbox-idp"}
    return fields | {"subject_token_type": ACCESS_TOKEN_TYPE} | credentials()


def claim(token: str, name: str) -> object:
    return claims_of(token)[name]


def test_client_application_gets_a_token_without_refresh(sandbox: Driver) -> None:
    answer = sandbox.post(f"{USER}/token", **CLIENT, **credentials()).json()

    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert claim(answer["access_token"], "actor") == "client"
    assert claim(answer["access_token"], "sub") == "sandbox-app"


@pytest.mark.parametrize("client_id", ["sandbox-app", "odd:id/%+&="])
def test_basic_and_body_are_both_taken(sandbox: Driver, client_id: str) -> None:
    fields = credentials(client_id)
    header = basic(client_id, fields["client_secret"])

    by_header = sandbox.http.post(f"{USER}/token", data=CLIENT, headers=header)
    by_body = sandbox.post(f"{USER}/token", **CLIENT, **fields)

    assert (by_header.status_code, by_body.status_code) == (200, 200)


def test_odd_credentials_need_form_encoding(sandbox: Driver) -> None:
    header = basic("odd:id/%+&=", "p%20+w:d&=/~", encode=False)

    answer = sandbox.http.post(f"{USER}/token", data=CLIENT, headers=header)

    assert refusal(answer) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    ("header", "fields", "expected"),
    [
        (basic("sandbox-app", "sandbox-secret"), credentials(), (400, "invalid_request")),
        (basic("sandbox-app", "sandbox-secret"), {"client_id": "sandbox-web"}, (400, "invalid_request")),
        (basic("sandbox-app", "wrong"), {}, (401, "invalid_client")),
        ({"Authorization": "Basic %%%"}, {}, (401, "invalid_client")),
        ({"Authorization": "Bearer abc"}, {}, (401, "invalid_client")),
        ({}, {}, (401, "invalid_client")),
        ({}, {"client_id": "sandbox-app"}, (401, "invalid_client")),
        ({}, {"client_id": "sandbox-spa"}, (401, "invalid_client")),
        ({}, credentials("sandbox-expired"), (401, "invalid_client")),
        ({}, credentials() | {"scope": "knowledge.nothing.manage"}, (400, "invalid_scope")),
        ({}, credentials() | {"scope": ""}, (400, "invalid_scope")),
        ({}, credentials() | {"scope": ".default"}, (400, "invalid_scope")),
        ({}, credentials() | {"scope": "openid"}, (400, "invalid_scope")),
        ({}, credentials() | {"username": "alice"}, (400, "invalid_request")),
        ({}, credentials() | {"grant_type": ""}, (400, "invalid_request")),
        ({}, credentials() | {"grant_type": "implicit"}, (400, "unsupported_grant_type")),
    ],
)
def test_client_credentials_are_refused(
    sandbox: Driver, header: dict[str, str], fields: dict[str, str], expected: tuple[int, str]
) -> None:
    answer = sandbox.http.post(f"{USER}/token", data=CLIENT | fields, headers=header)

    assert refusal(answer) == expected


def test_basic_may_come_with_the_same_client_id(sandbox: Driver) -> None:
    header = basic("sandbox-app", "sandbox-secret")

    answer = sandbox.http.post(f"{USER}/token", data=CLIENT | {"client_id": "sandbox-app"}, headers=header)

    assert answer.status_code == 200


def test_application_scopes_follow_the_pattern(sandbox: Driver) -> None:
    scope = "app.conversation.conversationmgr.read app.core.usermgr.manage"

    answer = sandbox.post(f"{USER}/token", **(CLIENT | credentials() | {"scope": scope}))

    assert answer.json()["scope"] == scope


def test_client_credentials_have_no_place_at_the_customers_endpoint(sandbox: Driver) -> None:
    answer = sandbox.post(f"{CUSTOMER}/token", **CLIENT, **credentials())

    assert refusal(answer) == (400, "unsupported_grant_type")


def test_commercial_default_scope_is_spelled_out(sandbox: Driver) -> None:
    fields = {"grant_type": "client_credentials", "scope": prefixed(".default")}

    by_header = sandbox.http.post(
        f"{COMMERCIAL_CLIENT}/token", data=fields, headers=basic("sandbox-app", "sandbox-secret")
    )
    by_body = sandbox.post(f"{COMMERCIAL_CLIENT}/token", **fields, **credentials())

    assert prefixed(MANAGE) in by_header.json()["scope"].split()
    assert by_body.status_code == 200


@pytest.mark.parametrize("scope", [MANAGE, ".default", f"{prefixed('.default')} {prefixed(MANAGE)}"])
def test_commercial_scopes_need_the_prefix(sandbox: Driver, scope: str) -> None:
    answer = sandbox.post(f"{COMMERCIAL_CLIENT}/token", **(CLIENT | credentials() | {"scope": scope}))

    assert refusal(answer) == (400, "invalid_scope")
    assert "Correlation ID: " in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        (COMMERCIAL_CLIENT, "https://api-emea.egain.cloud/auth/"),
        (COMMERCIAL_CLIENT, "api.egain.cloud/auth/"),
        (COMMERCIAL_CLIENT, "https://sandbox.onmicrosoft.com/sandbox-api/"),
        (USER, "api.ai.egain.cloud/auth/"),
        (USER, ""),
    ],
)
def test_scopes_may_have_any_documented_prefix(sandbox: Driver, path: str, prefix: str) -> None:
    scope = prefix + MANAGE
    answer = sandbox.post(f"{path}/token", **(CLIENT | credentials() | {"scope": scope})).json()

    assert answer["scope"] == scope
    assert claim(answer["access_token"], "scope") == MANAGE


def test_commercial_default_has_the_prefix_that_was_asked_for(sandbox: Driver) -> None:
    prefix = "https://api-emea.egain.cloud/auth/"
    fields = CLIENT | credentials() | {"scope": f"{prefix}.default"}
    answer = sandbox.post(f"{COMMERCIAL_CLIENT}/token", **fields).json()

    assert prefix + MANAGE in answer["scope"].split()


def test_commercial_wrong_secret_is_described_on_one_line(sandbox: Driver) -> None:
    fields = {"grant_type": "client_credentials", "scope": prefixed(".default")}

    answer = sandbox.http.post(f"{COMMERCIAL_CLIENT}/token", data=fields, headers=basic("sandbox-app", "wrong"))

    assert refusal(answer) == (401, "invalid_client")
    assert "\n" not in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("url", "scope"), [(ANONYMOUS, SCOPE), (COMMERCIAL_ANONYMOUS, prefixed(SCOPE, "core.aiservices.manage"))]
)
@pytest.mark.parametrize("placeholder", ["DUMMY_VALUE_NEEDED", "sandbox-spa", "sandbox-app"])
def test_anonymous_takes_placeholders(sandbox: Driver, url: str, scope: str, placeholder: str) -> None:
    answer = sandbox.post(url, grant_type="client_credentials", client_id=placeholder, client_secret="x", scope=scope)

    assert answer.json()["scope"] == scope
    assert claim(answer.json()["access_token"], "actor") == "anonymous"


@pytest.mark.parametrize(
    ("url", "changes", "error"),
    [
        (ANONYMOUS, {"client_secret": ""}, "invalid_request"),
        (ANONYMOUS, {"client_id": ""}, "invalid_request"),
        (ANONYMOUS, {"client_id": "x" * 300}, "invalid_request"),
        (ANONYMOUS, {"scope": "knowledge.contentmgr.manage"}, "invalid_scope"),
        (ANONYMOUS, {"grant_type": "password"}, "unsupported_grant_type"),
        (ANONYMOUS.replace("customer", "user"), {}, "invalid_request"),
        (ANONYMOUS.partition("?")[0], {}, "invalid_request"),
        (ANONYMOUS.partition("&")[0], {}, "invalid_request"),
        (f"{ANONYMOUS}&more=x", {}, "invalid_request"),
        (ANONYMOUS + "x", {}, "invalid_request"),
        (f"{ANONYMOUS}&user_type=customer", {}, "invalid_request"),
        (COMMERCIAL_ANONYMOUS, {}, "invalid_scope"),
    ],
)
def test_anonymous_is_refused(sandbox: Driver, url: str, changes: dict[str, str], error: str) -> None:
    fields = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "x", "scope": SCOPE}

    answer = sandbox.post(url, **(fields | changes))

    assert refusal(answer) == (400, error)


@pytest.mark.parametrize(
    ("path", "subject", "actor"),
    [
        (f"{USER}/token", {"subject_username": "alice"}, "user"),
        (f"{USER}/token", {"subject_userid": "1001"}, "user"),
        (f"{CUSTOMER}/token", {"subject_email": "carol@people.example"}, "customer"),
        (f"{ON_BEHALF_PATH}?user_type=user", {"subject_username": "alice"}, "user"),
        (f"{ON_BEHALF_PATH}?user_type=customer", {"subject_email": "dave@people.example"}, "customer"),
        (f"{ON_BEHALF_PATH}?tenantId=TMSANDBOX000001&user_type=user", {"subject_userid": "1002"}, "user"),
    ],
)
def test_application_acts_for_a_person(sandbox: Driver, path: str, subject: dict[str, str], actor: str) -> None:
    answer = sandbox.post(path, **ON_BEHALF, **credentials(), **subject).json()

    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert claim(answer["access_token"], "actor") == actor


@pytest.mark.parametrize("scope", ["knowledge.portalmgr.onbehalfof.read", prefixed(ON_BEHALF["scope"])])
def test_common_on_behalf_of_endpoint_takes_either_form_of_scope(sandbox: Driver, scope: str) -> None:
    fields = ON_BEHALF | credentials() | {"subject_username": "alice", "scope": scope}

    answer = sandbox.post(f"{ON_BEHALF_PATH}?user_type=user", **fields)

    assert answer.json()["scope"] == scope


@pytest.mark.parametrize(
    ("path", "fields", "expected"),
    [
        (f"{USER}/token", {}, (400, "invalid_request")),
        (
            f"{USER}/token",
            {"subject_username": "alice", "subject_userid": "1001"},
            (400, "invalid_request"),
        ),
        (f"{USER}/token", {"subject_email": "carol@people.example"}, (400, "invalid_request")),
        (f"{CUSTOMER}/token", {"subject_username": "carol"}, (400, "invalid_request")),
        (f"{USER}/token", {"subject_username": "carol"}, (400, "invalid_grant")),
        (f"{USER}/token", {"subject_username": "nobody"}, (400, "invalid_grant")),
        (f"{USER}/token", {"subject_username": "alice", "password": "x"}, (400, "invalid_request")),
        (f"{USER}/token", {"subject_username": "alice", "scope": "x"}, (400, "invalid_scope")),
        (f"{USER}/token", {"subject_username": "alice", "client_secret": ""}, (401, "invalid_client")),
        (
            f"{COMMERCIAL_USER}/token",
            {"subject_username": "alice"},
            (400, "unsupported_grant_type"),
        ),
        (ON_BEHALF_PATH, {"subject_username": "alice"}, (400, "invalid_request")),
        (
            f"{ON_BEHALF_PATH}?user_type=user&tenantId=other",
            {"subject_username": "alice"},
            (400, "invalid_request"),
        ),
    ],
)
def test_on_behalf_of_is_refused(sandbox: Driver, path: str, fields: dict[str, str], expected: tuple[int, str]) -> None:
    answer = sandbox.post(path, **(ON_BEHALF | credentials() | fields))

    assert refusal(answer) == expected


@pytest.mark.parametrize(("base", "person", "actor"), [(USER, "alice", "user"), (CUSTOMER, "carol", "customer")])
def test_external_token_is_exchanged(sandbox: Driver, base: str, person: str, actor: str) -> None:
    subject = make_subject_token(person, now=sandbox.clock())

    answer = sandbox.post(f"{base}/token", **exchange(subject)).json()

    assert answer["issued_token_type"] == ACCESS_TOKEN_TYPE
    assert answer["scope"] == "knowledge.portalmgr.read core.aiservices.read"
    assert "refresh_token" not in answer
    assert claim(answer["access_token"], "actor") == actor


@pytest.mark.parametrize(("query", "user_id"), [("", "1001"), ("?username=bob", "1002")])
def test_token_that_the_other_provider_prints_is_exchanged_for_one_of_its_person(
    sandbox: Driver, query: str, user_id: str
) -> None:
    printed = sandbox.http.get(f"/idp/token{query}")

    answer = sandbox.post(f"{USER}/token", **exchange(printed.text.removesuffix("\n"))).json()

    assert claim(answer["access_token"], "sub") == user_id
    assert printed.headers["Cache-Control"] == "no-store"


def test_other_provider_knows_nobody_else_and_no_page_elsewhere_may_read_what_it_prints(sandbox: Driver) -> None:
    nobody = sandbox.http.get("/idp/token?username=%3Cscript%3E")
    across = sandbox.http.get("/idp/token", headers={"Origin": "https://elsewhere.example"})
    rebound = sandbox.http.get("/idp/token", headers={"Host": "elsewhere.example"})

    assert (nobody.status_code, "<script>" in nobody.text) == (404, False)
    assert not [name for name in across.headers if name.startswith("access-control-")]
    assert (rebound.status_code, "eyJ" in rebound.text) == (400, False)


def test_subject_without_an_email_claim_is_found_by_sub(sandbox: Driver) -> None:
    subject = jwt.encode(
        {"alg": "HS256", "x5c": ["A" * 2000]}, {"iss": "https://idp.example", "sub": "1002"}, OctKey.generate_key()
    )

    answer = sandbox.post(f"{USER}/token", **exchange(subject), scope=SCOPE)

    assert claim(answer.json()["access_token"], "sub") == "1002"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"subject_token": make_subject_token("mallory", now=1_800_000_000)}, "invalid_grant"),
        ({"subject_token": make_subject_token("carol", now=1_800_000_000)}, "invalid_grant"),
        ({"subject_token": make_subject_token("alice", now=1_700_000_000)}, "invalid_grant"),
        ({"subject_token": encode_unsigned({"iss": "https://x.example", "sub": "alice"})}, "invalid_grant"),
        ({"subject_token": encode_unsigned({"iss": "https://idp.example"})}, "invalid_grant"),
        ({"subject_token": "not.a.token"}, "invalid_grant"),
        ({"subject_token": "opaque"}, "invalid_grant"),
        ({"subject_token": "[" * 100_000 + "..x"}, "invalid_grant"),
        ({"subject_token": ""}, "invalid_request"),
        ({"registration_id": ""}, "invalid_request"),
        ({"registration_id": "other"}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}, "invalid_request"),
        ({"scope": "knowledge.nothing.read"}, "invalid_scope"),
        ({"audience": "x"}, "invalid_request"),
        (credentials("sandbox-noexchange"), "unauthorized_client"),
    ],
)
def test_exchange_is_refused(sandbox: Driver, changes: dict[str, str], error: str) -> None:
    fields = exchange(make_subject_token("alice", now=sandbox.clock()))

    answer = sandbox.post(f"{USER}/token", **(fields | changes))

    assert refusal(answer) == (400, error)


@pytest.mark.parametrize("path", [f"{USER}/token", f"{USER}/revoke", ANONYMOUS])
def test_other_methods_get_an_oauth_error(sandbox: Driver, path: str) -> None:
    answer = sandbox.http.get(path)

    assert refusal(answer) == (405, "invalid_request")
    assert answer.headers["Allow"] == "POST"


def test_json_is_no_form(sandbox: Driver) -> None:
    answer = sandbox.http.post(f"{USER}/token", json=CLIENT | credentials())

    assert refusal(answer) == (400, "invalid_request")


def test_doubled_field_is_refused(sandbox: Driver) -> None:
    fields: dict[str, str | list[str]] = {**CLIENT, **credentials(), "scope": [MANAGE, MANAGE]}

    answer = sandbox.http.post(f"{USER}/token", data=fields)

    assert refusal(answer) == (400, "invalid_request")


def test_credentials_in_the_query_are_refused(sandbox: Driver) -> None:
    answer = sandbox.http.post(f"{USER}/token", params=credentials(), data=CLIENT)

    assert refusal(answer) == (400, "invalid_request")


def test_far_too_large_form_is_refused(sandbox: Driver) -> None:
    answer = sandbox.post(f"{USER}/token", grant_type="x" * 2_000_000)

    assert refusal(answer) == (400, "invalid_request")
