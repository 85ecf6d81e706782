"""The product's own sandbox, signed in at with a real browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from system.sandbox_process import sandbox_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from system.egain_command import Egain
    from system.person import Person

READ = "/knowledge/portalmgr/v4/portals/user"


@pytest.fixture
def sandbox(egain: Egain) -> Iterator[str]:
    """A sandbox with a profile, which is the default one; its URL."""
    with sandbox_process(egain, "local") as url:
        yield url


@pytest.mark.parametrize("redirect_uri", ["http://127.0.0.1/callback", "http://localhost:8400/callback"])
def test_person_signs_in_at_the_sandboxs_page_without_a_word_in_the_console(
    egain: Egain, sandbox: str, person: Person, redirect_uri: str
) -> None:
    environ = person.acts() | {"EGAIN_REDIRECT_URI": redirect_uri}

    login = egain.within(environ).run("login", "--pkce")
    pages = person.wait()

    assert 0 == login.status, login.stderr
    assert [("Sign in", 200), ("Allow access?", 200), ("You are signed in", 200)] == [
        (page.heading, page.status) for page in pages
    ]
    assert [sandbox, sandbox] == [page.origin for page in pages[:2]]
    assert ([], "") == (pages[-1].query, pages[-1].hash)
    assert ([], []) == (person.console, person.foreign)


def test_token_of_the_sign_in_is_the_persons(egain: Egain, sandbox: str, person: Person) -> None:
    egain.within(person.acts(user="bob")).do("login", "--pkce")

    assert "Bob" == json.loads(egain.do("call", "GET", READ))["firstName"]


def test_customer_signs_in_at_the_customers_page(egain: Egain, sandbox: str, person: Person) -> None:
    egain.within(person.acts(user="carol")).do("login", "--pkce", "--actor", "customer")
    pages = person.wait()

    assert "Sign in to the sandbox as a customer" in pages[0].text
    assert "You are signed in" == pages[-1].heading
    assert egain.do("token", "--pkce", "--actor", "customer")


def test_web_application_signs_in_with_its_secret(egain: Egain, sandbox: str, person: Person) -> None:
    login = egain.within(person.acts()).run("login", "--auth-code")
    pages = person.wait()

    assert 0 == login.status, login.stderr
    assert ("You are signed in", []) == (pages[-1].heading, person.console)


def test_person_who_denies_is_told_so_on_both_sides(egain: Egain, sandbox: str, person: Person) -> None:
    login = egain.within(person.acts("deny")).run("--error-format", "json", "login", "--pkce")
    pages = person.wait()

    assert (4, "", "access_denied") == (login.status, login.stdout, login.error["oauth_error"])
    assert ["Sign in", "Allow access?", "Sign-in was not approved"] == [page.heading for page in pages]
    assert ([], []) == (pages[-1].query, person.console)


def test_redirect_uri_that_is_not_registered_gets_a_page_and_no_redirect(
    egain: Egain, sandbox: str, person: Person
) -> None:
    environ = person.acts() | {"EGAIN_REDIRECT_URI": "http://127.0.0.1/elsewhere"}

    login = egain.within(environ).run("--error-format", "json", "login", "--pkce", "--timeout", "5")
    pages = person.wait()

    assert (4, "", "login-timed-out") == (login.status, login.stdout, login.error["code"])
    assert [(sandbox, 400, "This did not work")] == [(page.origin, page.status, page.heading) for page in pages]


def test_stranger_is_told_so_on_the_page_and_can_try_again(egain: Egain, sandbox: str, person: Person) -> None:
    egain.within(person.acts(user="mallory")).run("login", "--pkce", "--timeout", "5")
    pages = person.wait()

    assert ("Sign in", 200) == (pages[0].heading, pages[0].status)
    assert {("Sign in", 403)} == {(page.heading, page.status) for page in pages[1:]}
    assert "Nobody here has this user name." in pages[1].text
