"""``egain doctor`` as a process: everything in order, and each thing that can be broken, broken for real."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from fakes.hostile_server import refusal
from fakes.process import TAKEN_AWAY, ended
from fakes.world import CLIENT_ID, add_profile, cache_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.process import Egain, Env, Finished
    from fakes.world import World

    from egain_auth_cli.sandbox.server import SandboxServer

SECRET = "canary-client-secret-1"
SECRETS = {"EGAIN_CLIENT_SECRET": SECRET, "EGAIN_SUBJECT_TOKEN": "canary-subject-1"}
APPLICATION: Env = {"EGAIN_FLOW": "client-credentials"}


@pytest.fixture
def healthy(world: World) -> World:
    """A profile of which nothing is broken, for a client application whose secret the environment has."""
    world.add_profile(flow="client-credentials")
    world.server.on("/token", refusal("invalid_request"))
    world.egain.environ["EGAIN_CLIENT_SECRET"] = SECRET
    world.egain.environ["BROWSER"] = "true"
    return world


def examined(done: Finished) -> dict[str, dict[str, Any]]:
    """The checks of ``doctor --json`` by their names; the exit status must be what they say."""
    report = json.loads(done.out)
    assert done.out.count("\n") == 1
    assert report["ok"] == all(check["state"] != "failure" for check in report["checks"])
    assert done.status == (0 if report["ok"] else 3), done.err
    assert [{"name", "state", "detail", "fix"}] * len(report["checks"]) == [set(check) for check in report["checks"]]
    return {check["name"]: check for check in report["checks"]}


def failures(done: Finished) -> set[str]:
    """The names of the checks that failed."""
    return {name for name, check in examined(done).items() if check["state"] == "failure"}


# --- in order -----------------------------------------------------------------------------------------------------


def test_each_check_of_a_healthy_sandbox_is_one_line_and_the_status_is_0(
    egain: Egain, acme_sandbox: SandboxServer
) -> None:
    expected = ["configuration", "secret-store", "cache", "token-endpoint", "clock", "api", "credentials"]

    done = egain.run("doctor", env={**APPLICATION, "BROWSER": "true"})

    assert (0, "") == (done.status, done.err)
    assert expected == [line.split()[1] for line in done.out.splitlines()]
    assert {"ok", "warning"} == {line.split()[0] for line in done.out.splitlines()}
    assert acme_sandbox.url in done.out


def test_json_has_every_check_with_state_detail_and_fix(egain: Egain, acme_sandbox: SandboxServer) -> None:
    checks = examined(egain.run("doctor", "--json", env=APPLICATION))

    assert {
        "configuration",
        "secret-store",
        "cache",
        "token-endpoint",
        "clock",
        "api",
        "credentials",
    } == set(checks)
    assert {"ok", "warning"} == {check["state"] for check in checks.values()}
    assert ["ok", None] == [checks["api"]["state"], checks["api"]["fix"]]
    assert "warning" == checks["secret-store"]["state"]  # a plain file, which is pointed out


def test_signed_in_profile_is_told_and_a_missing_login_is_a_failure(healthy: World) -> None:
    healthy.add_profile(flow="pkce")
    before = healthy.egain.run("doctor", "--offline", "--json")
    healthy.sign_in(left=600)
    after = healthy.egain.run("doctor", "--offline", "--json")

    assert {"login"} == failures(before)
    assert set() == failures(after)
    assert "egain login" in before.err


# --- broken -------------------------------------------------------------------------------------------------------


def test_host_that_is_down_is_told(healthy: World) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        healthy.add_profile(flow="client-credentials", endpoints={"client": {"token_url": f"{url}/token"}})
        done = healthy.egain.run("doctor", "--json")

    assert {"token-endpoint"} == failures(done)
    assert url in examined(done)["token-endpoint"]["detail"]
    assert done.err.startswith("error: 1 of ")


def test_api_that_is_down_is_told(healthy: World) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        healthy.add_profile(flow="client-credentials", api_url=f"http://127.0.0.1:{deaf.getsockname()[1]}")
        done = healthy.egain.run("doctor", "--json")

    assert {"api"} == failures(done)


@contextmanager
def tls_server(authority: trustme.CA) -> Iterator[str]:
    """An API behind TLS that answers 401 to whatever it is asked, on as many connections as come."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with plain:
                try:
                    with context.wrap_socket(plain, server_side=True) as one:
                        one.recv(65536)
                        one.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


