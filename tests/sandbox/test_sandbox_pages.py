"""The sandbox's pages: the last requests, what is wrong with a request, and what protects them all."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from fakes.sandbox_driver import (
    ANONYMOUS,
    COMMERCIAL_USER,
    PORTALS,
    REDIRECT,
    SCOPE,
    USER,
    VERIFIER,
    Driver,
    basic,
    credentials,
    prefixed,
    start_sandbox,
)

from egain_auth_cli.sandbox.recent_requests import MOST_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


def seen(sandbox: Driver) -> list[dict[str, str]]:
    """What the page shows of each request, the latest first."""
    found = []
    for item in re.findall(r"<li>\n<h2>(.*?)</li>", sandbox.http.get("/").text, re.DOTALL):
        rows = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", item, re.DOTALL)
        texts = {name: " ".join(unescape(re.sub("<[^>]*>", "", value)).split()) for name, value in rows}
        found.append({"Step": item.partition("</h2>")[0], **texts})
    return found


def test_sign_in_with_pkce_is_told_step_by_step(sandbox: Driver) -> None:
    code = sandbox.obtain_code(pkce=True)
    tokens = sandbox.exchange_pkce(code).json()
    sandbox.call(tokens["access_token"], f"{PORTALS}/portals?$pagesize=3")

    steps = list(reversed(seen(sandbox)))

    assert [
        ("Authorization request", "GET", "pkce", "200 OK"),
        ("Sign-in", "POST", "pkce", "200 OK"),
        ("Consent", "POST", "pkce", "303 See Other: sent back with code, state"),
    ] == [(one["Step"], one["Request"].split()[0], one["Flow"], one["Outcome"]) for one in steps[:3]]
    assert {"sandbox-app"} == {one["Client"] for one in steps}
    assert {
        "Step": "Code for tokens",
        "Request": f"POST {USER}/token",
        "Flow": "pkce",
        "Client": "sandbox-app",
        "Fields": "client_id code code_verifier grant_type redirect_uri",
        "Outcome": "200 OK: answered with access_token, expires_in, refresh_token, scope, token_type",
    } == {name: value for name, value in steps[3].items() if name != "Time"}
    assert ("API call", f"GET {PORTALS}/portals", "with a token of a user", "$pagesize") == (
        steps[4]["Step"],
        steps[4]["Request"],
        steps[4]["Flow"],
        steps[4]["Fields"],
    )


def test_every_flow_has_its_name(sandbox: Driver) -> None:
    manage = {"scope": "knowledge.portalmgr.manage"}
    login = sandbox.exchange_code(sandbox.obtain_code()).json()
    sandbox.refresh(login["refresh_token"])
    by_header = {"grant_type": "client_credentials", **manage}
    sandbox.http.post(f"{USER}/token", data=by_header, headers=basic("sandbox-app", "sandbox-secret"))
    sandbox.post(ANONYMOUS, grant_type="client_credentials", scope=SCOPE, client_id="DUMMY", client_secret="DUMMY")
    sandbox.post(f"{USER}/token", grant_type="password", subject_username="alice", **credentials())
    sandbox.post(f"{USER}/revoke", token=login["access_token"], **credentials())

    flows = [(one["Step"], one.get("Flow"), one.get("Client")) for one in reversed(seen(sandbox))]

    assert flows[3:] == [
        ("Code for tokens", "authorization-code", "sandbox-app"),
        ("Refresh", "refresh of a login", "sandbox-app"),
        ("Token for the application", "client-credentials", "sandbox-app"),
        ("Token for nobody", "anonymous", "one that is not registered"),
        ("Token on behalf of a person", "on-behalf-of", "sandbox-app"),
        ("Revocation", None, "sandbox-app"),
    ]


def test_refusals_are_named(sandbox: Driver) -> None:
    sandbox.post(f"{USER}/token", grant_type="client_credentials", client_id="sandbox-app", client_secret="wrong")
    sandbox.press(sandbox.sign_in(sandbox.authorize()), "deny")
    sandbox.press(sandbox.sign_in(sandbox.authorize(client_id="sandbox-b64")), "deny")
    sandbox.call("no-such-token", f"{PORTALS}/portals")
    sandbox.post(f"{USER}/token", grant_type="guessed")

    outcomes = [one["Outcome"] for one in reversed(seen(sandbox))]

    assert outcomes[0] == "401 Unauthorized: invalid_client"
    assert outcomes[3] == "303 See Other: sent back with error, error_description, state (access_denied)"
    assert outcomes[6] == "303 See Other: sent back with error, error_description, state"
    assert outcomes[7:] == ["401 Unauthorized: 401-101", "400 Bad Request: unsupported_grant_type"]
    assert sandbox.http.get("/").text.count('<dd class="bad">') == 5


def test_no_secret_is_shown_wherever_it_was_sent(sandbox: Driver) -> None:
    code = sandbox.obtain_code(pkce=True, state="state-canary")
    tokens = sandbox.exchange_pkce(code).json()
    sandbox.refresh(tokens["refresh_token"], client_secret="secret-canary")
    sandbox.http.post(f"{USER}/token", data={"grant_type": "x"}, headers=basic("id-canary", "secret-canary"))
    sandbox.post(f"{USER}/token", grant_type="client-canary", client_id="secret-canary", **{code: ""})
    sandbox.call(tokens["access_token"], f"{PORTALS}/{tokens['access_token']}?{tokens['refresh_token']}=1")
    sandbox.http.get(f"/<b>{code}?{HOSTILE}={HOSTILE}")
    sandbox.call(tokens["access_token"], f"{PORTALS}/x", method="POST", content=b'{"password": "secret-canary"}')

    page = sandbox.http.get("/").text

    values = [code, VERIFIER, *(str(value) for value in tokens.values() if len(str(value)) > 20)]
    assert [value for value in values if value in page] == []
    assert ("canary" in page, "alice" in page, "<script" in page, "<b>" in page) == (False, False, False, False)
    assert f"GET {PORTALS}/(…)" in page
    assert "(not a name)" in page


def test_only_the_last_requests_are_kept_and_not_those_of_the_page(sandbox: Driver) -> None:
    assert "Nothing yet." in sandbox.http.get("/").text
    for number in range(MOST_REQUESTS + 5):
        sandbox.http.get(f"/page-{number}")
    sandbox.http.get("/")
    sandbox.http.get("/favicon.ico")

    expected = [f"GET /page-{number}" for number in range(MOST_REQUESTS + 4, 4, -1)]
    assert [one["Request"] for one in seen(sandbox)] == expected
    assert "Nothing yet." not in sandbox.http.get("/").text


def test_page_of_the_last_requests_renews_itself_without_a_script(sandbox: Driver) -> None:
    page = sandbox.http.get("/")

    assert '<meta http-equiv="refresh" content="3">' in page.text
    assert "<script" not in page.text
    assert (sandbox.http.post("/").status_code, sandbox.authorize().text.count("http-equiv")) == (405, 0)


def test_wrong_redirect_uri_is_shown_beside_those_that_are_registered(sandbox: Driver) -> None:
    page = sandbox.authorize(redirect_uri=f"http://localhost:8402/{HOSTILE}").text

    assert "<code>http://localhost:8402/&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;</code>" in page
    assert f"<li><code>{REDIRECT}</code></li>" in page
    assert "redirect_uris" in page


def test_unknown_client_is_shown_beside_those_that_are_registered(sandbox: Driver) -> None:
    page = sandbox.authorize(client_id=HOSTILE).text

    assert "<code>&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;</code>" in page
    assert "<li><code>sandbox-web</code></li>" in page


def test_long_value_is_cut(sandbox: Driver) -> None:
    page = sandbox.authorize(redirect_uri="http://localhost/" + "x" * 5000).text

    assert "xxx…</code>" in page
    assert "x" * 600 not in page


def test_sign_in_names_the_people_of_its_kind(sandbox: Driver) -> None:
    page = sandbox.authorize().text

    assert "<li><code>alice</code>, Alice Archer</li>" in page
    assert "<li><code>bob</code>, Bob Baker</li>" in page
    assert "Carol" not in page


def test_every_page_has_one_policy_by_the_hash_of_its_style(sandbox: Driver) -> None:
    sign_in = sandbox.authorize()
    commercial = sandbox.authorize(COMMERCIAL_USER, domain_hint="sandbox", scope=prefixed(SCOPE))
    answers = [sign_in, commercial, sandbox.sign_in(sign_in), sandbox.http.get("/"), sandbox.http.get("/nothing")]

    for answer in answers:
        (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", f"style-src 'sha256-{digest}'", "frame-ancestors 'none'"} <= set(policy)
        assert not re.search(r"unsafe|https?://[^ ]*\*", answer.headers["Content-Security-Policy"])
        assert "no-store" == answer.headers["Cache-Control"]
