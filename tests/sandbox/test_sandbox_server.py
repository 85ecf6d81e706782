"""The server as a process sees it: binding, hosts, the access log, the profiles and the person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fakes import sandbox_person
from fakes.sandbox_driver import PORTALS, SCOPE, USER, Driver, basic, redirected, start_sandbox

from egain_auth_cli.sandbox.profile_document import commercial_profile_document, profile_document
from egain_auth_cli.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


def run_person(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EGAIN_")}
    environment |= {"HTTP_PROXY": "http://127.0.0.1:9", **variables}
    return subprocess.run(
        [sys.executable, sandbox_person.__file__, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_taken_port_is_an_os_error(sandbox: Driver) -> None:
    port = urlsplit(sandbox.server.url).port
    assert port

    with pytest.raises(OSError, match="in use"):
        SandboxServer(port=port)


def test_port_is_free_again_after_close(sandbox: Driver) -> None:
    port = urlsplit(sandbox.server.url).port
    assert port
    sandbox.server.close()

    SandboxServer(port=port).close()


def test_close_ends_serve_forever() -> None:
    server = SandboxServer()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    assert httpx.get(f"{server.url}/system/deploymentInfo", trust_env=False).status_code == 200

    server.close()
    server.close()

    thread.join(10)
    assert not thread.is_alive()


def test_server_closed_before_it_serves_ends_at_once() -> None:
    server = SandboxServer()
    server.close()

    server.serve_forever()

    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url, trust_env=False)


def test_registrations_are_listed(sandbox: Driver) -> None:
    assert [each.client_id for each in sandbox.server.registrations] == [
        "sandbox-app",
        "sandbox-spa",
        "sandbox-web",
        "sandbox-web-pkce",
        "sandbox-any-scope",
        "sandbox-contrary",
        "sandbox-expired",
        "sandbox-noexchange",
        "sandbox-throttled",
        "sandbox-string-expiry",
        "sandbox-b64",
        "odd:id/%+&=",
    ]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:80"])
def test_other_hosts_are_refused(sandbox: Driver, host: str) -> None:
    answer = sandbox.http.get("/system/deploymentInfo", headers={"Host": host})

    assert answer.status_code == 400


def test_localhost_is_the_same_server(sandbox: Driver) -> None:
    host = urlsplit(sandbox.server.url).netloc.replace("127.0.0.1", "localhost")

    assert sandbox.http.get("/system/deploymentInfo", headers={"Host": host}).status_code == 200


def test_unknown_page_is_a_page(sandbox: Driver) -> None:
    answer = sandbox.http.get("/favicon.ico")

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_access_log_holds_names_and_no_value(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "access.log"
    with start_sandbox(access_log=log) as sandbox:
        code = sandbox.obtain_code()
        tokens = sandbox.exchange_code(code).json()
        fields = {"grant_type": "client_credentials", "scope": "knowledge.portalmgr.manage"}
        sandbox.http.post(f"{USER}/token", data=fields, headers=basic("sandbox-app", "sandbox-secret"))
        sandbox.call(tokens["access_token"], f"{PORTALS}/portals?$pagesize=3")
        sandbox.post(f"{USER}/token", **{tokens["refresh_token"]: "", "grant_type": "guessed"})

    text = log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[3:] == [
        {
            "method": "POST",
            "path": f"{USER}/token",
            "status": 200,
            "client_auth": "body",
            "grant": "authorization_code",
            "form": ["client_id", "client_secret", "code", "grant_type", "redirect_uri"],
            "query": [],
        },
        {
            "method": "POST",
            "path": f"{USER}/token",
            "status": 200,
            "client_auth": "basic",
            "grant": "client_credentials",
            "form": ["grant_type", "scope"],
            "query": [],
        },
        {
            "method": "GET",
            "path": f"{PORTALS}/portals",
            "status": 200,
            "client_auth": "none",
            "grant": None,
            "form": [],
            "query": ["$pagesize"],
        },
        {
            "method": "POST",
            "path": f"{USER}/token",
            "status": 400,
            "client_auth": "none",
            "grant": "unknown",
            "form": ["(not a name)", "grant_type"],
            "query": [],
        },
    ]
    values = {code, "sandbox-secret", "sandbox-app", "alice", SCOPE, "whatever", "guessed"}
    assert [value for value in values | {*tokens.values()} if str(value) in text] == []
    assert log.stat().st_mode & 0o777 == 0o600
    assert capfd.readouterr() == ("", "")


def test_access_log_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SandboxServer(access_log=tmp_path / "missing" / "access.log")


@pytest.mark.parametrize("document", [profile_document, commercial_profile_document])
def test_profile_names_endpoints_that_exist(sandbox: Driver, document: object) -> None:
    assert callable(document)
    profile = document(sandbox.server.url)

    urls = [(name, url) for table in profile["endpoints"].values() for name, url in table.items()]
    statuses = {
        (name, url): sandbox.http.get(url).status_code
        if name == "authorization_url"
        else sandbox.http.post(url).status_code
        for name, url in urls
    }

    assert set(statuses.values()) == {400}
    for name, url in statuses:
        if name == "token_url":
            assert sandbox.http.post(url).json()["error"] == "invalid_request"


def test_profile_is_as_the_configuration_has_it() -> None:
    profile = profile_document("http://127.0.0.1:8700")

    assert profile["redirect_uris"] == [
        "http://localhost:8400/callback",
        "http://127.0.0.1:8401/callback",
        "http://127.0.0.1/callback",
    ]
    assert profile["deployment"] == "self-service"
    assert json.loads(json.dumps(profile)) == profile


class Listener(BaseHTTPRequestHandler):
    """An application that redirects once more before its page, and keeps what it got."""

    received: dict[str, list[str]]

    def do_GET(self) -> None:
        if self.path.startswith("/callback"):
            Listener.received = parse_qs(urlsplit(self.path).query)
            self.send_response(303)
            self.send_header("Location", "/done")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("action", "name"), [("approve", "code"), ("deny", "error")])
def test_person_follows_to_the_end(sandbox: Driver, action: str, name: str) -> None:
    with HTTPServer(("127.0.0.1", 0), Listener) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        redirect = f"http://127.0.0.1:{listener.server_port}/callback"
        url = str(sandbox.authorize(redirect_uri=redirect).request.url)
        ended = run_person(url, EGAIN_SANDBOX_ACTION=action, EGAIN_SANDBOX_PERSON="bob")
        listener.shutdown()
        thread.join()

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert Listener.received.keys() >= {name, "state"}


def test_person_prints_an_address_beyond_loopback(sandbox: Driver) -> None:
    url = str(sandbox.authorize(redirect_uri="https://oauth.pstmn.io/v1/callback").request.url)

    ended = run_person(url)

    assert ended.returncode == 0
    assert ended.stdout.startswith("https://oauth.pstmn.io/v1/callback?code=")


@pytest.mark.parametrize("person", ["carol", "nobody"])
def test_person_who_may_not_sign_in_fails(sandbox: Driver, person: str) -> None:
    url = str(sandbox.authorize().request.url)

    ended = run_person(url, EGAIN_SANDBOX_PERSON=person)

    assert ended.returncode == 1
    assert ended.stderr == f"error: the page at {urlsplit(url).netloc}{USER}/authorize answered 403\n"


def test_person_finds_nobody_at_a_closed_port() -> None:
    server = SandboxServer()
    server.close()

    ended = run_person(server.url)

    assert ended.returncode == 1


def test_wrong_use_of_the_person_is_two() -> None:
    assert run_person("--a", "b").returncode == 2


def test_denial_after_a_person_signed_in_leaves_nothing(sandbox: Driver) -> None:
    page = sandbox.sign_in(sandbox.authorize())

    assert redirected(sandbox.press(page, "deny"))["error"] == "access_denied"
    assert sandbox.press(page, "approve").status_code == 400


def test_access_log_takes_a_form_that_cannot_be_read(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    with start_sandbox(access_log=log) as sandbox:
        sandbox.post(f"{USER}/token", grant_type="x" * 2_000_000)

    assert json.loads(log.read_text(encoding="utf-8"))["form"] == []
