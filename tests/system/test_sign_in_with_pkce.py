"""Signing in by PKCE: the tool, a real browser, a certified authorization server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from system.person import Person

if TYPE_CHECKING:
    from pathlib import Path

    from system.authorization_server import AuthorizationServer
    from system.egain_command import Egain
    from system.keyring_session import KeyringSession

ADDRESS = "http://127.0.0.1/callback"


def make_profile(egain: Egain, server: AuthorizationServer, *, redirect_uri: str = ADDRESS) -> None:
    options = ("--flow", "pkce", "--redirect-uri", redirect_uri, "--scope", "openid", "--scope", "offline_access")
    server.add_profile(egain, "acme", *options, client_id="native")


@pytest.mark.parametrize("redirect_uri", [ADDRESS, "http://localhost/callback", "http://[::1]/callback"])
def test_person_who_signs_in_sees_so_and_token_then_prints_a_token(
    egain: Egain, server: AuthorizationServer, person: Person, redirect_uri: str
) -> None:
    make_profile(egain, server, redirect_uri=redirect_uri)

    login = egain.within(person.acts()).run("login")
    token = egain.run("token")
    last = person.wait()[-1]

    assert (0, "") == (login.status, login.stdout), login.stderr
    assert " (profile acme), valid until " in login.stderr
    assert ("You are signed in", 200) == (last.heading, last.status)
    assert (0, "") == (token.status, token.stderr)
    assert token.stdout == token.stdout.strip() + "\n"
    assert len(token.stdout) > 20


def test_address_bar_holds_neither_code_nor_state_when_the_sign_in_is_done(
    egain: Egain, server: AuthorizationServer, person: Person
) -> None:
    make_profile(egain, server)

    egain.within(person.acts()).do("login")
    last = person.wait()[-1]

    assert ("/done", [], "") == (last.path, last.query, last.hash)


def test_authorization_request_has_the_guides_parameters_and_no_other(
    egain: Egain, server: AuthorizationServer, person: Person
) -> None:
    make_profile(egain, server)

    egain.within(person.acts()).do("login")
    asked = server.requests("/auth")[0]

    expected = [
        "client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state",
    ]  # fmt: skip
    assert expected == asked.query


def test_code_is_exchanged_with_its_verifier_and_without_any_secret(
    egain: Egain, server: AuthorizationServer, person: Person
) -> None:
    make_profile(egain, server)
    egain.do("secret", "set", stdin="a secret that PKCE must not send\n")

    egain.within(person.acts()).do("login")
    exchange = server.requests("/token")

    assert [("POST", 200, "none", "authorization_code")] == [
        (one.method, one.status, one.auth, one.grant) for one in exchange
    ]
    assert ["client_id", "code", "code_verifier", "grant_type", "redirect_uri"] == exchange[0].params


def test_token_of_the_sign_in_opens_the_api_for_call(egain: Egain, server: AuthorizationServer, person: Person) -> None:
    make_profile(egain, server)
    egain.within(person.acts(user="bob")).do("login")

    ran = egain.run("call", "GET", "/me")

    assert (0, {"sub": "bob"}, "") == (ran.status, json.loads(ran.stdout), ran.stderr)
    assert [("GET", 200)] == [(one.method, one.status) for one in server.requests("/me")]


def test_second_login_finds_the_first_and_opens_no_browser(
    egain: Egain, server: AuthorizationServer, person: Person
) -> None:
    make_profile(egain, server)
    egain.within(person.acts()).do("login")
    person.wait()
    server.forget_requests()
    person.log.unlink()

    again = egain.within(person.acts()).run("login")

    assert (0, "", [], False) == (again.status, again.stdout, server.requests(), person.came)
    assert "signed in already" in again.stderr


def test_forced_login_as_somebody_else_takes_the_place_of_the_first(
    egain: Egain, server: AuthorizationServer, person: Person
) -> None:
    make_profile(egain, server)
    egain.within(person.acts(user="alice")).do("login")
    person.wait()

    egain.within(person.acts(user="bob")).do("login", "--force")
    who = json.loads(egain.do("call", "GET", "/me"))

    assert {"sub": "bob"} == who


def test_person_who_denies_ends_the_login_with_access_denied(
    egain: Egain, server: AuthorizationServer, person: Person, keyring: KeyringSession
) -> None:
    make_profile(egain, server)

    login = egain.within(person.acts("deny")).run("--error-format", "json", "login")
    last = person.wait()[-1]

    assert (4, "", "sign-in-refused", "access_denied") == (
        login.status,
        login.stdout,
        login.error["code"],
        login.error["oauth_error"],
    )
    assert ("Sign-in was not approved", []) == (last.heading, last.query)
    assert ([], []) == (server.requests("/token"), keyring.items())


def test_browser_that_is_closed_without_an_answer_ends_the_login_at_its_time_out(
    egain: Egain, server: AuthorizationServer, person: Person, keyring: KeyringSession
) -> None:
    make_profile(egain, server)

    login = egain.within(person.acts("close")).run("--error-format", "json", "login", "--timeout", "5")
    person.wait()

    assert (4, "", "login-timed-out", None) == (
        login.status,
        login.stdout,
        login.error["code"],
        login.error["oauth_error"],
    )
    assert ([], []) == (server.requests("/token"), keyring.items())
    assert egain.run("token").status == 4


def test_two_logins_at_once_each_get_their_own_answer(
    egain: Egain, server: AuthorizationServer, tmp_path: Path
) -> None:
    people = {user: Person(tmp_path / f"{user}.jsonl") for user in ("alice", "bob")}
    options = ("--flow", "pkce", "--redirect-uri", ADDRESS, "--scope", "openid")
    for user in people:
        server.add_profile(egain, user, *options, client_id="native")

    logins = [egain.within(person.acts(user=user)).start("-p", user, "login") for user, person in people.items()]
    said = [login.communicate(timeout=60) for login in logins]
    for person in people.values():
        person.wait()
    subjects = {user: json.loads(egain.do("-p", user, "call", "GET", "/me"))["sub"] for user in people}

    assert [0, 0] == [login.returncode for login in logins], said
    assert {"alice": "alice", "bob": "bob"} == subjects
