"""What a person sees in a real browser: every page in light and dark, on a phone and on a desktop."""

from __future__ import annotations

import socketserver
import threading
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from egain_auth_cli.errors import EgainError, LoginTimedOut, SignInRefused
from egain_auth_cli.sign_in import pages
from system.person import wait_until
from system.sandbox_process import sandbox_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from system.egain_command import Egain
    from system.person import Look, Person

AA = 4.5
EDGES = 3.0
FINGER = 44
USER = "/system/auth/TMSANDBOX000001-U/oauth2"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script>" + "x" * 400
ENDS = {
    "done": pages.signed_in(profile="p" * 64, person="alice@people.example"),
    "failed": pages.failed(EgainError(HOSTILE, hint="run `egain login --pkce` again")),
    "cancelled": pages.failed(SignInRefused("AADB2C90091: cancelled", hint="run `egain login` again")),
    "expired": pages.failed(LoginTimedOut("nobody signed in within 300 s", hint="run `egain login` again")),
}
ALL = {name.lower(): page for name, page in vars(pages).items() if isinstance(page, pages.Page)} | ENDS


@pytest.fixture
def sandbox(egain: Egain) -> Iterator[str]:
    with sandbox_process(egain, "local") as url:
        yield url


@contextmanager
def shown() -> Iterator[str]:
    """Serve the listener's pages, byte for byte as it sends them, each under its name."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            path = self.rfile.readline().split()[1].decode().removeprefix("/")
            while self.rfile.readline().strip():
                pass
            self.wfile.write(ALL.get(path, pages.NOT_FOUND).render())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def check_looks(looks: list[Look], *headings: str) -> None:
    """Hold every look to what all pages promise, and each page to four looks."""
    assert [heading for heading in headings for _ in range(4)] == [look.heading for look in looks]
    assert {("light dark", "system-ui, sans-serif", 0)} == {(one.declared, one.font, one.scripts) for one in looks}
    assert [] == [resource for look in looks for resource in look.resources]
    for look in looks:
        where = f"{look.heading}, {look.scheme}, {look.viewport}"
        assert look.content <= look.viewport, where
        assert [] == [one for one in look.contrasts if one[1] < AA], where
        assert [] == [one for one in look.fields if one["height"] < FINGER or one["edge"] < EDGES], where
        assert [] == [one for one in look.buttons if one["height"] < FINGER], where
    assert len({look.background for look in looks}) == 2
    assert {"light": 1, "dark": 1} == {scheme: len({one.background for one in looks if one.scheme == scheme})
                                       for scheme in ("light", "dark")}  # fmt: skip


def ask(url: str, **query: str) -> str:
    fields = {"client_id": "sandbox-app", "response_type": "code", "scope": "knowledge.portalmgr.read", "state": "s"}
    return f"{url}{USER}/authorize?{urlencode(fields | query)}"


def test_pages_of_a_sign_in(egain: Egain, sandbox: str, person: Person) -> None:
    login = egain.within(person.acts(looks=True)).run("login", "--pkce")
    sign_in, consent, done = person.wait()

    assert 0 == login.status, login.stderr
    check_looks(person.looks, "Sign in", "Allow access?", "You are signed in")
    assert ([], []) == (person.console, person.foreign)
    assert "alice, Alice Archer\nbob, Bob Baker\n" in sign_in.text
    assert "Alice Archer" in consent.text
    assert "As alice, for the profile local.\n" in done.text
    assert "You may close this page" in done.text


def test_approve_and_deny_are_unlike(egain: Egain, sandbox: str, person: Person) -> None:
    egain.within(person.acts("deny", looks=True)).run("login", "--pkce")
    ended = person.wait()[-1]

    consents = [look for look in person.looks if look.heading == "Allow access?"]
    assert len(consents) == 4
    for look in consents:
        approve, deny = look.buttons
        assert ("Approve", "Deny") == (approve["text"], deny["text"])
        assert approve["background"] != deny["background"]
        assert approve["color"] != deny["color"]
        assert deny["edge"] >= EDGES
    assert "Sign-in was not approved" == ended.heading
    assert "What to do: sign in as a person who may use this client application" in ended.text


def test_pages_of_the_listener(person: Person) -> None:
    with shown() as url:
        person.visits(*(f"{url}/{name}" for name in ALL), looks=True)

    check_looks(person.looks, *(page.title for page in ALL.values()))
    # Chromium tells the status of a page that is an error; it would tell a style that is not let through too.
    assert ([], []) == ([one for one in person.console if "responded with a status" not in one], person.foreign)
    texts = dict(zip(ALL, (page.text for page in person.wait()), strict=True))
    assert HOSTILE[:60] in texts["failed"]
    assert "What to do: run egain login --pkce again." in texts["failed"]
    assert {"Sign-in was cancelled", "The sign-in has expired"} < {text.partition("\n")[0] for text in texts.values()}


def test_pages_that_say_what_is_wrong_with_a_request(sandbox: str, person: Person) -> None:
    received = f"http://localhost:8400/{HOSTILE}"
    person.visits(
        ask(sandbox, redirect_uri=received),
        ask(sandbox, client_id=HOSTILE, redirect_uri="http://localhost:8400/callback"),
        looks=True,
    )

    check_looks(person.looks, *["This did not work"] * 2)
    assert person.foreign == []
    wrong_uri, wrong_client = (page.text for page in person.wait())
    assert received[:100] in wrong_uri
    assert "Registered\nhttp://localhost:8400/callback\nhttp://127.0.0.1:8401/callback\n" in wrong_uri
    assert "sandbox-app\nsandbox-spa\n" in wrong_client


def test_page_of_the_last_requests(egain: Egain, sandbox: str, person: Person) -> None:
    egain.do("token", "--client-credentials")
    egain.within(person.acts("deny")).run("login", "--pkce")
    person.wait()
    person.log.unlink()

    person.visits(f"{sandbox}/", looks=True)

    check_looks(person.looks, "Last requests")
    assert ([], []) == (person.console, person.foreign)
    text = person.wait()[0].text
    assert "Outcome\n303 See Other: sent back with error, error_description, state (access_denied)" in text
    assert text.index("Denial") < text.index("Sign-in") < text.index("Token for the application")


def test_page_of_the_last_requests_renews_itself(sandbox: str, person: Person) -> None:
    with person.watches(f"{sandbox}/"):
        wait_until(lambda: bool(person.pages), what="the page")
        assert "Nothing yet." in person.pages[0].text
        urllib.request.urlopen(f"{sandbox}/system/deploymentInfo", timeout=10).close()
        before = time.monotonic()
        wait_until(lambda: any("GET /system/deploymentInfo" in one for one in person.reloaded), what="the request")

    assert time.monotonic() - before < 15
    assert ([], []) == (person.console, person.foreign)