@pytest.mark.parametrize("trusted", [True, False])
def test_certificate_that_is_not_trusted_is_told_with_its_reason(healthy: World, trusted: bool) -> None:
    authority = trustme.CA()
    bundle = healthy.egain.home / "authorities.pem"
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(str(bundle))
    with tls_server(authority) as url:
        healthy.add_profile(flow="client-credentials", api_url=url)
        done = healthy.egain.run("doctor", "--json", env={"SSL_CERT_FILE": str(bundle)})

    api = examined(done)["api"]
    assert (set() if trusted else {"api"}) == failures(done)
    assert (str(bundle) if trusted else f"the certificate of `{url}` is not trusted") in api["detail"]
    assert trusted or "SSL_CERT_FILE" in api["fix"]


HOLD = (
    "import socket, sys; one = socket.create_server(('127.0.0.1', 0)); print(one.getsockname()[1], flush=True); input()"
)


def test_port_of_the_redirect_that_another_process_holds_is_told_with_its_holder(healthy: World) -> None:
    holder = [sys.executable, "-I", "-S", "-c", HOLD]
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        healthy.add_profile(
            flow="pkce", redirect_uris=[f"http://127.0.0.1:{port}/callback", "http://127.0.0.1/callback"]
        )
        done = healthy.egain.run("doctor", "--offline", "--json")
        other.communicate("\n", timeout=30)

    states = [one for one in json.loads(done.out)["checks"] if one["name"] == "redirect-uri"]
    assert ["failure", "ok"] == [one["state"] for one in states]
    assert f"port {port}" in states[0]["detail"]
    assert f"process {other.pid}" in states[0]["detail"]


@pytest.mark.parametrize(("seconds", "word"), [(-600, "ahead of"), (600, "behind"), (5, "")])
def test_clock_that_differs_from_the_server_s_is_told(healthy: World, seconds: int, word: str) -> None:
    date = ("Date", formatdate(time.time() + seconds, usegmt=True))
    answer = refusal("invalid_request")
    healthy.server.on("/token", lambda _: type(answer)(status=400, headers=(*answer.headers, date), body=answer.body))

    done = healthy.egain.run("doctor", "--json")

    assert ({"clock"} if word else set()) == failures(done)
    assert word in examined(done)["clock"]["detail"]


@pytest.mark.parametrize(("ahead", "words"), [(600, "10 min"), (8 * 3600, "8 h"), (0, None)])
def test_token_of_a_clock_that_was_ahead_is_told(healthy: World, ahead: int, words: str | None) -> None:
    cache_token(healthy.egain, "canary-token-1", left=ahead + 3000, age=-ahead)

    found = examined(healthy.egain.run("doctor", "--json", "--offline")).get("cached-token")

    assert (words is not None) == (found is not None)
    assert found is None or (found["state"], words in found["detail"]) == ("warning", True)


def test_address_that_is_no_token_endpoint_is_told(healthy: World) -> None:
    del healthy.server.handlers["/token"]

    done = healthy.egain.run("doctor", "--json")

    assert {"token-endpoint"} == failures(done)
    assert "404" in examined(done)["token-endpoint"]["detail"]


@pytest.mark.parametrize("kind", ["not writable", "cannot be made", "a file"])
def test_cache_folder_that_cannot_be_written_is_told(healthy: World, kind: str) -> None:
    closed = healthy.egain.home / "closed"
    closed.mkdir(mode=0o500)
    (healthy.egain.home / "file").touch(mode=0o600)
    folder = {"not writable": closed, "cannot be made": closed / "cache", "a file": healthy.egain.home / "file"}[kind]

    done = healthy.egain.run("doctor", "--json", under=["plain-user"], env={"EGAIN_CACHE_DIR": str(folder)})

    cache = examined(done)["cache"]
    assert cache["state"] == "failure"
    assert "`--no-store`" in cache["fix"]
    assert "`EGAIN_TOKEN_CACHE=none`" in cache["fix"]


def test_cache_that_is_switched_off_is_not_looked_at(healthy: World) -> None:
    done = healthy.egain.run("doctor", "--json", env={"EGAIN_TOKEN_CACHE": "none", "EGAIN_CACHE_DIR": "/dev/null/x"})

    assert done.status == 0
    assert "cache" not in examined(done)


def test_cache_folder_that_a_login_needs_is_a_failure(healthy: World) -> None:
    closed = healthy.egain.home / "closed"
    closed.mkdir(mode=0o500)

    done = healthy.egain.run(
        "doctor", "--json", under=["plain-user"], env={"EGAIN_CACHE_DIR": str(closed), "EGAIN_FLOW": "pkce"}
    )

    assert "cache" in failures(done)


