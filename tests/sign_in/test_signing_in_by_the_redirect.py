"""``egain login`` and its listener: ports, addresses, and requests that are not the answer."""

from __future__ import annotations

import base64
import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from fakes.hostile_server import refusal
from fakes.process import ended
from fakes.raw_http import get
from fakes.systems import NEEDS_LINUX
from fakes.world import (
    World,
    authorization_fields,
    redirect_of,
    stored_refresh_token,
)
from figures import amount

if TYPE_CHECKING:
    from fakes.process import Running
    from figures import Measured


def test_page_says_signed_in_only_after_the_exchange(world: World) -> None:
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
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'", "form-action 'none'"} <= set(policy)
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in headers


def test_page_says_so_where_the_person_was_refused(world: World) -> None:
    with ended(world.egain.start("login", env={"BROWSER": "true %s"})) as login:
        asked = authorization_fields(login.read_error_until("=S256"))
        refused = f"{asked['redirect_uri']}?error=access_denied&state={asked['state']}"
        with urlopen(refused, timeout=30) as answer:
            page = answer.read().decode()
        done = login.finish()

    assert (done.status, world.server.requests) == (4, [])
    assert "Sign-in was not approved" in page
    assert "What to do: sign in as a person who may use this client application, and approve the request." in page
    assert "You are signed in" not in page


def test_page_says_whose_login_it_is_once_that_is_kept(world: World) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"preferred_username": "alice <b>"}).encode()).decode().rstrip("=")
    world.give_tokens("at-1", refresh_token="rt-1", id_token=f"eyJhbGciOiJSUzI1NiJ9.{claims}.made-up")
    with ended(world.egain.start("login", "--no-browser")) as login:
        redirect = redirect_of(login.read_error_until("paste the address"))
        told = get(redirect)
        kept = stored_refresh_token(world.egain)
        page = get(f"http://{urlsplit(redirect).netloc}{told.headers['location']}")
        done = login.finish()

    assert (told.status, kept, done.status) == (303, "rt-1", 0)
    assert "<p>As alice &lt;b&gt;, for the profile <code>acme</code>.</p>" in page.body


def test_page_says_failed_where_the_login_cannot_be_kept(world: World) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    with ended(world.egain.start("login", "--no-browser")) as login:
        redirect = redirect_of(login.read_error_until("paste the address"))
        world.egain.run("profile", "remove", "acme")
        with urlopen(redirect, timeout=30) as answer:
            page = answer.read().decode()
        done = login.finish()

    assert done.status == 3
    assert "Sign-in did not succeed" in page
    assert "was renamed or removed meanwhile" in page


@pytest.mark.parametrize(
    ("error", "description", "title", "command"),
    [
        ("access_denied", "AADB2C90091:+x", "Sign-in was cancelled", "egain -p other login --pkce"),
        ("invalid_request", "x", "Sign-in did not succeed", "egain -p other profile show"),
    ],
)
def test_page_s_command_is_for_the_profile_that_was_named(
    world: World, error: str, description: str, title: str, command: str
) -> None:
    world.add_profile("other")
    with ended(world.egain.start("-p", "other", "login", "--no-browser")) as login:
        shown = login.read_error_until("paste the address")
        refused = redirect_of(shown, error=error, error_description=description).replace("code=", "x=")
        with urlopen(refused, timeout=30) as answer:
            page = answer.read().decode()
        login.finish()

    assert f"<span>{title}</span>" in page
    assert f"<code>{command}</code>" in page


def test_registered_ports_that_are_taken_are_named_with_their_holder(world: World) -> None:
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


def test_two_logins_at_once_do_not_take_each_other_s_answer(world: World) -> None:
    world.add_profile("other")
    world.give_tokens("at-1", refresh_token="rt-1")
    with (
        ended(world.egain.start("login", "--no-browser")) as one,
        ended(world.egain.start("-p", "other", "login", "--no-browser")) as other,
    ):
        of_one, of_other = one.read_error_until("paste the address"), other.read_error_until("paste the address")
        crossed = authorization_fields(of_other)["redirect_uri"] + "?" + urlsplit(redirect_of(of_one)).query
        with pytest.raises(HTTPError, match="400") as refused:
            urlopen(crossed, timeout=30)
        refused.value.close()
        for shown in (of_one, of_other):
            urlopen(redirect_of(shown), timeout=30).close()
        done = [one.finish(), other.finish()]

    assert [one.status for one in done] == [0, 0]


@pytest.mark.figure("hostile requests before the answer", "10,000, then one token request")
def test_stray_requests_cost_nothing_and_the_right_one_makes_one_exchange(world: World, measured: Measured) -> None:
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
        sent = filled * amount(5, 500)
        statuses = {first_status(address, request) for request in sent}
        with ThreadPoolExecutor(8) as pool:
            get = b"GET %b?%b HTTP/1.1\r\nHost: %b\r\n\r\n" % (
                right.path.encode(), right.query.encode(), right.netloc.encode()
            )  # fmt: skip
            answers = list(pool.map(lambda _: first_status(address, get), range(50)))
        done = login.finish()

    measured(len(sent), "requests")
    measured(len(world.server.to("/token")), "token requests")
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


@pytest.mark.figure("the answer beside idle connections", "250 open, 200 ms at most", most={"ms": 200})
def test_idle_connections_do_not_hold_up_the_answer(world: World, measured: Measured) -> None:
    world.give_tokens()
    idle: list[socket.socket] = []
    with ended(world.egain.start("login", "--no-browser")) as login:
        right = redirect_of(login.read_error_until("paste the address"))
        address = (str(urlsplit(right).hostname), int(urlsplit(right).port or 0))
        for number in range(250):
            idle.append(socket.create_connection(address, timeout=30))
            if number % 5 == 0:
                idle[-1].sendall(b"G")
        begun = time.monotonic()
        urlopen(right, timeout=30).close()
        measured(1000 * (time.monotonic() - begun), "ms")
        done = login.finish()
    measured(len(idle), "idle")
    for one in idle:
        one.close()

    assert done.status == 0, done.err


def test_only_loopback_is_listened_on(world: World) -> None:
    world.add_profile(redirect_uris=["http://localhost/callback"])
    with ended(world.egain.start("login", "--no-browser")) as login:
        uri = authorization_fields(login.read_error_until("paste the address"))["redirect_uri"]
        addresses = listening_addresses(login, int(urlsplit(uri).port or 0))

    assert addresses
    assert addresses <= {"0100007F", "00000000000000000000000001000000"}


def listening_addresses(running: Running, port: int) -> set[str]:
    """The addresses, as the kernel writes them, on which a port is listened on."""
    if sys.platform != "linux":
        pytest.skip(NEEDS_LINUX)
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{running.pid}/net/{table}").read_text().splitlines()[1:]:
            address, _, hex_port = line.split()[1].rpartition(":")
            if line.split()[3] == "0A" and int(hex_port, 16) == port:
                found.add(address)
    return found
