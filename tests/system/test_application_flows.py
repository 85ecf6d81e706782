"""Tokens without a person at a browser: client credentials, on behalf of somebody, token exchange."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from system.authorization_server import AuthorizationServer
    from system.egain_command import Egain

ODD_ID, ODD_SECRET = "cc/odd:id", "p%20+w:d&=/~"


def make_profile(
    egain: Egain, server: AuthorizationServer, *, client_id: str, secret: str, flow: str, client_auth: str
) -> None:
    server.add_profile(egain, "acme", "--flow", flow, "--client-auth", client_auth, client_id=client_id)
    egain.do("secret", "set", stdin=f"{secret}\n")


@pytest.mark.parametrize(
    ("client_id", "secret", "client_auth", "params"),
    [
        ("cc", "cc-secret", "basic", ["grant_type"]),
        ("cc-post", "cc-post-secret", "body", ["client_id", "client_secret", "grant_type"]),
        (ODD_ID, ODD_SECRET, "basic", ["grant_type"]),
        (ODD_ID, ODD_SECRET, "body", ["client_id", "client_secret", "grant_type"]),
    ],
)
def test_client_credentials_travel_one_way_and_with_nothing_else(
    egain: Egain, server: AuthorizationServer, *, client_id: str, secret: str, client_auth: str, params: list[str]
) -> None:
    make_profile(egain, server, client_id=client_id, secret=secret, flow="client-credentials", client_auth=client_auth)

    token = egain.run("token")
    requests = server.requests()

    assert (0, "") == (token.status, token.stderr)
    assert len(token.stdout.strip()) > 20
    assert [("/token", 200, client_auth, params)] == [(one.path, one.status, one.auth, one.params) for one in requests]


def test_scopes_are_asked_for_and_granted(egain: Egain, server: AuthorizationServer) -> None:
    make_profile(egain, server, client_id="cc", secret="cc-secret", flow="client-credentials", client_auth="basic")

    answer = json.loads(egain.do("token", "--scope", "api.read", "--scope", "api.write", "--output", "json"))

    assert ("api.read api.write", "Bearer", "acme", "client-credentials") == (
        answer["scope"],
        answer["token_type"],
        answer["profile"],
        answer["flow"],
    )
    assert ["grant_type", "scope"] == server.requests("/token")[0].params


def test_second_token_comes_from_the_cache(egain: Egain, server: AuthorizationServer) -> None:
    make_profile(egain, server, client_id="cc", secret="cc-secret", flow="client-credentials", client_auth="basic")

    first, second = egain.do("token"), egain.do("token")

    assert first == second
    assert 1 == len(server.requests("/token"))


def test_wrong_secret_is_refused_with_the_servers_error(egain: Egain, server: AuthorizationServer) -> None:
    make_profile(egain, server, client_id="cc", secret="not the secret", flow="client-credentials", client_auth="basic")

    ran = egain.run("--error-format", "json", "token")

    assert (4, "", "grant-refused", "invalid_client", 401) == (
        ran.status,
        ran.stdout,
        ran.error["code"],
        ran.error["oauth_error"],
        ran.error["status"],
    )
    assert "not the secret" not in ran.stderr


def test_token_on_behalf_of_a_person_is_that_persons(egain: Egain, server: AuthorizationServer) -> None:
    make_profile(
        egain,
        server,
        client_id="impersonate",
        secret="impersonate-secret",
        flow="on-behalf-of",
        client_auth="body",
    )

    who = json.loads(egain.do("call", "GET", "/me", "--on-behalf-of", "dave"))
    (asked,) = server.requests("/token")

    assert {"sub": "dave"} == who
    assert ["client_id", "client_secret", "grant_type", "subject_username"] == asked.params


def test_token_of_one_client_is_exchanged_for_another_of_the_same_person(
    egain: Egain, server: AuthorizationServer
) -> None:
    make_profile(
        egain,
        server,
        client_id="impersonate",
        secret="impersonate-secret",
        flow="on-behalf-of",
        client_auth="body",
    )
    subject_token = egain.do("token", "--on-behalf-of", "erin")
    server.add_profile(egain, "other", "--flow", "token-exchange", "--client-auth", "basic", client_id="exchange")
    egain.do("profile", "set", "other", "flows.token-exchange.registration_id", "acme-idp")
    egain.do("-p", "other", "secret", "set", stdin="exchange-secret\n")
    server.forget_requests()

    exchanging = ("-p", "other", "token", "--subject-token-file", "-")
    token = egain.do(*exchanging, stdin=f"{subject_token}\n")
    who = json.loads(
        egain.within({"EGAIN_ACCESS_TOKEN": token, "EGAIN_API_URL": server.issuer}).do("call", "GET", "/me")
    )
    (asked,) = server.requests("/token")

    assert {"sub": "erin"} == who
    assert token != subject_token
    expected = ["grant_type", "registration_id", "subject_token", "subject_token_type"]
    assert ("basic", expected) == (asked.auth, asked.params)
