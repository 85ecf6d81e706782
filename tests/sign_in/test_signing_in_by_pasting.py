"""``egain login`` where the redirect's address is pasted."""

from __future__ import annotations

import json
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from fakes.hostile_server import token_answer
from fakes.process import ended
from fakes.world import (
    World,
    authorization_fields,
    redirect_of,
    stored_refresh_token,
)


def test_pasted_address_from_a_pipe_signs_in(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    login = world.egain.start("login", "--no-browser")
    login.send(redirect_of(login.read_error_until("paste the address")).encode() + b"\n")

    done = login.finish()

    assert (done.status, done.out) == (0, "")
    assert stored_refresh_token(world.egain) == "rt-1"


@pytest.mark.parametrize(
    "pasted",
    [
        "http://127.0.0.1:PORT/callback?code=c&state=wrong",
        "http://127.0.0.1:PORT/callback?code=c",
        "http://127.0.0.1:PORT/other?code=c&state=STATE",
        "http://127.0.0.1:PORT/callback?code=c&code=d&state=STATE",
        "http://127.0.0.1:PORT/callback?state=STATE",
        "http://127.0.0.1:PORT/callback?code=c&error=access_denied&state=STATE",
        "https://evil.example/callback?code=c&state=STATE",
        "hello",
        "\x1b[31m\xff",
    ],
)
def test_wrong_address_from_a_pipe_ends_with_authentication(world: World, pasted: str) -> None:
    world.give_tokens()
    login = world.egain.start("login", "--no-browser")
    asked = authorization_fields(login.read_error_until("paste the address"))
    text = pasted.replace("PORT", str(urlsplit(asked["redirect_uri"]).port)).replace("STATE", asked["state"])
    login.send(text.encode("latin-1") + b"\n")

    done = login.finish()

    assert (done.status, done.out) == (4, "")
    assert "error: what was pasted is not the answer: " in done.err
    assert "\x1b" not in done.err
    assert world.server.requests == []


def test_wrong_address_on_a_terminal_is_said_and_asked_again(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    with world.egain.on_terminal("login", env={"BROWSER": "true"}) as login:
        shown = login.read_until("paste the address").replace("\r\n", "\n")
        login.send(redirect_of(shown, state="wrong").encode() + b"\n")
        login.read_until("its `state` is not that of this login")
        login.send(b"\nhello\n")
        login.read_until("it is no redirect address")
        login.send(redirect_of(shown).encode() + b"\n")
        done = login.finish()

    assert done.status == 0, done.out
    assert stored_refresh_token(world.egain) == "rt-1"


@pytest.mark.parametrize("error", ["access_denied", "invalid_scope", "server_error", "made_up_by_nobody"])
def test_pasted_refusal_has_its_own_words_and_sends_nothing(world: World, error: str) -> None:
    login = world.egain.start("login", "--no-browser", "--error-format", "json")
    asked = authorization_fields(login.read_error_until("paste the address"))
    login.send(f"{asked['redirect_uri']}?error={error}&state={asked['state']}\n".encode())

    done = login.finish()
    said = json.loads(done.err.splitlines()[-1])["error"]

    assert (done.status, said["oauth_error"]) == (4, error)
    assert world.server.requests == []


def test_answer_of_another_issuer_is_refused_before_the_code_leaves(world: World) -> None:
    login = world.egain.start("login", "--no-browser")
    shown = login.read_error_until("paste the address")
    login.send(redirect_of(shown, iss="https://evil.example").encode() + b"\n")

    done = login.finish()

    assert (done.status, done.out) == (4, "")
    assert world.server.requests == []


def test_end_of_standard_input_does_not_cancel_the_wait(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    with ended(world.egain.start("login", "--no-browser")) as login:
        shown = login.read_error_until("paste the address")
        assert login.child.stdin is not None
        login.child.stdin.close()
        login.child.stdin = None
        with urlopen(redirect_of(shown), timeout=30) as answer:
            page = answer.read().decode()
        done = login.finish()

    assert done.status == 0, done.err
    assert "You are signed in" in page


def test_nobody_is_asked_to_paste_where_standard_input_is_nothing(world: World) -> None:
    done = world.egain.shell("egain login --no-browser --timeout 1 </dev/null")

    assert (done.status, done.out, "paste" in done.err) == (4, "", False)
    assert "to sign in, open" in done.err


def test_redirect_that_cannot_be_listened_on_is_pasted(world: World) -> None:
    world.add_profile(redirect_uris=["https://oauth.pstmn.io/v1/callback"])
    world.server.on("/token", token_answer("at-1", refresh_token="rt-1"))
    login = world.egain.start("login", "--no-browser")
    login.send(redirect_of(login.read_error_until("paste the address")).encode() + b"\n")
    done = login.finish()

    assert done.status == 0, done.err
    assert world.server.requests[0].form["redirect_uri"] == "https://oauth.pstmn.io/v1/callback"


def test_redirect_that_cannot_be_listened_on_needs_somebody_to_paste(world: World) -> None:
    world.add_profile(redirect_uris=["https://oauth.pstmn.io/v1/callback"])

    without = world.egain.run("login", stdin=None)
    ended_early = world.egain.run("login", "--no-browser", stdin=b"")

    assert (without.status, ended_early.status) == (3, 4)
    assert "the address was not pasted: standard input ended" in ended_early.err


def test_hint_is_the_command_that_was_run(world: World) -> None:
    world.add_profile("other")
    login = world.egain.start("-p", "other", "login", "--no-browser", "--force", "--actor", "customer")
    asked = authorization_fields(login.read_error_until("paste the address"))
    described = "AADB2C90118:+forgotten"
    login.send(f"?error=access_denied&error_description={described}&state={asked['state']}\n".encode())

    done = login.finish()

    assert done.status == 4
    assert "then run `egain -p other login --pkce --actor customer --force` again" in done.err


def test_address_in_several_lines_from_a_pipe_signs_in(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    login = world.egain.start("login", "--no-browser")
    address = redirect_of(login.read_error_until("paste the address"))
    login.send(f"<{address[:40]}\r\n{address[40:]}>\r\n".encode())

    assert login.finish().status == 0


def test_beginning_of_an_address_from_a_pipe_is_not_the_answer_when_the_pipe_ends(world: World) -> None:
    login = world.egain.start("login", "--no-browser")
    login.send(redirect_of(login.read_error_until("paste the address"))[:-4].encode() + b"\n")
    done = login.finish()

    assert done.status == 4
    assert "what was pasted is not the answer: it is not whole" in done.err
