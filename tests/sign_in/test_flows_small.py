"""Binding a redirect URI, opening a browser, pasting, and PKCE."""

from __future__ import annotations

import errno
import json
import os
import queue
import re
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.ports import free_port

from egain_auth_cli.errors import RedirectUnavailable
from egain_auth_cli.sign_in import browser as browser_module
from egain_auth_cli.sign_in import sockets as loopback_sockets
from egain_auth_cli.sign_in.authorization import NotTheAnswer
from egain_auth_cli.sign_in.browser import Browser, browser_commands
from egain_auth_cli.sign_in.paste import PasteReader, pasted_query
from egain_auth_cli.sign_in.pkce import challenge_of, generate_pkce, generate_state
from egain_auth_cli.sign_in.sockets import bind_redirect, listenable, port_holder, unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.sign_in.sockets import BoundRedirect

URL = "https://login.acme.test/authorize?a=$(id)&b='c'&d=%20`id`"


@pytest.fixture
def taken() -> Iterator[int]:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        yield port


def closed(bound: BoundRedirect) -> BoundRedirect:
    for one in bound.sockets:
        one.close()
    return bound


@pytest.mark.parametrize(
    ("uri", "can"),
    [
        ("http://localhost:8400/callback", True),
        ("http://127.0.0.1/", True),
        ("http://[::1]:3000/", True),
        ("https://localhost:8400/callback", False),
        ("https://acme.test/callback", False),
        ("http://acme.test/callback", False),
        ("http://127.0.0.2/", False),
    ],
)
def test_loopback_addresses_over_plain_http_can_be_listened_on(uri: str, can: bool) -> None:
    assert can == listenable(uri)


def test_uri_without_a_port_takes_any_and_keeps_its_words() -> None:  # L04, RFC 8252 7.3
    bound = closed(bind_redirect("http://127.0.0.1/a/callback?x=y"))

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/a/callback\?x=y", bound.redirect_uri)


def test_registered_port_is_taken_as_it_stands() -> None:  # L02
    port = free_port()
    uri = f"http://127.0.0.1:{port}/callback"
    bound = bind_redirect(uri)

    assert (uri, [("127.0.0.1", port)]) == (bound.redirect_uri, [one.getsockname() for one in bound.sockets])
    with pytest.raises(OSError, match="in use"):
        bind_redirect(uri)
    closed(bound)


def test_localhost_is_bound_in_both_families_and_nowhere_else() -> None:  # L01, L04
    bound = closed_after_names(bind_redirect("http://localhost/callback"))

    assert {"127.0.0.1", "::1"} == {name[0] for name in bound}
    assert len({name[1] for name in bound}) == 1


def closed_after_names(bound: BoundRedirect) -> list[tuple[str, int]]:
    names = [one.getsockname()[:2] for one in bound.sockets]
    closed(bound)
    return names


def test_port_taken_in_one_family_is_not_taken_in_the_other() -> None:  # L02, L04
    port = free_port()
    with socket.create_server(("::1", port), family=socket.AF_INET6):
        with pytest.raises(OSError, match="in use"):
            bind_redirect(f"http://localhost:{port}/callback")
        with socket.create_server(("127.0.0.1", port)):
            pass


