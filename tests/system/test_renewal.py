"""Renewing a login at a server that rotates refresh tokens and takes a second use of one for theft."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from system.person import wait_until

if TYPE_CHECKING:
    from system.authorization_server import AuthorizationServer
    from system.egain_command import Egain
    from system.keyring_session import KeyringSession
    from system.person import Person

PROCESSES = 16


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    """Let the sign-in's token live a second, those of a renewal an hour."""
    return {"FIRST_AT_TTL": "1"}


@pytest.fixture
def signed_in(egain: Egain, server: AuthorizationServer, person: Person) -> Egain:
    """The tool with a login of which the token has expired."""
    options = ("--flow", "pkce", "--redirect-uri", "http://127.0.0.1/callback", "--scope", "openid")
    server.add_profile(egain, "acme", *options, client_id="native")
    egain.within(person.acts()).do("login")
    person.wait()
    expires_at = json.loads(egain.run("status", "--json").stdout)["login"]["expires_at"]
    wait_until(lambda: time.time() > expires_at, what="the token to expire")
    server.forget_requests()
    return egain


def renewals(server: AuthorizationServer) -> list[tuple[str | None, int]]:
    return [(one.grant, one.status) for one in server.requests("/token")]


def test_expired_token_is_renewed_with_the_refresh_token_alone(signed_in: Egain, server: AuthorizationServer) -> None:
    token = signed_in.run("token")
    (renewal,) = server.requests("/token")

    assert (0, "") == (token.status, token.stderr)
    assert ("refresh_token", 200, "none") == (renewal.grant, renewal.status, renewal.auth)
    assert ["client_id", "grant_type", "refresh_token"] == renewal.params


def test_forced_renewals_give_a_new_token_each_and_never_use_a_refresh_token_twice(
    signed_in: Egain, server: AuthorizationServer, keyring: KeyringSession
) -> None:
    tokens, refresh_tokens = [], [keyring.refresh_token("acme")]
    for _ in range(6):
        tokens.append(signed_in.do("token", "--force-refresh"))
        refresh_tokens.append(keyring.refresh_token("acme"))

    assert (6, 7) == (len(set(tokens)), len(set(refresh_tokens)))
    assert [("refresh_token", 200)] * 6 == renewals(server)
    assert {"sub": "alice"} == json.loads(signed_in.do("call", "GET", "/me"))


def test_expired_token_is_renewed_once_when_many_processes_race(signed_in: Egain, server: AuthorizationServer) -> None:
    processes = [signed_in.start("token") for _ in range(PROCESSES)]
    outcomes = [(*process.communicate(timeout=100), process.returncode) for process in processes]

    assert {("", 0)} == {(stderr, status) for _, stderr, status in outcomes}
    assert 1 == len({stdout for stdout, _, _ in outcomes})
    assert [("refresh_token", 200)] == renewals(server)


def test_login_outlives_the_race(signed_in: Egain, server: AuthorizationServer) -> None:
    processes = [signed_in.start("token", "--force-refresh") for _ in range(PROCESSES)]
    outcomes = [(*process.communicate(timeout=100), process.returncode) for process in processes]

    afterwards = signed_in.run("token", "--force-refresh")

    assert {("", 0)} == {(stderr, status) for _, stderr, status in outcomes}
    assert (0, "") == (afterwards.status, afterwards.stderr)
    assert {("refresh_token", 200)} == set(renewals(server))


def test_refresh_token_that_somebody_else_has_used_ends_the_login_with_a_hint(
    signed_in: Egain, server: AuthorizationServer, keyring: KeyringSession
) -> None:
    stolen = keyring.lookup("acme/login/pkce/user")
    signed_in.do("token", "--force-refresh")
    keyring.store("acme/login/pkce/user", stolen)

    ran = signed_in.run("--error-format", "json", "token", "--force-refresh")

    assert (4, "", "login-required") == (ran.status, ran.stdout, ran.error["code"])
    assert "egain login" in ran.error["hint"]
    assert [("refresh_token", 200), ("refresh_token", 400)] == renewals(server)
