"""Authorization code with a secret, with PKCE, refresh and revocation, in both shapes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from fakes.sandbox_driver import (
    COMMERCIAL_USER,
    CUSTOMER,
    PORTALS,
    SCOPE,
    USER,
    Driver,
    api_code,
    credentials,
    prefixed,
    refusal,
    start_sandbox,
)
from fakes.sandbox_world import claims_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


def test_secret_in_the_body_redeems_a_code(sandbox: Driver) -> None:
    answer = sandbox.exchange_code(sandbox.obtain_code()).json()

    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 3600, SCOPE)


def test_access_token_is_a_jwt_with_the_usual_claims(sandbox: Driver) -> None:
    claims = claims_of(sandbox.user_token())

    assert claims.pop("jti")
    assert claims == {
        "iss": f"{sandbox.server.url}{USER.removesuffix('/oauth2')}",
        "sub": "1001",
        "username": "alice",
        "aud": sandbox.server.url,
        "iat": 1_800_000_000,
        "exp": 1_800_003_600,
        "scope": SCOPE,
        "client_id": "sandbox-app",
        "actor": "user",
    }


@pytest.mark.parametrize(("base", "person"), [(USER, "alice"), (CUSTOMER, "carol")])
def test_scopes_of_openid_are_granted_at_a_sign_in(sandbox: Driver, base: str, person: str) -> None:
    scope = f"openid profile email {SCOPE}"
    answer = sandbox.exchange_code(sandbox.obtain_code(base, person=person, scope=scope), base)

    assert answer.json()["scope"] == scope


def test_id_token_comes_only_with_openid(sandbox: Driver) -> None:
    code = sandbox.obtain_code(scope=f"openid {SCOPE}", nonce="n1")

    claims = claims_of(sandbox.exchange_code(code).json()["id_token"])

    assert (claims["aud"], claims["nonce"], claims["email"]) == ("sandbox-app", "n1", "alice@people.example")


def test_verifier_redeems_a_pkce_code(sandbox: Driver) -> None:
    answer = sandbox.exchange_pkce(sandbox.obtain_code(pkce=True)).json()

    assert "refresh_token" in answer


def test_single_page_application_gets_no_refresh_token(sandbox: Driver) -> None:
    code = sandbox.obtain_code(pkce=True, client_id="sandbox-spa")

    answer = sandbox.exchange_pkce(code, client_id="sandbox-spa").json()

    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"redirect_uri": "http://127.0.0.1:8401/callback"}, (400, "invalid_grant")),
        ({"code": "never-issued"}, (400, "invalid_grant")),
        ({"client_secret": "wrong"}, (401, "invalid_client")),
        ({"client_id": "nobody"}, (401, "invalid_client")),
        ({"client_secret": ""}, (401, "invalid_client")),
        ({"code_verifier": "v" * 43}, (400, "invalid_request")),
        ({"scope": SCOPE}, (400, "invalid_request")),
        ({"code": ""}, (400, "invalid_request")),
        (credentials("sandbox-web"), (400, "invalid_grant")),
        (credentials("sandbox-expired"), (401, "invalid_client")),
    ],
)
def test_confidential_exchange_is_refused(sandbox: Driver, changes: dict[str, str], expected: tuple[int, str]) -> None:
    code = sandbox.obtain_code()

    answer = sandbox.exchange_code(changes.get("code", code), **{k: v for k, v in changes.items() if k != "code"})

    assert refusal(answer) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code_verifier": "v" * 43}, (400, "invalid_grant")),
        ({"code_verifier": "short"}, (400, "invalid_request")),
        ({"code_verifier": ""}, (400, "invalid_request")),
        ({"client_secret": "sandbox-secret"}, (400, "invalid_request")),
    ],
)
def test_pkce_exchange_is_refused(sandbox: Driver, changes: dict[str, str], expected: tuple[int, str]) -> None:
    answer = sandbox.exchange_pkce(sandbox.obtain_code(pkce=True), **changes)

    assert refusal(answer) == expected


def test_secret_from_a_public_client_is_refused(sandbox: Driver) -> None:
    code = sandbox.obtain_code(pkce=True, client_id="sandbox-spa")

    answer = sandbox.exchange_pkce(code, client_id="sandbox-spa", client_secret="x")

    assert refusal(answer) == (401, "invalid_client")


def test_code_expires_after_a_minute(sandbox: Driver) -> None:
    code = sandbox.obtain_code()
    sandbox.clock.now += 60

    assert refusal(sandbox.exchange_code(code)) == (400, "invalid_grant")


def test_code_belongs_to_its_endpoint(sandbox: Driver) -> None:
    answer = sandbox.exchange_code(sandbox.obtain_code(), CUSTOMER)

    assert refusal(answer) == (400, "invalid_grant")


def test_second_use_of_a_code_revokes_its_tokens(sandbox: Driver) -> None:
    code = sandbox.obtain_code()
    tokens = sandbox.exchange_code(code).json()

    second = sandbox.exchange_code(code)

    assert refusal(second) == (400, "invalid_grant")
    assert api_code(sandbox.call(tokens["access_token"], f"{PORTALS}/portals")) == "401-101"
    assert refusal(sandbox.refresh(tokens["refresh_token"])) == (400, "invalid_grant")


def test_refresh_rotates(sandbox: Driver) -> None:
    first = sandbox.exchange_code(sandbox.obtain_code()).json()

    second = sandbox.refresh(first["refresh_token"]).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert second["scope"] == SCOPE


def test_used_refresh_token_ends_its_family(sandbox: Driver) -> None:
    first = sandbox.exchange_code(sandbox.obtain_code()).json()
    second = sandbox.refresh(first["refresh_token"]).json()

    again = sandbox.refresh(first["refresh_token"])

    assert refusal(again) == (400, "invalid_grant")
    assert refusal(sandbox.refresh(second["refresh_token"])) == (400, "invalid_grant")
    assert api_code(sandbox.call(second["access_token"], f"{PORTALS}/portals")) == "401-101"


def test_one_of_many_simultaneous_refreshes_wins(sandbox: Driver) -> None:
    token = sandbox.exchange_code(sandbox.obtain_code()).json()["refresh_token"]

    with ThreadPoolExecutor(8) as pool:
        statuses = [answer.status_code for answer in pool.map(sandbox.refresh, [token] * 8)]

    assert sorted(statuses) == [200] + [400] * 7


def test_public_sign_in_refreshes_without_a_secret(sandbox: Driver) -> None:
    token = sandbox.exchange_pkce(sandbox.obtain_code(pkce=True)).json()["refresh_token"]

    answer = sandbox.refresh(token, client_secret="")

    assert answer.status_code == 200


def test_confidential_sign_in_refreshes_only_with_the_secret(sandbox: Driver) -> None:
    token = sandbox.exchange_code(sandbox.obtain_code()).json()["refresh_token"]

    answer = sandbox.refresh(token, client_secret="")

    assert refusal(answer) == (401, "invalid_client")
    assert sandbox.refresh(token).status_code == 200


def test_refresh_may_narrow_its_scope_and_not_widen_it(sandbox: Driver) -> None:
    code = sandbox.obtain_code(scope=f"{SCOPE} core.aiservices.read")
    token = sandbox.exchange_code(code).json()["refresh_token"]

    assert refusal(sandbox.refresh(token, scope="knowledge.portalmgr.manage")) == (400, "invalid_scope")
    assert sandbox.refresh(token, scope=SCOPE).json()["scope"] == SCOPE


def test_refresh_token_of_another_client_is_refused_and_lives_on(sandbox: Driver) -> None:
    token = sandbox.exchange_code(sandbox.obtain_code()).json()["refresh_token"]

    assert refusal(sandbox.refresh(token, **credentials("sandbox-web"))) == (400, "invalid_grant")
    assert sandbox.refresh(token).status_code == 200


def test_single_page_application_may_not_refresh(sandbox: Driver) -> None:
    answer = sandbox.refresh("any", client_id="sandbox-spa", client_secret="")

    assert refusal(answer) == (400, "unauthorized_client")


def test_revoked_refresh_token_takes_its_family_along(sandbox: Driver) -> None:
    tokens = sandbox.exchange_code(sandbox.obtain_code()).json()

    answer = sandbox.post(
        f"{USER}/revoke", token=tokens["refresh_token"], token_type_hint="refresh_token", **credentials()
    )

    assert answer.status_code == 200
    assert refusal(sandbox.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert api_code(sandbox.call(tokens["access_token"], f"{PORTALS}/portals")) == "401-101"


def test_revoked_access_token_leaves_its_refresh_token(sandbox: Driver) -> None:
    tokens = sandbox.exchange_pkce(sandbox.obtain_code(pkce=True)).json()

    answer = sandbox.post(f"{USER}/revoke", token=tokens["access_token"], client_id="sandbox-app")

    assert answer.status_code == 200
    assert api_code(sandbox.call(tokens["access_token"], f"{PORTALS}/portals")) == "401-101"
    assert sandbox.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"token": "unknown", "token_type_hint": "odd"}, 200),
        ({"token": ""}, 400),
        ({"token": "unknown", "client_secret": "wrong"}, 401),
        ({"token": "unknown", "more": "x"}, 400),
    ],
)
def test_revocation_answers_as_its_rfc_says(sandbox: Driver, fields: dict[str, str], expected: int) -> None:
    answer = sandbox.post(f"{USER}/revoke", **(credentials() | fields))

    assert answer.status_code == expected


@pytest.mark.parametrize(
    "client", [{"client_id": "sandbox-app"}, credentials("sandbox-web")], ids=["no secret", "another client"]
)
def test_revocation_is_refused_to_others(sandbox: Driver, client: dict[str, str]) -> None:
    tokens = sandbox.exchange_code(sandbox.obtain_code()).json()

    answer = sandbox.post(f"{USER}/revoke", token=tokens["refresh_token"], **client)

    assert answer.status_code in {400, 401}
    assert sandbox.refresh(tokens["refresh_token"]).status_code == 200


def test_commercial_sign_in_has_a_refresh_token_only_offline(sandbox: Driver) -> None:
    codes = [
        sandbox.obtain_code(COMMERCIAL_USER, domain_hint="sandbox", scope=scope, pkce=True)
        for scope in (prefixed(SCOPE), f"{prefixed(SCOPE)} offline_access")
    ]

    plain, offline = (sandbox.exchange_pkce(code, COMMERCIAL_USER).json() for code in codes)

    assert "refresh_token" not in plain
    assert plain["scope"] == prefixed(SCOPE)
    token, both = offline["refresh_token"], f"{prefixed(SCOPE)} offline_access"
    unnamed = sandbox.refresh(token, COMMERCIAL_USER, client_secret="")
    assert refusal(unnamed) == (400, "invalid_request")
    assert sandbox.refresh(token, COMMERCIAL_USER, client_secret="", scope=both).json()["scope"] == both


@pytest.mark.parametrize("client_id", ["sandbox-spa", "sandbox-app"])
def test_commercial_names_the_secret_of_a_public_sign_in(sandbox: Driver, client_id: str) -> None:
    code = sandbox.obtain_code(
        COMMERCIAL_USER, client_id=client_id, domain_hint="sandbox", scope=prefixed(SCOPE), pkce=True
    )

    answer = sandbox.exchange_pkce(code, COMMERCIAL_USER, client_id=client_id, client_secret="sandbox-secret")

    assert refusal(answer) == (400, "invalid_request")
    assert answer.json()["error_description"].startswith("AADB2C90084: ")


def test_commercial_refresh_of_a_public_sign_in_takes_no_secret(sandbox: Driver) -> None:
    scope = f"{prefixed(SCOPE)} offline_access"
    code = sandbox.obtain_code(COMMERCIAL_USER, domain_hint="sandbox", scope=scope, pkce=True)
    token = sandbox.exchange_pkce(code, COMMERCIAL_USER).json()["refresh_token"]

    answer = sandbox.refresh(token, COMMERCIAL_USER, scope=scope)

    assert answer.json()["error_description"].startswith("AADB2C90084: ")


def test_commercial_asks_for_a_missing_secret(sandbox: Driver) -> None:
    code = sandbox.obtain_code(COMMERCIAL_USER, domain_hint="sandbox", scope=prefixed(SCOPE))

    answer = sandbox.exchange_code(code, COMMERCIAL_USER, client_secret="")

    assert refusal(answer) == (401, "invalid_client")
    assert answer.json()["error_description"].startswith("AADB2C90079: ")


def test_string_expiry_is_a_string_with_a_lower_case_type(sandbox: Driver) -> None:
    code = sandbox.obtain_code(client_id="sandbox-string-expiry")

    answer = sandbox.exchange_code(code, **credentials("sandbox-string-expiry")).json()

    assert (answer["expires_in"], answer["token_type"]) == ("3600", "bearer")


def test_refresh_token_belongs_to_its_endpoint(sandbox: Driver) -> None:
    token = sandbox.exchange_code(sandbox.obtain_code()).json()["refresh_token"]

    assert refusal(sandbox.refresh(token, CUSTOMER)) == (400, "invalid_grant")
    assert sandbox.refresh(token).status_code == 200


def test_refresh_token_expires(sandbox: Driver) -> None:
    token = sandbox.exchange_code(sandbox.obtain_code()).json()["refresh_token"]
    sandbox.clock.now += 14 * 24 * 3600

    assert refusal(sandbox.refresh(token)) == (400, "invalid_grant")