@pytest.mark.parametrize("code", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
def test_host_without_ipv6_is_served_on_ipv4(monkeypatch: pytest.MonkeyPatch, code: int) -> None:  # L04
    real = loopback_sockets._listen

    def listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(code, os.strerror(code))
        return real(family, address, port)

    monkeypatch.setattr(loopback_sockets, "_listen", listen)

    assert [name for name, _ in closed_after_names(bind_redirect("http://localhost/callback"))] == ["127.0.0.1"]
    with pytest.raises(OSError, match=os.strerror(code)):
        bind_redirect("http://[::1]/callback")


def test_any_port_is_tried_again_where_the_other_family_has_it_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    real, failures = loopback_sockets._listen, [1, 2, 3]

    def listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
        if family == socket.AF_INET6 and failures:
            failures.pop()
            raise OSError(errno.EADDRINUSE, "in use")
        return real(family, address, port)

    monkeypatch.setattr(loopback_sockets, "_listen", listen)
    names = closed_after_names(bind_redirect("http://localhost/callback"))

    assert (failures, len(names)) == ([], 2)


def test_no_free_port_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def listen(*_: object) -> socket.socket:
        raise OSError(errno.EADDRINUSE, "in use")

    monkeypatch.setattr(loopback_sockets, "_listen", listen)

    with pytest.raises(OSError, match="in use"):
        bind_redirect("http://localhost/callback")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_taken_port_is_told_with_its_holder(taken: int) -> None:  # L03
    uri = f"http://127.0.0.1:{taken}/callback"
    with pytest.raises(OSError) as caught:
        bind_redirect(uri)

    error = unavailable([(uri, caught.value)])
    assert isinstance(error, RedirectUnavailable)
    assert f"port {taken} of `{uri}`" in error.message
    assert f"process {os.getpid()}" in error.message
    assert "redirect_uris" in (error.hint or "")


def test_port_that_may_not_be_used_is_told_with_the_reason() -> None:  # L03
    error = unavailable([("http://localhost:80/", PermissionError(errno.EACCES, "Permission denied"))])

    assert "port 80 of `http://localhost:80/` (permission denied)" in error.message


def test_port_that_nobody_holds_has_no_holder() -> None:
    assert port_holder(free_port()) is None


@pytest.mark.parametrize(
    ("given", "commands"),
    [
        ("firefox", [["firefox", URL]]),
        ("firefox --new-tab %s", [["firefox", "--new-tab", URL]]),
        ("'/opt/my browser/run' -x", [["/opt/my browser/run", "-x", URL]]),
        ("firefox:chrome %s", [["firefox", URL], ["chrome", URL]]),
        ("firefox %s &", [["firefox", URL]]),
        ("x --url=%s;y", [["x", f"--url={URL};y"]]),
        ("'unclosed:firefox", [["firefox", URL]]),
        (":: &", []),
    ],
)
def test_browser_variable_is_read_without_a_shell(given: str, commands: list[list[str]]) -> None:  # I05
    assert commands == browser_commands({"BROWSER": given}, URL)


@pytest.mark.parametrize(
    ("platform", "environ", "programs"),
    [
        ("darwin", {}, ["open"]),
        ("win32", {}, ["rundll32.exe"]),
        ("linux", {"WSL_DISTRO_NAME": "x"}, ["wslview", "rundll32.exe"]),
        ("linux", {"DISPLAY": ":0"}, ["xdg-open", "sensible-browser"]),
        ("linux", {"WAYLAND_DISPLAY": "w"}, ["xdg-open", "sensible-browser"]),
        ("linux", {}, []),
    ],
)
def test_each_system_has_its_own_way_and_the_url_is_one_argument(
    monkeypatch: pytest.MonkeyPatch, platform: str, environ: dict[str, str], programs: list[str]
) -> None:  # I05
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(browser_module, "Path", lambda _: Path("/nowhere"))
    commands = browser_commands(environ, URL)

    assert programs == [command[0] for command in commands]
    assert all(command[-1] == URL for command in commands)
    assert not {"cmd", "powershell", "sh", "start"} & {Path(program).stem for program in programs}


def test_wsl_is_told_by_its_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "osrelease").write_text("5.15.0-Microsoft-standard-WSL2")
    monkeypatch.setattr(browser_module, "Path", lambda _: tmp_path / "osrelease")

    assert browser_commands({}, URL)[0][0] == "wslview"


def program(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(stat.S_IRWXU)
    return path


def wait_for(path: Path) -> str:
    for _ in range(500):
        if path.exists():
            return path.read_text()
        threading.Event().wait(0.02)
    raise AssertionError(f"{path} never came")


def opened(environ: dict[str, str], url: str = URL) -> queue.Queue[str]:
    told: queue.Queue[str] = queue.Queue()
    Browser(environ, notify=told.put).open(url)
    return told


DUMP = """
import json, os, sys
from pathlib import Path
print("noise on stdout"); print("noise on stderr", file=sys.stderr)
out = Path({out!r})
state = {{"argv": sys.argv[1:], "env": dict(os.environ), "stdin": sys.stdin.read(), "sid": os.getsid(0) == os.getpid()}}
out.with_suffix(".new").write_text(json.dumps(state)); out.with_suffix(".new").rename(out)
"""


def test_browser_gets_the_url_alone_and_no_secret(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:  # E07, I05
    out = tmp_path / "out.json"
    path = program(tmp_path, "dumper", DUMP.format(out=str(out)))
    environ = {
        "BROWSER": str(path),
        "PATH": os.environ["PATH"],
        "EGAIN_CLIENT_SECRET": "made-up-secret",
        "EGAIN_ACCESS_TOKEN": "made-up-token",
        "KEPT": "yes",
    }
    opened(environ)
    seen = json.loads(wait_for(out))

    assert (seen["argv"], seen["stdin"], seen["sid"], seen["env"]["KEPT"]) == ([URL], "", True, "yes")
    assert "made-up" not in json.dumps(seen["env"])
    assert tuple(capfd.readouterr()) == ("", "")


def test_browser_that_runs_on_does_not_delay_the_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # E07
    monkeypatch.setattr(browser_module, "_QUICK_SECONDS", 0.1)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    path = program(tmp_path, "sleeper", f"open({str(fifo)!r}).read()\n")
    children: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(*args: object, **more: object) -> subprocess.Popen[bytes]:
        children.append(real(*args, **more))  # type: ignore[call-overload]
        return children[0]

    monkeypatch.setattr(subprocess, "Popen", popen)
    told = opened({"BROWSER": str(path)})
    children[0].poll()
    assert children[0].returncode is None

    fifo.open("w").close()
    assert children[0].wait(10) == 0
    assert told.empty()


def test_first_browser_that_is_there_is_taken(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    path = program(tmp_path, "dumper", DUMP.format(out=str(out)))
    broken = tmp_path / "broken"
    broken.write_text("#!/nowhere/interpreter\n")
    broken.chmod(stat.S_IRWXU)
    told = opened({"BROWSER": f"/nowhere/at/all:{broken}:{path}"})

    assert json.loads(wait_for(out))["argv"] == [URL]
    assert told.empty()


@pytest.mark.parametrize(
    ("environ", "word"),
    [({"BROWSER": "/nowhere/at/all"}, "`/nowhere/at/all` cannot be started"), ({"BROWSER": " "}, "no display")],
)
def test_missing_browser_is_told(environ: dict[str, str], word: str) -> None:  # E07
    said = opened(environ).get(timeout=5)

    assert word in said
    assert "open the address above yourself" in said


def test_browser_that_fails_is_told(tmp_path: Path) -> None:  # E07
    path = program(tmp_path, "failing", "raise SystemExit(3)\n")

    assert "could not be started" in opened({"BROWSER": str(path)}).get(timeout=10)


REDIRECT = "http://localhost:8400/callback"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (f"{REDIRECT}?code=x&state=y", "code=x&state=y"),
        (f"{REDIRECT}?code=x&state=y#fragment", "code=x&state=y"),
        ("HTTP://LOCALHOST:8400/callback?code=x&state=y", "code=x&state=y"),
        ("?code=x&state=y", "code=x&state=y"),
        ("code=x&state=y", "code=x&state=y"),
        ("code=x&state=y&iss=https://login.acme.test", "code=x&state=y&iss=https://login.acme.test"),
        (f"{REDIRECT}", ""),
    ],
)
def test_address_or_its_query_can_be_pasted(text: str, query: str) -> None:
    assert query == pasted_query(text, REDIRECT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "made-up-code",
        "https://localhost:8400/callback?code=x&state=y",
        "http://localhost:8401/callback?code=x&state=y",
        "http://localhost:8400/other?code=x&state=y",
        "http://evil.test@localhost:8400/callback?state=y",
        "http://[::1/callback?state=y",
        "https://login.acme.test/authorize?state=y",
    ],
)
def test_other_text_is_not_the_answer(text: str) -> None:  # R01
    with pytest.raises(NotTheAnswer):
        pasted_query(text, REDIRECT)


