"""``egain login`` from end to end: a real authorization server, a program for the person, every way it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from fakes import sandbox_person
from fakes.hostile_server import Answer, refusal, token_answer
from fakes.process import INTERRUPT, ended, read_until
from fakes.world import (
    CLIENT_SECRET,
    World,
    add_profile,
    authorization_fields,
    authorization_url,
    cache_token,
    redirect_of,
    stored_refresh_token,
)

from egain_auth_cli.sandbox.profile_document import profile_document

if TYPE_CHECKING:
    from fakes.process import Egain, Running

    from egain_auth_cli.sandbox.server import SandboxServer

PORTALS = "/knowledge/portalmgr/v4/portals"
SANDBOX_SECRET = {"EGAIN_CLIENT_SECRET": "sandbox-secret"}


def script(world: World, text: str) -> str:
    """Make a program of a shell script."""
    path = world.egain.home / "browser"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(stat.S_IRWXU)
    return str(path)


def user_name(egain: Egain) -> str:
    answer = egain.run("call", "GET", f"{PORTALS}/user")
    assert answer.status == 0, answer.err
    return str(json.loads(answer.out)["user"][0]["userName"])


def test_pkce_login_signs_a_person_in(egain: Egain, sandbox: SandboxServer) -> None:
    signed_in = egain.run("login", "--pkce")

    assert (signed_in.status, signed_in.out) == (0, "")
    assert "signed in: profile `sandbox`, user; the token is valid for 60 min, until " in signed_in.err
    assert "it is renewed by itself when `egain token` needs it" in signed_in.err
    assert user_name(egain) == "alice"


def test_login_with_a_secret_signs_a_person_in(egain: Egain, sandbox: SandboxServer) -> None:
    signed_in = egain.run("login", "--auth-code", env=SANDBOX_SECRET)
    token = egain.run("token", "--auth-code", env=SANDBOX_SECRET)

    assert (signed_in.status, signed_in.out) == (0, "")
    assert (token.status, token.err) == (0, "")
    assert token.out.count(".") == 2


def test_customer_signs_in_at_the_customer_s_endpoint(egain: Egain, sandbox: SandboxServer) -> None:
    signed_in = egain.run("login", "--pkce", "--actor", "customer", env={"EGAIN_SANDBOX_PERSON": "carol"})
    token = egain.run("token", "--pkce", "--actor", "customer")
    user = egain.run("token", "--pkce")

    assert (signed_in.status, signed_in.out) == (0, "")
    assert "signed in: profile `sandbox`, customer" in signed_in.err
    assert (token.status, user.status) == (0, 4)


def test_denial_ends_with_authentication_and_the_page_says_so(
    world: World, egain: Egain, sandbox: SandboxServer
) -> None:
    page = egain.home / "page"
    os.mkfifo(page)
    reader = os.open(page, os.O_RDWR | os.O_NONBLOCK)  # a reader from the start: the browser never waits to write
    watching = script(
        world,
        f"cd {Path(sandbox_person.__file__).parent} && "
        f'exec {sys.executable} -c "import sandbox_person as person; fetch = person._fetch; '
        f"person._fetch = lambda *a: (answer := fetch(*a), open('{page}', 'w').write(answer[2]))[0]; "
        'import sys; sys.exit(person.main(sys.argv[1:]))" "$1"',
    )

    done = egain.run(
        "-p", "sandbox", "login", "--error-format", "json", env={"BROWSER": watching, "EGAIN_SANDBOX_ACTION": "deny"}
    )
    said = json.loads(done.err.splitlines()[-1])["error"]

    assert (done.status, done.out) == (4, "")
    assert (said["code"], said["oauth_error"], said["exit"]) == ("sign-in-refused", "access_denied", 4)
    shown = read_until(reader, b"Sign-in did not succeed", b"")
    os.close(reader)
    assert b"You are signed in" not in shown.rpartition(b"<!doctype")[2]


def test_page_says_signed_in_only_after_the_exchange(world: World) -> None:
    # L13, R08
    world.server.on("/token", refusal("invalid_grant"))
    with ended(world.egain.start("login", env={"BROWSER": "true %s"})) as login:
        redirect = redirect_of(login.read_error_until("=S256"))
        with urlopen(redirect, timeout=30) as answer:
            page = answer.read().decode()
            headers = dict(answer.headers)
            ended_on = urlsplit(answer.url).path
        done = login.finish()

    assert done.status == 4
    assert "Sign-in did not succeed" in page
    assert ended_on == "/failed"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in headers


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
    # R01, R04, R05
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
    # R03
    login = world.egain.start("login", "--no-browser", "--error-format", "json")
    asked = authorization_fields(login.read_error_until("paste the address"))
    login.send(f"{asked['redirect_uri']}?error={error}&state={asked['state']}\n".encode())

    done = login.finish()
    said = json.loads(done.err.splitlines()[-1])["error"]

    assert (done.status, said["oauth_error"]) == (4, error)
    assert world.server.requests == []


def test_answer_of_another_issuer_is_refused_before_the_code_leaves(world: World) -> None:
    # R06
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


def test_nobody_who_signs_in_ends_with_a_code_of_its_own(world: World) -> None:
    with ended(world.egain.start("login", "--no-browser", "--timeout", "1", "--error-format", "json")) as login:
        done = login.finish()
    said = json.loads(done.err.splitlines()[-1])["error"]

    assert (done.status, done.out) == (4, "")
    assert (said["code"], said["message"]) == ("login-timed-out", "nobody signed in within 1 s")
    assert done.seconds < 4


def test_interrupt_from_the_keyboard_ends_the_login_and_leaves_nothing(world: World) -> None:
    # L12, F20
    before = world.egain.files()
    with world.egain.on_terminal("login", env={"BROWSER": "true"}) as terminal:
        terminal.read_until("paste the address")
        terminal.send(INTERRUPT)
        done = terminal.finish()

    assert done.status == 130
    assert done.out.replace("\r\n", "\n").endswith("error: interrupted\n")
    assert "Traceback" not in done.out
    assert world.egain.files() == before


@pytest.mark.parametrize("times", [1, 2])
def test_interrupted_login_leaves_nothing_however_often_it_is_interrupted(world: World, times: int) -> None:
    # L12, F20
    before = world.egain.files()
    with ended(world.egain.start("login", "--no-browser")) as login:
        login.read_error_until("paste the address")
        for _ in range(times):
            login.signal(signal.SIGINT)
        done = login.finish()

    assert done.status in {130, -signal.SIGINT}  # a shell shows both as 130
    assert done.err.endswith("error: interrupted\n")
    assert "Traceback" not in done.err
    assert world.egain.files() == before


def test_interrupt_takes_effect_within_half_a_second(world: World) -> None:
    # L12, F20
    with ended(world.egain.start("login", "--no-browser")) as login:
        login.read_error_until("paste the address")
        login.signal(signal.SIGINT)
        status = login.child.wait(0.5)

    assert status == 130


def test_browser_that_lives_on_holds_nothing_of_the_login(world: World) -> None:
    # L11, C04: neither the port nor a lock nor a terminal
    up = world.egain.home / "browser-is-up"
    browser = script(world, f"echo $$ > {up}.part; mv {up}.part {up}; exec sleep 60")
    world.give_tokens()
    with ended(world.egain.start("login", env={"BROWSER": browser})) as login:
        shown = login.read_error_until("=S256")
        with urlopen(redirect_of(shown), timeout=30):
            done = login.finish()
    pid = int(up.read_text())
    held = {entry.readlink() for entry in Path(f"/proc/{pid}/fd").iterdir()}
    os.kill(pid, signal.SIGKILL)

    assert done.status == 0, done.err
    assert held == {Path(os.devnull)}


def test_registered_ports_that_are_taken_are_named_with_their_holder(world: World) -> None:
    # L03
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        taken = [one.getsockname()[1], other.getsockname()[1]]
        uris = [f"http://127.0.0.1:{taken[0]}/callback", f"http://localhost:{taken[1]}/callback"]
        world.add_profile(redirect_uris=uris)
        mark = world.egain.home / "opened"
        done = world.egain.run("login", "--error-format", "json", env={"BROWSER": f"touch {mark}"})
    said = json.loads(done.err)["error"]

    assert (done.status, done.out, said["code"]) == (3, "", "redirect-unavailable")
    assert all(f"port {port} of `{uri}`" in said["message"] for port, uri in zip(taken, uris, strict=True))
    assert "process " in said["message"]
    assert not mark.exists()


def test_first_registered_port_that_is_free_is_used_byte_for_byte(world: World) -> None:
    # L03, L04
    world.give_tokens()
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as spare:
        free = spare.getsockname()[1]
        held = taken.getsockname()[1]
        spare.close()
        uri = f"http://localhost:{free}/some/path?fixed=1"
        world.add_profile(redirect_uris=[f"http://127.0.0.1:{held}/callback", uri])
        with ended(world.egain.start("login", "--no-browser")) as login:
            asked = authorization_fields(login.read_error_until("paste the address"))

    assert asked["redirect_uri"] == uri


@pytest.mark.parametrize(
    ("browser", "said"),
    [
        ("/bin/echo", None),
        ("no-such-browser-anywhere", "no browser was opened (`no-such-browser-anywhere` cannot be started)"),
        ("false", "the browser could not be started: open the address above yourself"),
        ("'unbalanced", "no browser was opened"),
    ],
)
def test_no_browser_is_a_reason_to_fail(world: World, browser: str, said: str | None) -> None:
    # E07, I05
    world.give_tokens("at-1", refresh_token="rt-1")
    with ended(world.egain.start("login", env={"BROWSER": browser})) as login:
        shown = login.read_error_until(said or "=S256")
        with urlopen(redirect_of(shown), timeout=30):
            done = login.finish()

    assert (done.status, done.out) == (0, "")
    assert done.seconds < 10


def test_without_a_display_the_address_is_left_to_the_person(world: World) -> None:
    # E07
    world.give_tokens()
    with ended(world.egain.start("login", env={"BROWSER": None, "DISPLAY": None, "WAYLAND_DISPLAY": None})) as login:
        shown = login.read_error_until("no browser was opened (there is no display)")
        with urlopen(redirect_of(shown), timeout=30):
            done = login.finish()

    assert done.status == 0


def test_browser_gets_one_argument_and_none_of_the_secrets(world: World) -> None:
    # E07, I05, S11
    seen = world.egain.home / "seen"
    browser = script(world, f'{{ echo "$#"; echo "$1"; env; }} > {seen}.part; mv {seen}.part {seen}; touch $(id)')
    world.give_tokens()
    environ = {
        "EGAIN_CLIENT_SECRET": CLIENT_SECRET,
        "EGAIN_ACCESS_TOKEN": "at-canary",
        "EGAIN_SUBJECT_TOKEN": "st-canary",
    }
    with ended(world.egain.start("login", "--auth-code", env={"BROWSER": browser, **environ})) as login:
        shown = login.read_error_until("knowledge.portalmgr.read&state=")
        shown += login.read_error_until("\n\n")
        with urlopen(redirect_of(shown), timeout=30):
            login.finish()
    said = seen.read_text()

    assert said.startswith(f"1\n{authorization_url(shown)}\n")
    assert [name for name in (CLIENT_SECRET, "at-canary", "st-canary") if name in said] == []


def test_second_login_is_not_made_unless_it_is_forced(egain: Egain, sandbox: SandboxServer) -> None:
    egain.run("login")
    again = egain.run("login", env={"BROWSER": "false"})
    before = stored_refresh_token(egain)
    forced = egain.run("login", "--force")

    assert (again.status, again.out) == (0, "")
    assert "is signed in already; `egain login --pkce --force` signs in again" in again.err
    assert forced.status == 0, forced.err
    assert stored_refresh_token(egain) != before


def test_forced_login_that_fails_leaves_the_former_one(egain: Egain, sandbox: SandboxServer) -> None:
    egain.run("login")
    before = stored_refresh_token(egain)
    failed = egain.run("login", "--force", env={"EGAIN_SANDBOX_ACTION": "deny"})
    token = egain.run("token", "--force-refresh")

    assert failed.status == 4
    assert before is not None
    assert token.status == 0, token.err


def test_server_without_refresh_tokens_says_when_to_sign_in_again(egain: Egain, sandbox: SandboxServer) -> None:
    values = profile_document(sandbox.url) | {
        "client_id": "sandbox-spa",
        "redirect_uris": ["http://127.0.0.1/callback"],
    }
    add_profile(egain, "spa", values)

    signed_in = egain.run("-p", "spa", "login")
    token = egain.run("-p", "spa", "token")

    assert (signed_in.status, signed_in.out) == (0, "")
    assert "until " in signed_in.err
    assert (
        "the server gave no refresh token, as is usual on self-service: run `egain -p spa login --pkce` again then"
        in (signed_in.err)
    )
    assert (token.status, token.err) == (0, "")


@pytest.mark.parametrize("argv", [("--min-valid", "7200"), ("--force-refresh",)])
def test_token_that_lives_too_briefly_is_not_said_to_have_ended(world: World, argv: tuple[str, ...]) -> None:
    cache_token(world.egain, "at-1", left=3000)

    done = world.egain.run("token", *argv)

    assert (done.status, done.out) == (4, "")
    assert "ended" not in done.err
    assert "egain login --pkce --force" in done.err


def test_hint_for_a_token_in_its_last_minute_leads_to_a_new_token(world: World) -> None:
    cache_token(world.egain, "at-old", left=30)
    world.give_tokens("at-new")
    refused = world.egain.run("token")
    hint = refused.err.rpartition("run `egain ")[2].partition("`")[0]
    login = world.egain.start(*hint.split(), "--no-browser")
    shown = login.read_error_until("paste the address")
    login.send(redirect_of(shown).encode() + b"\n")

    assert refused.status == 4
    assert login.finish().status == 0
    assert world.egain.run("token").out == "at-new\n"


def test_two_logins_at_once_do_not_take_each_other_s_answer(world: World) -> None:
    # L14
    world.add_profile("other")
    world.give_tokens("at-1", refresh_token="rt-1")
    with (
        ended(world.egain.start("login", "--no-browser")) as one,
        ended(world.egain.start("-p", "other", "login", "--no-browser")) as other,
    ):
        of_one, of_other = one.read_error_until("paste the address"), other.read_error_until("paste the address")
        crossed = authorization_fields(of_other)["redirect_uri"] + "?" + urlsplit(redirect_of(of_one)).query
        with pytest.raises(OSError, match="400"):
            urlopen(crossed, timeout=30)
        for shown in (of_one, of_other):
            urlopen(redirect_of(shown), timeout=30).close()
        done = [one.finish(), other.finish()]

    assert [one.status for one in done] == [0, 0]


def test_stray_requests_cost_nothing_and_the_right_one_makes_one_exchange(world: World) -> None:
    # L05, L06, L07, L10 (the figure for every run), R02, R11
    world.give_tokens("at-1", refresh_token="rt-1")
    with ended(world.egain.start("login", "--no-browser")) as login:
        shown = login.read_error_until("paste the address")
        right = urlsplit(redirect_of(shown))
        address = (str(right.hostname), int(right.port or 0))
        strays = [
            b"GET /favicon.ico HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"GET /callback/?QUERY HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"GET //callback?QUERY HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"GET /callback%2f?QUERY HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"GET http://HOST/callback?QUERY HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"GET /callback?QUERY HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            b"GET /callback?QUERY HTTP/1.1\r\n\r\n",
            b"GET /callback?QUERY HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n",
            b"GET /callback?QUERY HTTP/1.1\r\nHost: HOST\r\nOrigin: https://evil.example\r\n\r\n",
            b"HEAD /callback?QUERY HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"OPTIONS /callback?QUERY HTTP/1.1\r\nHost: HOST\r\nAccess-Control-Request-Private-Network: true\r\n\r\n",
            b"PUT /callback?QUERY HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n",
            b"GET /callback?error=access_denied HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"GET /callback?error=access_denied&state=wrong HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"GET /callback?code=c&state=wrong HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"GET /callback?QUERY&code=second HTTP/1.1\r\nHost: HOST\r\n\r\n",
            b"GET /callback HTTP/1.1\r\nHost: HOST\r\nContent-Length: -1\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
        ]
        filled = [one.replace(b"HOST", right.netloc.encode()).replace(b"QUERY", right.query.encode()) for one in strays]
        statuses = {first_status(address, request) for request in filled * 5}
        with ThreadPoolExecutor(8) as pool:
            get = b"GET %b?%b HTTP/1.1\r\nHost: %b\r\n\r\n" % (
                right.path.encode(), right.query.encode(), right.netloc.encode()
            )  # fmt: skip
            answers = list(pool.map(lambda _: first_status(address, get), range(50)))
        done = login.finish()

    assert statuses <= {b"400", b"403", b"404", b"405", b"409", b"413", b"415", b"431", b""}
    assert done.status == 0, done.err
    assert answers.count(b"303") == 1
    assert len(world.server.to("/token")) == 1


def first_status(address: tuple[str, int], request: bytes) -> bytes:
    """Send bytes and give the status of the answer; empty where the connection was just closed."""
    try:
        with socket.create_connection(address, timeout=30) as one:
            one.sendall(request)
            return one.recv(64).partition(b" ")[2][:3]
    except OSError:
        return b""


def test_idle_connections_do_not_hold_up_the_answer(world: World) -> None:
    # L08, F6
    world.give_tokens()
    idle: list[socket.socket] = []
    with ended(world.egain.start("login", "--no-browser")) as login:
        right = redirect_of(login.read_error_until("paste the address"))
        address = (str(urlsplit(right).hostname), int(urlsplit(right).port or 0))
        for number in range(250):
            idle.append(socket.create_connection(address, timeout=30))
            if number % 5 == 0:
                idle[-1].sendall(b"G")
        urlopen(right, timeout=2).close()
        done = login.finish()
    for one in idle:
        one.close()

    assert done.status == 0, done.err


def test_only_loopback_is_listened_on(world: World) -> None:
    # L01
    world.add_profile(redirect_uris=["http://localhost/callback"])
    with ended(world.egain.start("login", "--no-browser")) as login:
        uri = authorization_fields(login.read_error_until("paste the address"))["redirect_uri"]
        addresses = listening_addresses(login, int(urlsplit(uri).port or 0))

    assert addresses
    assert addresses <= {"0100007F", "00000000000000000000000001000000"}


def listening_addresses(running: Running, port: int) -> set[str]:
    """The addresses, as the kernel writes them, on which a port is listened on."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{running.pid}/net/{table}").read_text().splitlines()[1:]:
            address, _, hex_port = line.split()[1].rpartition(":")
            if line.split()[3] == "0A" and int(hex_port, 16) == port:
                found.add(address)
    return found


