"""The authorization endpoint: what is checked, what a person sees, and what the application gets."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from fakes.sandbox_driver import (
    COMMERCIAL_USER,
    CUSTOMER,
    REDIRECT,
    SCOPE,
    Driver,
    prefixed,
    redirected,
    start_sandbox,
)

from egain_auth_cli.sandbox.registrations import ClientRegistration

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


def test_approval_sends_code_and_exact_state(sandbox: Driver) -> None:
    page = sandbox.sign_in(sandbox.authorize())

    answer = sandbox.press(page, "approve")

    assert answer.headers["Location"].startswith(f"{REDIRECT}?code=")
    assert redirected(answer).keys() == {"code", "state"}
    assert redirected(answer)["state"] == "s t&te"


def test_denial_sends_access_denied(sandbox: Driver) -> None:
    answer = sandbox.press(sandbox.sign_in(sandbox.authorize()), "deny")

    assert redirected(answer)["error"] == "access_denied"
    assert redirected(answer)["state"] == "s t&te"


def test_encoded_errors_are_base64_of_url_encoded_text(sandbox: Driver) -> None:
    page = sandbox.sign_in(sandbox.authorize(client_id="sandbox-b64"))

    found = redirected(sandbox.press(page, "deny"))

    assert unquote(base64.b64decode(found["error"]).decode()) == "access_denied"
    assert "denied" in unquote(base64.b64decode(found["error_description"]).decode())
    assert found["state"] == "s t&te"


def test_consent_names_scopes_in_words(sandbox: Driver) -> None:
    page = sandbox.sign_in(sandbox.authorize(scope=f"{SCOPE} core.aiservices.manage"))

    assert "Read your knowledge portals and articles" in page.text
    assert "Read and change AI services" in page.text
    assert "Alice Archer" in page.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "knowledge.nothing.read"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": prefixed(SCOPE)}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": '"\\'}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "x" * 43}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"client_id": "sandbox-spa"}, "invalid_request"),
        (
            {"client_id": "sandbox-web", "code_challenge": "x" * 43, "code_challenge_method": "S256"},
            "unauthorized_client",
        ),
    ],
)
def test_wrong_request_is_redirected_with_its_error(
    sandbox: Driver, changes: dict[str, str | None], error: str
) -> None:
    found = redirected(sandbox.authorize_with(changes))

    assert (found["error"], found["state"]) == (error, "s t&te")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": '<script>alert("x")</script>'},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "http://localhost:8400/callback/"},
        {"redirect_uri": "http://LOCALHOST:8400/callback"},
        {"redirect_uri": "http://localhost:8400/callback?a=b"},
        {"redirect_uri": "http://localhost:8402/callback"},
        {"redirect_uri": "http://127.0.0.1:99999/callback"},
        {"redirect_uri": "http://127.0.0.1:1/other"},
        {"redirect_uri": "http://127.0.0.1:1@evil.example/callback"},
        {"redirect_uri": "javascript:alert('\\')"},
    ],
)
def test_wrong_client_or_redirect_stays_on_a_page(sandbox: Driver, changes: dict[str, str | None]) -> None:
    answer = sandbox.authorize_with(changes)

    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "<script>" not in answer.text


def test_loopback_address_without_port_takes_any_port(sandbox: Driver) -> None:
    redirect = "http://127.0.0.1:53210/callback"

    code = sandbox.obtain_code(redirect_uri=redirect)

    assert sandbox.exchange_code(code, redirect_uri=redirect).status_code == 200


@pytest.mark.parametrize("name", ["scope", "state", "response_type", "code_challenge"])
def test_doubled_parameter_is_refused(sandbox: Driver, name: str) -> None:
    url = sandbox.authorize().request.url

    answer = sandbox.http.get(f"{url}&{name}=a&{name}=b")

    assert redirected(answer)["error"] == "invalid_request"


def test_doubled_redirect_uri_is_never_followed(sandbox: Driver) -> None:
    url = sandbox.authorize().request.url

    answer = sandbox.http.get(f"{url}&redirect_uri=https://evil.example/")

    assert answer.status_code == 400


def test_person_of_another_kind_is_told_so(sandbox: Driver) -> None:
    answer = sandbox.sign_in(sandbox.authorize(), "carol")

    assert answer.status_code == 403
    assert "carol is not a user" in answer.text
    assert redirected(sandbox.press(sandbox.sign_in(answer), "approve"))["code"]


def test_customer_signs_in_at_the_customers_endpoint(sandbox: Driver) -> None:
    assert sandbox.user_token(CUSTOMER, "carol")


def test_unknown_name_is_shown_escaped(sandbox: Driver) -> None:
    answer = sandbox.sign_in(sandbox.authorize(), '"><img src=x onerror=alert(1)>')

    assert answer.status_code == 403
    assert "<img" not in answer.text
    assert "&#34;&gt;&lt;img" in answer.text


def test_missing_password_is_asked_for(sandbox: Driver) -> None:
    answer = sandbox.press(sandbox.authorize(), "signin", username="alice", password="")

    assert "The password is missing." in answer.text


def test_pages_allow_no_script_and_no_frame(sandbox: Driver) -> None:
    answer = sandbox.authorize()

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://localhost:8400" in policy
    assert "<script" not in answer.text
    assert "http://" not in answer.text
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_approval_needs_a_sign_in_first(sandbox: Driver) -> None:
    answer = sandbox.press(sandbox.authorize(), "approve")

    assert answer.status_code == 400


def test_sign_in_ends_with_its_first_answer(sandbox: Driver) -> None:
    page = sandbox.sign_in(sandbox.authorize())
    sandbox.press(page, "approve")

    assert sandbox.press(page, "approve").status_code == 400


def test_sign_in_expires(sandbox: Driver) -> None:
    page = sandbox.authorize()
    sandbox.clock.now += 601

    assert sandbox.sign_in(page).status_code == 400


def test_sign_in_belongs_to_its_endpoint(sandbox: Driver) -> None:
    page = sandbox.authorize()
    transaction = page.text.partition('name="transaction" value="')[2].partition('"')[0]

    answer = sandbox.post(f"{CUSTOMER}/authorize", transaction=transaction, action="deny")

    assert answer.status_code == 400


@pytest.mark.parametrize("hint", [None, "elsewhere.example"])
def test_commercial_needs_its_domain_hint(sandbox: Driver, hint: str | None) -> None:
    answer = sandbox.authorize(COMMERCIAL_USER, scope=prefixed(SCOPE), domain_hint=hint)

    assert answer.status_code == 400
    assert "domain_hint" in answer.text


def test_commercial_needs_the_scope_prefix(sandbox: Driver) -> None:
    found = redirected(sandbox.authorize(COMMERCIAL_USER, domain_hint="sandbox"))

    assert found["error"] == "invalid_scope"


def test_commercial_denial_is_described_as_b2c_does(sandbox: Driver) -> None:
    page = sandbox.authorize(COMMERCIAL_USER, domain_hint="sandbox", scope=prefixed(SCOPE))

    found = redirected(sandbox.press(sandbox.sign_in(page), "deny"))

    assert found["error_description"].startswith("AADB2C90091: ")
    assert "\r\nCorrelation ID: " in found["error_description"]


def test_name_without_port_takes_no_other_port() -> None:
    registration = ClientRegistration(client_id="x", note="", redirect_uris=("http://localhost/callback",))

    assert registration.check_redirect_uri("http://localhost/callback")
    assert not registration.check_redirect_uri("http://localhost:8400/callback")


def test_unknown_button_is_refused(sandbox: Driver) -> None:
    assert sandbox.press(sandbox.authorize(), "dance").status_code == 400
