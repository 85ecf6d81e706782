"""`egain proxy` as a process: where it listens, what it says, and its end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from fakes.call_world import RENEWED, TOKEN
from fakes.hostile_server import Answer, Recorded, in_turn
from fakes.ports import free_port
from fakes.process import ended
from fakes.raw_http import connect, get, read_answer
from fakes.systems import NEEDS_POSIX, unix_socket
from fakes.world import api_answer, stored_refresh_token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakes.process import Egain, Env, Running
    from fakes.world import World

    from egain_auth_cli.sandbox.server import SandboxServer

posix_only = pytest.mark.skipif(sys.platform == "win32", reason=NEEDS_POSIX)


@contextlib.contextmanager
def running(egain: Egain, *argv: str, env: Env | None = None) -> Iterator[tuple[Running, dict[str, Any]]]:
    """Start a proxy on any port; it, and what it says when it is ready."""
    place = () if "--socket" in argv else ("--port", "0")
    process = egain.start("proxy", *place, *argv, env=env or {})
    with ended(process):
        assert process.child.stdout is not None
        line = process.child.stdout.readline()
        assert line, process.finish().err
        yield process, json.loads(line)


def begun(url: str) -> socket.socket:
    """Ask, and leave the answer to be read."""
    client = connect(url, seconds=20)
    parts = urlsplit(url)
    client.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    return client


def test_client_without_a_token_makes_an_authenticated_call(calling: World) -> None:
    with running(calling.egain) as (process, ready):
        answers = [get(f"{ready['url']}/things", "Connection: close") for _ in range(2)]
        process.signal(signal.SIGINT)
        done = process.finish()

    assert (done.status, done.out, done.err) == (0, "", "")
    assert [answer.status for answer in answers] == [200, 200]
    assert [one.header("authorization") for one in calling.server.requests] == [[f"Bearer {TOKEN}"]] * 2
    port = ready["url"].rpartition(":")[2]
    assert ready == {
        "ready": True,
        "url": f"http://127.0.0.1:{port}",
        "api_url": calling.server.url,
        "profile": "acme",
        "flow": "client-credentials",
    }


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", pytest.param("SIGHUP", marks=posix_only)])
def test_signal_is_the_usual_end_and_frees_the_port(calling: World, number: str) -> None:
    with running(calling.egain) as (process, ready):
        process.signal(getattr(signal, number))
        done = process.finish()

    assert done.shown == (0, "", "")
    port = int(ready["url"].rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_answer_under_way_is_finished_at_the_end(calling: World) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(_: Recorded) -> Answer:
        asked.set()
        return Answer(body=b"late", until=go_on)

    calling.server.on("/slow", slow)
    with running(calling.egain) as (process, ready):
        with begun(f"{ready['url']}/slow") as client:
            assert asked.wait(20)
            process.signal(signal.SIGINT)
            go_on.set()
            answer = read_answer(client)
        done = process.finish()

    assert (answer.body, done.shown) == ("late", (0, "", ""))


def test_refused_token_is_renewed_once_for_all(calling: World) -> None:
    calling.server.on("/things", in_turn(Answer(status=401), api_answer()))
    with running(calling.egain) as (_, ready):
        answers = [get(f"{ready['url']}/things", "Connection: close").status for _ in range(2)]

    sent = [one.header("authorization")[0] for one in calling.server.to("/things")]
    assert answers == [200, 200]
    assert sent == [f"Bearer {TOKEN}", f"Bearer {RENEWED}", f"Bearer {RENEWED}"]
    assert len(calling.server.to("/token")) == 1
    assert calling.egain.run("token").out == f"{RENEWED}\n"  # every other `egain` has it too


def test_proxy_follows_the_login(sandbox: SandboxServer, egain: Egain) -> None:
    who = "/knowledge/portalmgr/v4/portals/user"

    def name(url: str) -> str:
        answer = get(f"{url}{who}", "Accept-Language: en-US", "Connection: close")
        document = json.loads(answer.body)
        return str(document.get("firstName") or document["code"])

    assert egain.run("login", env={"EGAIN_SANDBOX_PERSON": "alice"}).status == 0
    with running(egain) as (_, ready):
        names = [name(ready["url"])]
        assert egain.run("login", "--force", env={"EGAIN_SANDBOX_PERSON": "bob"}).status == 0
        names.append(name(ready["url"]))
        egain.run("logout")
        names.append(name(ready["url"]))

    assert names == ["Alice", "Bob", "502-login-required"]


def test_missing_login_is_told_before_anything_listens(world: World) -> None:
    done = world.egain.run("proxy", "--port", "0")

    assert (done.status, done.out) == (4, "")
    assert "hint: run `egain login" in done.err


def test_terminal_shows_where_it_is_and_a_line_for_each_request(calling: World) -> None:
    with calling.egain.on_terminal("proxy", "--port", "0") as terminal:
        shown = terminal.read_until("Ctrl-C ends it.")
        url = shown.partition("Base URL:")[2].split()[0]
        get(f"{url}/things?secret=1", "Connection: close")
        shown = terminal.read_until("token 5")
        get(f"{url}/things", "Origin: http://evil.test", "Connection: close")
        shown = terminal.read_until("evil.test")
        terminal.send(b"\x03")
        done = terminal.finish()

    head, _, rest = done.out.replace("\r", "").partition("Ctrl-C ends it.\n")
    lines = rest.splitlines()
    assert head.startswith(f"Forwarding to {calling.server.url}, as `acme`. Clients need no token: this one lives for ")
    assert [line.split()[:3] for line in lines[:2]] == [["GET", "/things", "200"], ["GET", "/things", "403"]]
    assert lines[0].split()[4] == "ms"
    assert (done.status, lines[2:]) == (0, ["^C"])
    assert TOKEN not in done.out
    assert "secret=1" not in done.out


def test_quiet_says_nothing_on_a_terminal(calling: World) -> None:
    port = free_port()
    with calling.egain.on_terminal("--quiet", "proxy", "--port", str(port)) as terminal:
        while True:
            with contextlib.suppress(OSError):
                assert get(f"http://127.0.0.1:{port}/things", "Connection: close").status == 200
                break
        terminal.send(b"\x03")
        done = terminal.finish()

    assert (done.status, done.out.replace("^C", "").strip()) == (0, "")


def test_verbose_traces_requests_without_query_body_or_token(calling: World) -> None:
    calling.server.on("/things", api_answer(b'{"secret":"of-the-body"}'))
    process = calling.egain.start("-vv", "proxy", "--port", "0")
    with ended(process):
        assert process.child.stdout is not None
        ready = json.loads(process.child.stdout.readline())
        get(f"{ready['url']}/things?secret=1", "X-Key: of-the-head", "Connection: close")
        said = process.read_error_until("200")
        process.signal(signal.SIGINT)
        said = process.finish().err

    assert "egain: GET     /things  200" in said
    for secret in (TOKEN, "secret=1", "of-the-body", "of-the-head"):
        assert secret not in said


def test_taken_port_is_named_with_its_holder_and_another_way(calling: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = calling.egain.run("proxy", "--port", str(port))

    assert (done.status, done.out) == (3, "")
    assert f"the proxy cannot listen on port {port}: " in done.err
    assert "`--port N`, or 0 for any" in done.err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--port", "1", "--socket", "x"), "two places"),
        (("--allow", "TRACE"), "no `TRACE`"),
        (("--allow", "GET,FETCH"), "no `FETCH`"),
        (("--allow", ""), "--allow"),
        (("--cors-origin", "*"), "takes scheme, host and port, no `*`"),
        (("--cors-origin", "null"), "takes scheme, host and port, no `null`"),
        (("--cors-origin", "localhost:3000"), "takes scheme, host and port, no `localhost:3000`"),
        (("--cors-origin", "http://evil.test"), "plain `http` is refused"),
        (("--cors-origin", "https://page.test/path"), "hint: `--cors-origin https://page.test`"),
    ],
)
def test_wrong_option_is_told(calling: World, argv: tuple[str, ...], words: str) -> None:
    done = calling.egain.run("proxy", *argv)

    assert (done.status, done.out) == (2, "")
    assert words in done.err


def test_options_reach_the_gate(calling: World) -> None:
    page = "Origin: https://page.test"
    with running(calling.egain, "--allow", "get,head", "--cors-origin", "https://PAGE.test:443/") as (_, ready):
        answers = [
            get(f"{ready['url']}/things", page, "Connection: close"),
            get(f"{ready['url']}/things", "Connection: close", method="HEAD"),
            get(f"{ready['url']}/things", "Connection: close", method="DELETE"),
        ]

    assert [answer.status for answer in answers] == [200, 200, 403]
    assert answers[0].headers["access-control-allow-origin"] == "https://page.test"


def test_token_of_the_environment_is_used_as_call_uses_it(calling: World) -> None:
    given = {"EGAIN_ACCESS_TOKEN": "outer-canary-1", "EGAIN_API_URL": calling.server.url}
    with running(calling.egain, env=given) as (_, ready):
        answer = get(f"{ready['url']}/things", "Connection: close")

    assert answer.status == 200
    assert calling.server.requests[-1].header("authorization") == ["Bearer outer-canary-1"]
    assert "profile" not in ready


def test_base_path_of_the_api_is_part_of_the_address(calling: World) -> None:
    calling.add_profile(flow="client-credentials", api_url=f"{calling.server.url}/system/ws")
    calling.server.on("/system/ws/things", api_answer())
    with running(calling.egain) as (_, ready):
        answer = get(f"{ready['url']}/things", "Connection: close")

    assert ready["url"].endswith("/system/ws")
    assert answer.status == 200


@posix_only
class TestSocket:
    """``--socket``."""

    def test_only_its_owner_can_open_it_and_it_goes_with_the_proxy(self, calling: World) -> None:
        path = calling.egain.home / "egain.sock"
        with running(calling.egain, "--socket", "egain.sock") as (process, ready):
            mode = stat.S_IMODE(path.stat().st_mode)
            answer = ask(path, "localhost")
            foreign = ask(path, "evil.test")
            process.signal(signal.SIGINT)
            done = process.finish()

        assert (mode, answer, foreign, done.shown) == (0o600, 200, 403, (0, "", ""))
        assert (ready["socket"], ready["url"]) == (str(path), "http://localhost")
        assert not path.exists()

    def test_stale_one_is_replaced_and_a_living_one_is_not(self, calling: World) -> None:
        path = calling.egain.home / "egain.sock"
        with running(calling.egain, "--socket", str(path)) as (process, _):
            second = calling.egain.run("proxy", "--socket", str(path))
            assert ask(path, "localhost") == 200
            process.child.kill()
            process.finish()
        left = path.exists()
        with running(calling.egain, "--socket", str(path)):
            after = ask(path, "localhost")

        assert (left, after, second.status) == (True, 200, 3)
        assert f"another process listens on `{path}`" in second.err

    @pytest.mark.parametrize("kind", ["file", "folder", "link"])
    def test_what_is_no_socket_is_left_alone(self, calling: World, kind: str) -> None:
        path = calling.egain.home / "egain.sock"
        if kind == "file":
            path.write_text("mine")
        elif kind == "folder":
            path.mkdir()
        else:
            path.symlink_to("/nowhere")
        done = calling.egain.run("proxy", "--socket", str(path))

        assert (done.status, done.out) == (3, "")
        assert "no socket of yours" in done.err
        assert os.path.lexists(path)

    def test_path_that_is_too_long_is_told(self, calling: World) -> None:
        done = calling.egain.run("proxy", "--socket", str(calling.egain.home / ("x" * 120)))

        assert (done.status, done.out) == (3, "")
        assert "too long" in done.err


def ask(path: Path, host: str) -> int:
    """Ask over a Unix socket; return the status."""
    with unix_socket() as client:
        client.settimeout(20)
        client.connect(str(path))
        client.sendall(f"GET /things HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return read_answer(client).status


def test_lines_that_nobody_reads_stop_no_request(calling: World) -> None:
    process = calling.egain.start("-v", "proxy", "--port", "0")
    with ended(process):
        assert process.child.stdout is not None
        url = json.loads(process.child.stdout.readline())["url"]
        target = "/things" + "/x" * 1000  # 100 such lines are more than a pipe holds
        statuses = {get(f"{url}{target}", "Connection: close").status for _ in range(100)}
        process.signal(signal.SIGINT)
        done = process.finish()

    assert (statuses, done.status) == ({404}, 0)
    assert done.err.count("egain: GET") == 100


def never_answered(world: World, path: str) -> tuple[threading.Event, threading.Event]:
    """Let a path hang; what is set when it is asked for, and what ends it."""
    asked, over = threading.Event(), threading.Event()

    def never(_: Recorded) -> Answer:
        asked.set()
        return Answer(until=over)

    world.server.on(path, never)
    return asked, over


def test_request_under_way_at_the_end_is_told_of_it(calling: World) -> None:
    asked, over = never_answered(calling, "/things")
    process = calling.egain.start("-v", "proxy", "--port", "0")
    with ended(process):
        assert process.child.stdout is not None
        url = json.loads(process.child.stdout.readline())["url"]
        with begun(f"{url}/things") as client:
            assert asked.wait(20)
            process.signal(signal.SIGTERM)
            answer = read_answer(client)
        done = process.finish()
    over.set()

    assert (answer.status, json.loads(answer.body)["code"], done.status) == (502, "502-network", 0)
    assert answer.headers["proxy-status"].startswith("egain; error=")
    assert "GET     /things  502" in done.err


def test_token_endpoint_that_says_nothing_does_not_hold_the_end(calling: World) -> None:
    asked, over = never_answered(calling, "/token")
    calling.server.on("/things", Answer(status=401))
    with running(calling.egain, env={"EGAIN_TIMEOUT": "3000"}) as (process, ready), begun(f"{ready['url']}/things"):
        assert asked.wait(20)
        process.signal(signal.SIGINT)
        done = process.finish()
    over.set()

    assert done.shown == (0, "", "")


@pytest.mark.parametrize("ends", ["SIGINT", "SIGTERM"])
def test_login_that_is_being_renewed_at_the_end_is_kept(world: World, ends: str) -> None:
    world.sign_in(access_token="at-0", left=3000)
    asked, go_on = threading.Event(), threading.Event()
    rotate = world.rotate()

    def late(request: Recorded) -> Answer:
        asked.set()
        assert go_on.wait(20)
        return rotate(request)

    world.server.on("/token", late)
    world.server.on("/things", Answer(status=401))
    with running(world.egain) as (process, ready), begun(f"{ready['url']}/things") as client:
        assert asked.wait(20)
        process.signal(getattr(signal, ends))
        client.recv(1)  # until it is answered, or closed
        go_on.set()
        done = process.finish()

    assert (done.status, done.out) == (0, "")
    assert stored_refresh_token(world.egain) == "rt-1"


def test_renewal_that_never_ends_is_given_up_when_the_end_is_asked_for_again(world: World) -> None:
    world.sign_in(access_token="at-0", left=3000)
    asked, over = never_answered(world, "/token")
    world.server.on("/things", Answer(status=401))
    with running(world.egain, env={"EGAIN_TIMEOUT": "3000"}) as (process, ready):
        address = ("127.0.0.1", int(ready["url"].rpartition(":")[2]))
        with socket.create_connection(address) as client:
            client.sendall(f"GET /things HTTP/1.1\r\nHost: 127.0.0.1:{address[1]}\r\n\r\n".encode())
            assert asked.wait(20)
            process.signal(signal.SIGINT)
            client.recv(1)  # until it is answered, or closed
            for _ in range(100):
                process.signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.child.wait(0.2)
                    break
            done = process.finish()
    over.set()

    assert done.shown == (0, "", "")
