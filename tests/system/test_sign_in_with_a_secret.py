"""Signing in by authorization code with a client secret, and how that secret travels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from system.authorization_server import AuthorizationServer, Seen
    from system.egain_command import Egain
    from system.person import Person

IN_BODY = ["client_id", "client_secret", "code", "grant_type", "redirect_uri"]
BY_BASIC = ["code", "grant_type", "redirect_uri"]


def make_profile(
    egain: Egain, server: AuthorizationServer, *, client_id: str, client_auth: str, redirect_uri: str
) -> None:
    options = ("--flow", "authorization-code", "--client-auth", client_auth, "--redirect-uri", redirect_uri)
    server.add_profile(egain, "acme", *options, "--scope", "openid", client_id=client_id)
    egain.do("secret", "set", stdin=f"{client_id}-secret\n")


def exchange_of(server: AuthorizationServer) -> Seen:
    (exchange,) = server.requests("/token")
    return exchange


def test_secret_in_the_body_signs_in_a_client_application_of_any_port(
    egain: Egain, server: AuthorizationServer, person: Person
) -> None:
    make_profile(egain, server, client_id="native-secret", client_auth="body", redirect_uri="http://127.0.0.1/callback")

    egain.within(person.acts()).do("login")
    last, exchange = person.wait()[-1], exchange_of(server)

    assert "You are signed in" == last.heading
    assert (200, "body", IN_BODY) == (exchange.status, exchange.auth, exchange.params)


def test_secret_by_basic_signs_in_a_web_application_at_its_registered_port(
    egain: Egain, server: AuthorizationServer, person: Person, web_port: int
) -> None:
    uri = f"http://127.0.0.1:{web_port}/callback"
    make_profile(egain, server, client_id="web", client_auth="basic", redirect_uri=uri)

    egain.within(person.acts()).do("login")
    last, exchange = person.wait()[-1], exchange_of(server)

    assert ("You are signed in", f"http://127.0.0.1:{web_port}") == (last.heading, last.origin)
    assert (200, "basic", BY_BASIC) == (exchange.status, exchange.auth, exchange.params)


def test_authorization_request_of_a_confidential_client_has_no_code_challenge(
    egain: Egain, server: AuthorizationServer, person: Person
) -> None:
    make_profile(egain, server, client_id="native-secret", client_auth="body", redirect_uri="http://localhost/callback")

    egain.within(person.acts()).do("login")
    asked = server.requests("/auth")[0]

    assert ["client_id", "redirect_uri", "response_type", "scope", "state"] == asked.query


@pytest.mark.parametrize(
    ("client_auth", "params"),
    [
        ("basic", ["grant_type", "refresh_token"]),
        ("body", ["client_id", "client_secret", "grant_type", "refresh_token"]),
    ],
)
def test_refresh_authenticates_as_the_sign_in_did(
    egain: Egain, server: AuthorizationServer, person: Person, client_auth: str, params: list[str]
) -> None:
    uri = "http://127.0.0.1/callback"
    make_profile(egain, server, client_id="native-secret", client_auth=client_auth, redirect_uri=uri)
    egain.within(person.acts()).do("login")
    first = egain.do("token")
    server.forget_requests()

    second = egain.do("token", "--force-refresh")
    refresh = exchange_of(server)

    assert first != second
    assert (200, client_auth, params) == (refresh.status, refresh.auth, refresh.params)


def test_wrong_secret_is_told_in_terminal_and_browser(
    egain: Egain, server: AuthorizationServer, person: Person
) -> None:
    uri = "http://127.0.0.1/callback"
    make_profile(egain, server, client_id="native-secret", client_auth="body", redirect_uri=uri)
    egain.do("secret", "set", stdin="not the secret\n")

    login = egain.within(person.acts()).run("--error-format", "json", "login")
    last = person.wait()[-1]

    assert (4, "", "grant-refused", "invalid_client") == (
        login.status,
        login.stdout,
        login.error["code"],
        login.error["oauth_error"],
    )
    assert ("Sign-in did not succeed", []) == (last.heading, last.query)
    assert "not the secret" not in login.stderr


def test_token_of_a_confidential_sign_in_opens_the_api_for_call(
    egain: Egain, server: AuthorizationServer, person: Person
) -> None:
    uri = "http://127.0.0.1/callback"
    make_profile(egain, server, client_id="native-secret", client_auth="basic", redirect_uri=uri)

    egain.within(person.acts(user="carol")).do("login")

    assert {"sub": "carol"} == json.loads(egain.do("call", "GET", "/me"))
