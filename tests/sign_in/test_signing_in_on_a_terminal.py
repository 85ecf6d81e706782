"""``egain login`` on a terminal: pastes of any length, jobs in the background, and a terminal that is given back."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import pytest
from fakes.process import INTERRUPT
from fakes.world import World, redirect_of, stored_refresh_token

if TYPE_CHECKING:
    from fakes.process import OnTerminal

ALL = {"ICANON", "ECHO", "ISIG"}
STOP = b"\x1a"
ASKED = "paste the address"


def waiting(login: OnTerminal) -> str:
    """Wait for the login to wait; give what it has shown."""
    return login.read_until(ASKED).replace("\r\n", "\n")


def exchanged_code(world: World) -> str:
    return world.server.to("/token")[0].form["code"]


@pytest.mark.parametrize("length", [1500, 4200, 8000])
@pytest.mark.parametrize("code_first", [True, False])
def test_long_code_is_pasted_whole(world: World, length: int, code_first: bool) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    code = "".join(f"{number:05x}" for number in range(length // 5))
    with world.egain.on_terminal("login", "--no-browser") as login:
        place, _, query = redirect_of(waiting(login), code=code).partition("?")
        fields = query.split("&")
        login.send(f"{place}?{'&'.join(fields if code_first else fields[::-1])}\n".encode())
        done = login.finish()

    assert done.status == 0, done.out
    assert exchanged_code(world) == code


@pytest.mark.parametrize("broken_at", [30, 60, 90])
def test_address_in_pieces_is_put_together(world: World, broken_at: int) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    with world.egain.on_terminal("login", "--no-browser") as login:
        address = redirect_of(waiting(login))
        login.send(f"{address[:broken_at]}\n".encode())
        login.read_until("the address is not whole yet")
        login.send(f"{address[broken_at:]}\n".encode())
        done = login.finish()

    assert done.status == 0, done.out


def test_end_of_a_code_on_a_line_of_its_own_is_part_of_it(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    with world.egain.on_terminal("login", "--no-browser") as login:
        place, _, query = redirect_of(waiting(login), code="made-up-code").partition("?")
        code, state = query.split("&")
        login.send(f"\x1b[200~'{place}?{state}&amp;{code[:-4]}\r{code[-4:]}'\x1b[201~\r".encode())
        done = login.finish()

    assert done.status == 0, done.out
    assert exchanged_code(world) == "made-up-code"


def test_keys_that_take_back_still_do(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    with world.egain.on_terminal("login", "--no-browser") as login:
        address = redirect_of(waiting(login), code="made-up-code").encode()
        login.send(b"words\x15one two\x17\x17" + address.replace(b"made", b"madly\x7f\x7fe\xc3\xa9\x7f") + b"\n")
        done = login.finish()

    assert done.status == 0, done.out
    assert exchanged_code(world) == "made-up-code"


def test_end_key_ends_the_pasting_and_not_the_wait(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    with world.egain.on_terminal("login", "--no-browser") as login:
        address = redirect_of(waiting(login))
        login.send(b"\x04")
        urlopen(address, timeout=30).close()
        done = login.finish()

    assert done.status == 0, done.out


def test_terminal_is_left_as_it_was_whatever_ends_the_login(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    for end, status in (("pasted", 0), ("Ctrl-C", 130), ("time", 4), *ENDING.items()):
        argv = ["--timeout", "1"] if end == "time" else []
        with world.egain.on_terminal("login", "--force", "--no-browser", *argv) as login:
            assert login.modes == ALL
            address = redirect_of(waiting(login))
            assert end == "time" or login.modes == ALL - {"ICANON"}
            if end == "pasted":
                login.send(address.encode() + b"\n")
            elif end == "Ctrl-C":
                login.send(INTERRUPT)
            elif end != "time":
                login.signal(signal.Signals[end])
            done = login.finish()

            assert (end, login.modes, done.status) == (end, ALL, status)


ENDING = {name: -signal.Signals[name] for name in ("SIGTERM", "SIGHUP", "SIGQUIT")}


def test_login_in_the_background_leaves_the_terminal_alone_and_says_nothing_of_it(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    with world.egain.shell_on_terminal() as shell:
        shell.send(b"egain login --no-browser &\n")
        shown = shell.read_until("waiting for ").replace("\r\n", "\n")
        shell.send(b"echo typed for the sh''ell; stty -a; jobs; echo that were the jo''bs\n")
        shown += shell.read_until("typed for the shell")
        said = shell.read_after("typed for the shell", "that were the jobs")

        assert " icanon" in said
        assert "Running" in said
        urlopen(redirect_of(shown), timeout=30).close()
        shown += shell.read_until("signed in")
        shell.send(b"wait; echo shell is ov''er; exit\n")
        shell.read_until("shell is over")

    assert [words for words in ("Ctrl-C", ASKED, "`fg`") if words in shown + said] == []
    assert stored_refresh_token(world.egain) == "rt-1"


@pytest.mark.parametrize("uri", [None, "https://oauth.pstmn.io/v1/callback"])
def test_login_that_comes_to_the_foreground_takes_pastes_again(world: World, uri: str | None) -> None:
    if uri is not None:
        world.add_profile(redirect_uris=[uri])
    world.give_tokens("at-1", refresh_token="rt-1")
    code = "c" * 6000
    with world.egain.shell_on_terminal() as shell:
        shell.send(b"egain login --no-browser & echo ba''ck\n")
        # Where nothing but a paste can end it, it says how to come to one.
        told = (
            "waiting for "
            if uri is None
            else "the address that the browser ends on\r\nthis is a job in the background: `fg`"
        )
        address = redirect_of(shell.read_until(told).replace("\r\n", "\n"), code=code)
        shell.send(b"echo ba''ck\n")
        shell.read_until("back")
        shell.send(b"fg\n")
        shell.wait_for_modes(ALL - {"ICANON"})
        shell.send(address.encode() + b"\n")
        shell.read_until("signed in")

    assert exchanged_code(world) == code


@pytest.mark.parametrize("goes_on", ["fg", "bg"])
def test_stopped_login_gives_the_terminal_back_and_goes_on(world: World, goes_on: str) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    code = "c" * 6000
    with world.egain.shell_on_terminal() as shell:
        shell.send(b"egain login --no-browser\n")
        address = redirect_of(waiting(shell), code=code)
        shell.send(STOP)
        shell.read_until("Stopped")
        shell.send(b"stty -a; echo that was st''ty\n")
        assert " icanon" in shell.read_after("Stopped", "that was stty")

        shell.send(f"{goes_on}\n".encode())
        if goes_on == "fg":
            shell.wait_for_modes(ALL - {"ICANON"})
            shell.send(address.encode() + b"\n")
        else:
            urlopen(address, timeout=30).close()
        shell.read_until("signed in")
        shell.wait_for_modes(ALL)

    assert exchanged_code(world) == code


def test_browser_that_comes_with_https_is_told_once_and_its_address_can_be_pasted(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    with world.egain.on_terminal("login", "--no-browser") as login:
        address = redirect_of(waiting(login))
        place = (str(urlsplit(address).hostname), int(urlsplit(address).port or 0))
        for _ in range(2):
            with socket.create_connection(place, timeout=4) as browser:
                browser.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
                assert browser.recv(1) == b""
        login.read_until("the address may be pasted here")
        login.send(address.replace("http:", "https:").replace("127.0.0.1", "localhost").encode() + b"\n")
        done = login.finish()

    assert done.status == 0, done.out
    assert done.out.count("came with https") == 1
    assert world.server.to("/token")[0].form["redirect_uri"] == address.partition("?")[0]


def test_terminal_says_that_the_browser_opened_what_is_awaited_and_then_the_address(world: World) -> None:
    with world.egain.on_terminal("login", env={"BROWSER": "false:true"}) as login:
        login.read_until("`false` did not open it; trying `true`")
        shown = waiting(login)
        login.send(INTERRUPT)
        done = login.finish()

    assert done.status == 130
    uri = redirect_of(shown).partition("?")[0]
    said = shown.index(f"opened your browser; waiting for {uri}, Ctrl-C ends it\n")
    assert said < shown.index(f"no page there? open\n\n  {world.server.url}/authorize") < shown.index(ASKED)
    assert shown.count("response_type=code") == 1


LINKS = {"TERM": "xterm-256color", "WT_SESSION": "made-up"}


def test_terminal_with_links_shows_the_address_as_one(world: World) -> None:
    with world.egain.on_terminal("login", env={"BROWSER": "true", **LINKS}) as login:
        shown = waiting(login)
        login.send(INTERRUPT)
        login.finish()
    place = world.server.url.removeprefix("http://")
    address, _, text = shown.partition("no page there? open \x1b]8;;")[2].partition("\x1b\\")

    assert address.startswith(f"{world.server.url}/authorize?client_id=")
    assert text.startswith(f"this link to {place}\x1b]8;;\x1b\\\n")


@pytest.mark.parametrize(
    "argv", [("--no-browser",), ()], ids=["for another machine", "where no browser could be started"]
)
def test_address_that_may_have_to_be_copied_is_plain_though_there_are_links(world: World, argv: tuple[str]) -> None:
    with world.egain.on_terminal("login", *argv, env={"BROWSER": "/nowhere/at/all", **LINKS}) as login:
        shown = waiting(login)
        login.send(INTERRUPT)
        login.finish()

    assert "\x1b]8" not in shown
    assert f"to sign in, open\n\n  {world.server.url}/authorize?" in shown


@pytest.mark.parametrize(
    ("described", "said", "hint"),
    [
        ("AADB2C90118: The user has forgotten their password.", "sign-in was refused", "reset it on the sign-in page"),
        ("AADB2C90091: The user has cancelled.", "sign-in was cancelled by the person", "`egain login --pkce` again"),
    ],
)
@pytest.mark.parametrize("end", ["\r\nCorrelation ID: made-up\r\n", "\\r\\nCorrelation ID: made-up\\r\\n"])
def test_codes_of_the_sign_in_page_have_words_of_their_own(
    world: World, described: str, said: str, hint: str, end: str
) -> None:
    with world.egain.on_terminal("login", "--no-browser", "--error-format", "json") as login:
        place, _, query = redirect_of(waiting(login)).partition("?")
        state = query.partition("&")[2]
        refusal = f"{place}?error=access_denied&error_description={quote(described + end)}&{state}"
        urlopen(refusal, timeout=30).close()
        done = login.finish()

    assert done.status == 4
    assert f"{said}: `access_denied`: {described} Correlation ID: made-up" in done.out
    assert hint in done.out
    assert "\\r" not in done.out