def test_cache_folder_that_others_may_enter_is_told(healthy: World) -> None:
    healthy.egain.cache.mkdir()
    healthy.egain.cache.chmod(0o755)

    assert {"cache"} == failures(healthy.egain.run("doctor", "--offline", "--json"))


@pytest.mark.parametrize(
    "text",
    [b"broken = [", b"\xff\xfe", b"version = 1\n[profiles.acme]\nflow = 7\n", b"version = 1\n" + b"#" * 1_100_000],
)
def test_broken_configuration_is_the_first_thing_told(healthy: World, text: bytes) -> None:
    healthy.egain.config_file.write_bytes(text)

    done = healthy.egain.run("doctor")

    assert 3 == done.status
    assert ["FAILURE", "configuration"] == done.out.split()[:2]
    assert text == healthy.egain.config_file.read_bytes()


def test_missing_keyring_is_told_with_the_ways_on(healthy: World) -> None:
    healthy.add_profile(flow="client-credentials", secret_store="keyring")
    none = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    by_environment = healthy.egain.run("doctor", "--json", env=none)
    by_keyring = healthy.egain.run("doctor", "--json", env=none | {"EGAIN_CLIENT_SECRET": ""})
    for_login = healthy.egain.run("doctor", "--json", env=none | {"EGAIN_FLOW": "pkce"})

    assert set() == failures(by_environment)
    assert "warning" == examined(by_environment)["keyring"]["state"]
    assert "keyring" in failures(by_keyring)
    assert "keyring" in failures(for_login)
    assert examined(by_keyring)["keyring"]["fix"]


def test_missing_client_secret_is_told(healthy: World) -> None:
    done = healthy.egain.run("doctor", "--offline", "--json", env={"EGAIN_CLIENT_SECRET": None})

    assert {"credentials"} == failures(done)


# --- what it does not do ------------------------------------------------------------------------------------------


def test_offline_opens_no_connection(healthy: World) -> None:
    done = healthy.egain.run("doctor", "--offline", "--json")

    assert 0 == healthy.server.connections
    assert {"token-endpoint", "api", "clock"}.isdisjoint(examined(done))


IMPATIENT = """
import sys
from egain_auth_cli.__main__ import run
from egain_auth_cli.health import doctor as doctor_service
assert doctor_service.TOTAL_SECONDS <= 15
doctor_service.TOTAL_SECONDS = 1.0
sys.exit(run(sys.argv[1:]))
"""
"""The program, whose patience with all hosts together is shortened."""


def test_hosts_that_accept_and_never_answer_are_given_up_within_its_time(healthy: World) -> None:
    healthy.server.on_connect = healthy.server.closing.wait
    program = (sys.executable, "-c", IMPATIENT)

    with ended(healthy.egain.start("doctor", "--json", program=program, piped=False)) as running:
        done = running.finish()

    assert {"token-endpoint", "api"} == failures(done)


def test_person_is_told_what_is_being_checked(healthy: World) -> None:
    released = threading.Event()
    healthy.server.on_connect = released.wait
    with healthy.egain.on_terminal("doctor") as terminal:
        terminal.read_until("checking the hosts")
        released.set()
        done = terminal.finish()

    assert f"{TAKEN_AWAY}ok " in done.out


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_no_secret_is_printed_or_sent(healthy: World, options: tuple[str, ...]) -> None:
    healthy.add_profile(flow="pkce")
    healthy.sign_in(access_token="canary-access-1", refresh_token="canary-refresh-1", left=600)

    done = healthy.egain.run("-vv", "doctor", *options, env=SECRETS)

    sent = b"".join(request.raw for request in healthy.server.requests)
    assert 0 == done.status, done.err
    assert b"canary" not in done.stdout + done.stderr + sent
    assert CLIENT_ID.encode() not in sent
    assert {("POST", "/token"), ("HEAD", "/")} == {(one.method, one.target) for one in healthy.server.requests}


def test_nothing_is_written(egain: Egain, acme_sandbox: SandboxServer) -> None:
    add_profile(egain, "other", {"client_id": "made-up", "api_url": acme_sandbox.url})
    before = {path: path.stat().st_mtime_ns for path in egain.files()}

    done = egain.run("-p", "other", "doctor", "--json")

    assert {"token_url"} <= failures(done)
    assert before == {path: path.stat().st_mtime_ns for path in egain.files()}