class Pasting:
    """A pipe to paste into, and what came out of it."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.reader = PasteReader(self.read_end, on_line=self.lines.put, on_end=lambda: self.lines.put(None))

    def paste(self, raw: bytes) -> None:
        os.write(self.write_end, raw)

    def paste_much(self) -> None:
        for _ in range(20):
            self.paste(b"x" * 4096)


@pytest.fixture
def pasting() -> Iterator[Pasting]:
    one = Pasting()
    yield one
    for handle in (one.read_end, one.write_end):
        try:
            os.close(handle)
        except OSError:
            continue


def test_lines_are_given_as_they_come_and_the_end_once(pasting: Pasting) -> None:
    with pasting.reader:
        pasting.paste(b"first\r\n  sec")
        first = pasting.lines.get(timeout=5)
        pasting.paste(b"ond \nrest\xff")
        os.close(pasting.write_end)
        others = [pasting.lines.get(timeout=5) for _ in range(3)]

    assert (first, others) == ("first", ["second", "rest\ufffd", None])
    assert pasting.lines.empty()


def test_reader_stops_without_taking_what_is_typed_later(pasting: Pasting) -> None:
    with pasting.reader:
        pass
    pasting.paste(b"for the shell\n")

    assert os.read(pasting.read_end, 100) == b"for the shell\n"
    assert pasting.lines.empty()


def test_endless_line_is_given_up(pasting: Pasting) -> None:
    with pasting.reader:
        writer = threading.Thread(target=pasting.paste_much)
        writer.start()

        assert pasting.lines.get(timeout=5) is None
        os.read(pasting.read_end, 65536)
        writer.join(5)


def test_broken_input_ends_the_pasting() -> None:
    lines: queue.Queue[str | None] = queue.Queue()
    with PasteReader(-1, on_line=lines.put, on_end=lambda: lines.put(None)):
        assert lines.get(timeout=5) is None


def test_challenge_is_that_of_the_rfcs_vector() -> None:  # T01, RFC 7636 appendix B
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_ten_thousand_verifiers_and_states_are_all_different_and_well_formed() -> None:  # T01, R01
    verifiers = {generate_pkce().verifier.reveal() for _ in range(10000)}
    states = {generate_state() for _ in range(10000)}

    assert (len(verifiers), len(states)) == (10000, 10000)
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", one) for one in verifiers | states)


def test_challenge_belongs_to_its_verifier_and_is_shown_without_it() -> None:  # T01
    pkce = generate_pkce()

    assert pkce.challenge == challenge_of(pkce.verifier.reveal())
    assert pkce.verifier.reveal() not in repr(pkce)
