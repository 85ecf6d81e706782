"""Every flow, by the real command, at a server that checks each request, in both deployments' shapes."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from fakes.sandbox_world import claims_of, use_client
from fakes.subject_token import make_subject_token

if TYPE_CHECKING:
    from fakes.process import Egain

    from egain_auth_cli.sandbox.server import SandboxServer

BOTH = pytest.mark.parametrize("deployment", ["self-service", "commercial"])
ON_BEHALF = ["knowledge.portalmgr.onbehalfof.read"]
DELEGATED = ["knowledge.portalmgr.read", "core.aiservices.read"]
ME = "/knowledge/portalmgr/v4/portals/user"


def whose(token: str) -> tuple[str, str, str]:
    claims = claims_of(token)
    return claims["actor"], claims["sub"], claims["client_id"]


@BOTH
@pytest.mark.parametrize(
    ("flow", "client_id"), [("--pkce", "sandbox-app"), ("--auth-code", "sandbox-web")], ids=["PKCE", "secret"]
)
@pytest.mark.parametrize(
    ("actor", "person", "person_id"),
    [("user", "alice", "1001"), ("customer", "carol", "2001")],
    ids=["user", "customer"],
)
def test_person_signs_in(
    egain: Egain,
    sandbox: SandboxServer,
    *,
    deployment: str,
    flow: str,
    client_id: str,
    actor: str,
    person: str,
    person_id: str,
) -> None:
    secret = use_client(egain, sandbox, client_id, deployment=deployment, actor=actor)
    env = secret if flow == "--auth-code" else {}
    login = egain.run("login", flow, env={**env, "EGAIN_SANDBOX_PERSON": person})
    token = egain.run("token", flow, env=env)
    again = egain.run("login", flow, env=env)

    assert (0, "") == (login.status, login.out), login.err
    assert "it is renewed by itself" in login.err
    assert (0, (actor, person_id, client_id)) == (token.status, whose(token.out)), token.err
    assert DELEGATED == [scope for scope in claims_of(token.out)["scope"].split() if scope != "offline_access"]
    assert "is signed in already" in again.err


@BOTH
def test_renewal_gives_a_new_token_for_the_same_person(egain: Egain, sandbox: SandboxServer, deployment: str) -> None:
    use_client(egain, sandbox, "sandbox-app", deployment=deployment)
    egain.run("login", "--pkce")
    first, second = egain.run("token"), egain.run("token", "--force-refresh")

    assert (0, 0) == (first.status, second.status), second.err
    assert first.out != second.out
    assert whose(first.out) == whose(second.out)


@BOTH
def test_client_application_gets_its_own_token(egain: Egain, sandbox: SandboxServer, deployment: str) -> None:
    env = use_client(egain, sandbox, "sandbox-web", deployment=deployment)

    token = egain.run("token", "--client-credentials", env=env)

    assert (0, ("client", "sandbox-web", "sandbox-web")) == (token.status, whose(token.out)), token.err
    assert "knowledge.portalmgr.manage" in claims_of(token.out)["scope"].split()


@BOTH
@pytest.mark.parametrize("known", [True, False], ids=["own credentials", "none"])
def test_anonymous_customer_gets_a_token(egain: Egain, sandbox: SandboxServer, *, deployment: str, known: bool) -> None:
    env = use_client(egain, sandbox, "sandbox-app", deployment=deployment)
    if not known:
        egain.run("profile", "set", "acme", "client_id", "")

    token = egain.run("token", "--anonymous", env=env if known else {})
    claims = claims_of(token.out)

    assert (0, "anonymous", "knowledge.portalmgr.read") == (token.status, claims["actor"], claims["scope"]), token.err
    assert ("sandbox-app" if known else "DUMMY_VALUE_NEEDED") == claims["client_id"]


@BOTH
@pytest.mark.parametrize(
    ("option", "name", "actor", "person_id"),
    [
        ("--on-behalf-of", "bob", "user", "1002"),
        ("--on-behalf-of-userid", "1001", "user", "1001"),
        ("--on-behalf-of-email", "dave@people.example", "customer", "2002"),
    ],
    ids=["user name", "user id", "e-mail"],
)
def test_client_application_acts_for_a_person(
    egain: Egain, sandbox: SandboxServer, *, deployment: str, option: str, name: str, actor: str, person_id: str
) -> None:
    env = use_client(egain, sandbox, "sandbox-web", deployment=deployment)

    token = egain.run("token", option, name, env=env)

    assert (0, (actor, person_id, "sandbox-web")) == (token.status, whose(token.out)), token.err
    assert ON_BEHALF == claims_of(token.out)["scope"].split()


@pytest.mark.parametrize(
    ("actor", "person", "person_id"), [("user", "bob", "1002"), ("customer", "carol", "2001")], ids=["user", "customer"]
)
def test_external_identity_becomes_a_person_s_token(
    egain: Egain, sandbox: SandboxServer, *, actor: str, person: str, person_id: str
) -> None:
    env = use_client(egain, sandbox, "sandbox-web", actor=actor)
    subject = make_subject_token(person, now=time.time())

    token = egain.run("token", "--token-exchange", "--subject-token-file", "-", env=env, stdin=subject.encode())

    assert (0, (actor, person_id, "sandbox-web")) == (token.status, whose(token.out)), token.err
    assert DELEGATED == claims_of(token.out)["scope"].split()


@BOTH
def test_token_opens_the_api_for_the_person_who_signed_in(
    egain: Egain, sandbox: SandboxServer, deployment: str
) -> None:
    use_client(egain, sandbox, "sandbox-app", deployment=deployment)
    egain.run("login", "--pkce", env={"EGAIN_SANDBOX_PERSON": "bob"})

    answer = egain.run("call", "GET", ME)

    assert (0, "Bob") == (answer.status, json.loads(answer.out)["firstName"]), answer.err


@BOTH
def test_web_application_may_use_pkce_without_a_secret(egain: Egain, sandbox: SandboxServer, deployment: str) -> None:
    use_client(egain, sandbox, "sandbox-web-pkce", deployment=deployment)

    signed_in = egain.run("login", "--pkce")

    assert signed_in.status == 0, signed_in.err
    assert "sandbox-web-pkce" in whose(egain.run("token").out)


@BOTH
@pytest.mark.parametrize("scope", ["knowledge.portalmgr.read", "knowledge.portalmgr.onbehalfof.read"])
def test_scope_on_behalf_of_a_person_has_either_name(
    egain: Egain, sandbox: SandboxServer, deployment: str, scope: str
) -> None:
    env = use_client(egain, sandbox, "sandbox-any-scope", deployment=deployment)

    answer = egain.run("call", "GET", ME, "--on-behalf-of", "bob", "--scope", scope, env=env)

    assert (0, "Bob") == (answer.status, json.loads(answer.out)["firstName"]), answer.err