def test_login_for_a_flow_without_a_person_is_a_usage_error(world: World) -> None:
    world.add_profile(flow="client-credentials")

    done = world.egain.run("login")

    assert (done.status, done.out) == (2, "")
    assert "egain login --pkce" in done.err


def test_refresh_token_that_is_not_to_be_kept_is_said_and_written_nowhere(world: World) -> None:
    world.add_profile(secret_store="none")
    world.give_tokens("at-1", refresh_token="rt-canary")
    login = world.egain.start("login", "--no-browser")
    login.send(redirect_of(login.read_error_until("paste the address")).encode() + b"\n")
    done = login.finish()

    assert done.status == 0, done.err
    assert 'the refresh token is not kept (`secret_store = "none"`)' in done.err
    assert [path for path in world.egain.files() if b"rt-canary" in path.read_bytes()] == []


def test_scope_that_the_person_did_not_get_is_told(world: World) -> None:
    world.give_tokens(scope="knowledge.portalmgr.other", refresh_token="rt-1")
    login = world.egain.start("login", "--no-browser")
    login.send(redirect_of(login.read_error_until("paste the address")).encode() + b"\n")
    done = login.finish()

    assert done.status == 0
    assert "warning: the server did not grant `knowledge.portalmgr.read`" in done.err


def test_exchange_that_fails_stores_nothing(world: World, tmp_path: Path) -> None:
    world.server.on("/token", Answer(status=500))
    before = world.egain.files()
    login = world.egain.start("login", "--no-browser")
    login.send(redirect_of(login.read_error_until("paste the address")).encode() + b"\n")
    done = login.finish()

    assert (done.status, done.out) == (5, "")
    assert world.egain.files() == before


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
