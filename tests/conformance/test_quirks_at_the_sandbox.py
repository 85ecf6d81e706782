"""eGain's peculiarities as a person meets them: each refusal has an exit status and a hint that says what to change."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from fakes.sandbox_world import claims_of, error_of, use_client
from fakes.subject_token import make_subject_token

if TYPE_CHECKING:
    from fakes.process import Egain

    from egain_auth_cli.sandbox.server import SandboxServer

BOTH = pytest.mark.parametrize("deployment", ["self-service", "commercial"])
SELF_SERVICE = ("self-service",)
EITHER = ("self-service", "commercial")
REFUSALS: list[tuple[str, tuple[str, ...], str, list[str], str, list[str]]] = [
    ("expired secret", EITHER, "sandbox-expired", ["--client-credentials"], "invalid_client", ["expiry date"]),
    ("expired secret for a person", EITHER, "sandbox-expired", ["--on-behalf-of", "bob"], "invalid_client", ["expiry"]),
    (
        "scope of no permission", EITHER, "sandbox-web",
        ["--client-credentials", "--scope", "core.unknown.read"], "invalid_scope", ["Permissions tab", "scope_prefix"],
    ),
    (
        "user's scope on behalf of one", EITHER, "sandbox-web",
        ["--on-behalf-of", "bob", "--scope", "knowledge.portalmgr.read"], "invalid_scope", ["onbehalfof"],
    ),
    ("unknown user", EITHER, "sandbox-web", ["--on-behalf-of", "zoe"], "invalid_grant", ["does not know this person"]),
    ("unknown id", EITHER, "sandbox-web", ["--on-behalf-of-userid", "9"], "invalid_grant", ["--on-behalf-of-userid"]),
    (
        "unknown customer", EITHER, "sandbox-web",
        ["--on-behalf-of-email", "zoe@people.example"], "invalid_grant", ["--on-behalf-of-email"],
    ),
    ("customer by name", EITHER, "sandbox-web", ["--on-behalf-of", "carol"], "invalid_grant", ["a customer"]),
    (
        "exchange is off", SELF_SERVICE, "sandbox-noexchange",
        ["--token-exchange"], "unauthorized_client", ["Token Exchange Grant Type"],
    ),
]  # fmt: skip
CASES = [
    pytest.param(deployment, *rest, id=f"{name}, {deployment}") for name, both, *rest in REFUSALS for deployment in both
]


def refused(egain: Egain, *argv: str, env: dict[str, str]) -> dict[str, Any]:
    done = egain.run("--error-format", "json", *argv, env=env)
    assert "" == done.out
    assert done.status == error_of(done.err)["exit"]
    return error_of(done.err)


@pytest.mark.parametrize(("deployment", "client_id", "argv", "oauth_error", "hints"), CASES)
def test_refusal_says_what_to_change(
    egain: Egain,
    sandbox: SandboxServer,
    *,
    deployment: str,
    client_id: str,
    argv: list[str],
    oauth_error: str,
    hints: list[str],
) -> None:
    env = use_client(egain, sandbox, client_id, deployment=deployment)
    env["EGAIN_SUBJECT_TOKEN"] = make_subject_token("alice", now=time.time())

    error = refused(egain, "token", *argv, env=env)

    assert (4, "grant-refused", oauth_error) == (error["exit"], error["code"], error["oauth_error"])
    assert [] == [hint for hint in hints if hint not in error["hint"]]


@BOTH
def test_wrong_secret_says_where_secrets_are_kept(egain: Egain, sandbox: SandboxServer, deployment: str) -> None:
    use_client(egain, sandbox, "sandbox-web", deployment=deployment)

    error = refused(egain, "token", "--client-credentials", env={"EGAIN_CLIENT_SECRET": "wrong-canary"})

    assert (4, "invalid_client") == (error["exit"], error["oauth_error"])
    assert "the secret came from `EGAIN_CLIENT_SECRET`" in error["hint"]
    assert "wrong-canary" not in json.dumps(error)


@pytest.mark.parametrize(
    ("person", "issued", "hint"),
    [("zoe", 0.0, "for a person whom eGain knows"), ("alice", -7200.0, "live JWT")],
    ids=["unknown person", "expired"],
)
def test_refused_subject_token_says_what_it_must_be(
    egain: Egain, sandbox: SandboxServer, person: str, issued: float, hint: str
) -> None:
    env = use_client(egain, sandbox, "sandbox-web")
    env["EGAIN_SUBJECT_TOKEN"] = make_subject_token(person, now=time.time() + issued)

    error = refused(egain, "token", "--token-exchange", env=env)

    assert (4, "invalid_grant") == (error["exit"], error["oauth_error"])
    assert hint in error["hint"]


def test_wrong_registration_id_is_named(egain: Egain, sandbox: SandboxServer) -> None:
    env = use_client(egain, sandbox, "sandbox-web")
    env["EGAIN_SUBJECT_TOKEN"] = make_subject_token("alice", now=time.time())
    egain.run("profile", "set", "acme", "flows.token-exchange.registration_id", "another")

    error = refused(egain, "token", "--token-exchange", env=env)

    assert (4, "invalid_request") == (error["exit"], error["oauth_error"])
    assert "`registration_id`" in error["hint"]


@BOTH
def test_web_application_is_told_to_use_its_secret(egain: Egain, sandbox: SandboxServer, deployment: str) -> None:
    use_client(egain, sandbox, "sandbox-web", deployment=deployment)

    error = refused(egain, "login", "--pkce", env={})

    assert (4, "sign-in-refused", "unauthorized_client") == (error["exit"], error["code"], error["oauth_error"])
    assert "`egain login --auth-code`" in error["hint"]


@BOTH
def test_single_page_application_is_told_to_use_pkce(egain: Egain, sandbox: SandboxServer, deployment: str) -> None:
    use_client(egain, sandbox, "sandbox-spa", deployment=deployment)

    error = refused(egain, "login", "--auth-code", env={"EGAIN_CLIENT_SECRET": "made-up"})

    assert 4 == error["exit"]
    assert "PKCE" in error["message"]
    assert "flow" in error["hint"]


def test_public_client_s_secret_is_answered_with_the_way_that_has_none(egain: Egain, sandbox: SandboxServer) -> None:
    use_client(egain, sandbox, "sandbox-spa", deployment="commercial")

    error = refused(egain, "token", "--client-credentials", env={"EGAIN_CLIENT_SECRET": "made-up"})

    assert 4 == error["exit"]
    assert "AADB2C90084" in error["message"]
    assert "`egain login --pkce`" in error["hint"]


@BOTH
def test_pkce_never_sends_the_secret_that_is_there(egain: Egain, sandbox: SandboxServer, deployment: str) -> None:
    use_client(egain, sandbox, "sandbox-spa", deployment=deployment)

    done = egain.run("login", "--pkce", env={"EGAIN_CLIENT_SECRET": "made-up"})

    assert 0 == done.status, done.err


@BOTH
def test_scope_of_no_permission_is_named_at_sign_in(egain: Egain, sandbox: SandboxServer, deployment: str) -> None:
    use_client(egain, sandbox, "sandbox-app", deployment=deployment)

    error = refused(egain, "login", "--pkce", "--scope", "core.unknown.read", env={})

    assert (4, "sign-in-refused", "invalid_scope") == (error["exit"], error["code"], error["oauth_error"])
    assert "Permissions tab" in error["hint"]


@BOTH
def test_error_in_base64_is_shown_in_words(egain: Egain, sandbox: SandboxServer, deployment: str) -> None:
    use_client(egain, sandbox, "sandbox-b64", deployment=deployment)

    error = refused(egain, "login", "--pkce", env={"EGAIN_SANDBOX_ACTION": "deny"})

    assert (4, "sign-in-refused", "access_denied") == (error["exit"], error["code"], error["oauth_error"])
    assert "`access_denied`" in error["message"]
    assert " " in error["message"].partition("`access_denied`: ")[2]
    assert {"self-service": "approve the request", "commercial": "was cancelled"}[deployment] in error["hint"]


@BOTH
@pytest.mark.parametrize("flow", ["--pkce", "--client-credentials"])
def test_expiry_in_a_string_is_a_number_for_everyone_else(
    egain: Egain, sandbox: SandboxServer, *, deployment: str, flow: str
) -> None:
    env = use_client(egain, sandbox, "sandbox-string-expiry", deployment=deployment)
    if flow == "--pkce":
        assert egain.run("login", flow).status == 0

    done = egain.run("token", flow, "--output", "json", env=env)
    document = json.loads(done.out)

    assert ("Bearer", int) == (document["token_type"], type(document["expires_in"]))
    assert 3500 < document["expires_in"] <= 3600
    assert claims_of(document["access_token"])["exp"] == pytest.approx(document["expires_at"], abs=5)


def test_login_without_a_refresh_token_says_so_at_once(egain: Egain, sandbox: SandboxServer) -> None:
    use_client(egain, sandbox, "sandbox-spa")

    login = egain.run("login", "--pkce")
    token = egain.run("token")

    assert 0 == login.status
    assert "the server gave no refresh token, as is usual on self-service" in login.err
    assert "run `egain login --pkce` again then" in login.err
    assert "until " in login.err
    assert (0, "") == (token.status, token.err)


@pytest.mark.parametrize("ended", [["--force-refresh"], ["--min-valid", "7200"]], ids=["asked anew", "asked to last"])
def test_token_without_a_refresh_token_says_when_to_sign_in_again(
    egain: Egain, sandbox: SandboxServer, ended: list[str]
) -> None:
    use_client(egain, sandbox, "sandbox-spa")
    egain.run("login", "--pkce")

    error = refused(egain, "token", *ended, env={})

    assert (4, "login-required") == (error["exit"], error["code"])
    assert "egain login --pkce" in error["hint"]


def test_commercial_login_without_offline_access_is_not_renewed(egain: Egain, sandbox: SandboxServer) -> None:
    use_client(egain, sandbox, "sandbox-app", deployment="commercial")

    login = egain.run("login", "--pkce", "--scope", "knowledge.portalmgr.read")
    ended = refused(egain, "token", "--force-refresh", "--scope", "knowledge.portalmgr.read", env={})

    assert (0, "login-required") == (login.status, ended["code"])
    assert "offline_access" in login.err
