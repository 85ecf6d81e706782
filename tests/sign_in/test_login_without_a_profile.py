"""``egain login`` where there is no profile yet: on a terminal one is made by asking, and the login goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import urlopen

from fakes import shared_keyring
from fakes.process import INTERRUPT
from fakes.world import CLIENT_SECRET, SCOPE, redirect_of

if TYPE_CHECKING:
    from fakes.process import Finished, OnTerminal
    from fakes.world import World


def answer(terminal: OnTerminal, label: str, text: str) -> None:
    """Wait for a question, after all that was shown so far, and answer it."""
    terminal.read_after(terminal.shown.decode(), label)
    terminal.send(text.encode() + b"\n")


def answer_all(terminal: OnTerminal, url: str, *, flow: str) -> None:
    """Make a profile of this server."""
    answer(terminal, "Make one now (yes, no) [yes]", "")
    answer(terminal, "Name of the profile", "acme")
    answer(terminal, "Authorization URL", f"{url}/authorize")
    answer(terminal, "Token URL", f"{url}/token")
    answer(terminal, "Scope Prefix", "")
    answer(terminal, "Domain URL", url)
    answer(terminal, "Flow [", flow)
    answer(terminal, "Client ID", "client-1")
    if flow != "client-credentials":
        answer(terminal, "Actor", "")
        answer(terminal, "Redirect URL", "http://127.0.0.1/callback")
    answer(terminal, "Scopes", SCOPE)
    answer(terminal, "Make this profile", "")


def login_on_a_terminal(world: World) -> OnTerminal:
    """Start `login` where there is no profile, but a keyring."""
    world.egain.config_file.unlink()
    world.give_tokens("at-1", refresh_token="rt-1")
    return world.egain.on_terminal("login", "--no-browser", env=shared_keyring.environment(world.egain.home / "keys"))


def signed_in(login: OnTerminal) -> Finished:
    """Sign in when asked to."""
    shown = login.read_until("paste the address").replace("\r\n", "\n")
    urlopen(redirect_of(shown), timeout=30).close()
    return login.finish()


def test_profile_is_made_and_the_person_signed_in(world: World) -> None:
    with login_on_a_terminal(world) as login:
        answer_all(login, world.server.url, flow="pkce")
        done = signed_in(login)

    assert done.status == 0, done.out
    assert "profile `acme` is made, and is the default" in done.out
    assert "signed in (profile acme), valid until" in done.out
    assert "next:" not in done.out


def test_secret_is_asked_for_where_the_login_needs_one(world: World) -> None:
    with login_on_a_terminal(world) as login:
        answer_all(login, world.server.url, flow="authorization-code")
        answer(login, "client secret of profile acme: ", CLIENT_SECRET)
        done = signed_in(login)

    assert done.status == 0, done.out
    assert CLIENT_SECRET not in done.out
    assert world.server.to("/token")[0].form["client_secret"] == CLIENT_SECRET


def test_client_application_is_told_that_it_needs_no_login(world: World) -> None:
    with login_on_a_terminal(world) as login:
        answer_all(login, world.server.url, flow="client-credentials")
        answer(login, "client secret of profile acme: ", CLIENT_SECRET)
        done = login.finish()

    assert done.status == 0, done.out
    assert done.out.endswith("next: `egain token`\r\n")
    assert world.server.requests == []


def test_person_who_wants_no_profile_is_told_the_other_ways(world: World) -> None:
    with login_on_a_terminal(world) as login:
        answer(login, "Make one now", "no")
        done = login.finish()

    assert done.status == 3
    assert "error: there is no profile yet" in done.out
    assert not world.egain.config_file.exists()


def test_ctrl_c_leaves_nothing(world: World) -> None:
    with login_on_a_terminal(world) as login:
        answer(login, "Make one now", "y")
        answer(login, "Name of the profile", "")
        login.read_until("Authorization URL")
        login.send(INTERRUPT)
        done = login.finish()

    assert done.status == 130
    assert "profile `main` is not made" in done.out
    assert world.egain.files() == []


def test_nothing_is_offered_where_a_profile_was_named_or_nobody_is_there(world: World) -> None:
    world.egain.config_file.unlink()
    piped = world.egain.run("login")
    with world.egain.on_terminal("-p", "acme", "login") as login:
        named = login.finish()

    assert (piped.status, named.status) == (3, 3)
    assert "Make one" not in piped.err + named.out
