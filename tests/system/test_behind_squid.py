"""The way through Squid: with a password, without, with a wrong one, to what it denies and to what it cannot reach."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import trustme
from fakes.http_server import ScriptedServer, answer
from fakes.tls_server import tls_server, trusted

from system.authorization_server import free_port
from system.squid import DENIED, ORIGIN, PASSWORD, USER, Squid, squid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from system.egain_command import Egain

SIGN_IN = f"{USER}:{quote(PASSWORD, safe='')}@"
TOKEN = {"access_token": "at-1", "token_type": "Bearer", "expires_in": 3600}


@pytest.fixture(scope="module")
def proxy() -> Iterator[Squid]:
    with squid() as one:
        yield one


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def origin(authority: trustme.CA) -> Iterator[ScriptedServer]:
    """A token endpoint that is found by the proxy alone."""
    reply = answer("200 OK", json.dumps(TOKEN).encode(), "Content-Type: application/json")
    with tls_server(authority.issue_cert(ORIGIN), reply) as one:
        yield one


@pytest.fixture
def client(egain: Egain, authority: trustme.CA, tmp_path: Path) -> Egain:
    """A client application that trusts the origin's authority."""
    variables = {"EGAIN_CLIENT_ID": "client-1", "EGAIN_CLIENT_SECRET": "made-up-secret", "EGAIN_SCOPE": "a.read"}
    return egain.within(variables | trusted(authority, tmp_path))


def error_at(client: Egain, proxy: Squid, host: str, port: int, *, userinfo: str = SIGN_IN) -> str:
    """Ask a host for a token where that must fail; the error's message and hint."""
    ran = client.within(
        {"EGAIN_TOKEN_URL": f"https://{host}:{port}/token", "HTTPS_PROXY": f"{userinfo}{proxy.address}"}
    ).run("--error-format", "json", "token", "--client-credentials")
    assert (5, "", "network") == (ran.status, ran.stdout, ran.error["code"])
    assert f"the proxy `{proxy.address}` of `HTTPS_PROXY` " in ran.error["message"]
    assert not any(part in ran.stderr for part in (USER, PASSWORD, quote(PASSWORD, safe="")))
    return f"{ran.error['message']} / {ran.error['hint']}"


def test_token_comes_through_a_proxy_with_a_password_that_needs_encoding(
    client: Egain, proxy: Squid, origin: ScriptedServer
) -> None:
    url = f"https://{ORIGIN}:{origin.port}/token"
    behind = client.within({"EGAIN_TOKEN_URL": url, "HTTPS_PROXY": f"http://{SIGN_IN}{proxy.address}"})
    ran = behind.run("token", "--client-credentials")

    assert (0, "at-1\n", "") == (ran.status, ran.stdout, ran.stderr)
    assert 1 == len(origin.requests)
    assert b"proxy-auth" not in origin.requests[0].lower()


@pytest.mark.parametrize(
    ("userinfo", "says"),
    [
        ("", "wants a user name and password (status 407)"),
        (f"{USER}:wrong@", "refused the user name or password (status 407)"),
    ],
)
def test_proxy_s_password_that_is_missing_or_wrong_is_told(
    client: Egain, proxy: Squid, origin: ScriptedServer, userinfo: str, says: str
) -> None:
    assert says in error_at(client, proxy, ORIGIN, origin.port, userinfo=userinfo)
    assert [] == origin.requests


def test_host_that_the_proxy_denies_is_told(client: Egain, proxy: Squid) -> None:
    said = error_at(client, proxy, DENIED, 443)

    assert f"does not allow a connection to `https://{DENIED}` (status 403)" in said
    assert "`NO_PROXY`" in said


@pytest.mark.parametrize("host", [ORIGIN, "unknown.acme.test"])
def test_host_that_the_proxy_cannot_reach_is_told(client: Egain, proxy: Squid, host: str) -> None:
    port = free_port()

    assert f"could not reach `https://{host}:{port}` (status 50" in error_at(client, proxy, host, port)


def test_proxy_that_signs_in_by_negotiate_alone_is_told(client: Egain) -> None:
    with squid(negotiate=True) as proxy:
        said = error_at(client, proxy, ORIGIN, 443)

    assert "wants a sign-in by Negotiate (status 407), which is not supported" in said


def test_doctor_names_the_proxy(client: Egain, proxy: Squid, origin: ScriptedServer) -> None:
    behind = client.within(
        {
            "EGAIN_FLOW": "client-credentials",
            "EGAIN_TOKEN_URL": f"https://{ORIGIN}:{origin.port}/token",
            "https_proxy": f"{SIGN_IN}{proxy.address}",
            "EGAIN_API_URL": f"https://{ORIGIN}:{origin.port}",
        }
    )
    found = {one["name"]: one["detail"] for one in json.loads(behind.run("doctor", "--json").stdout)["checks"]}

    assert f" through the proxy `{proxy.address}` of `https_proxy`, SSL_CERT_FILE=" in found["api"]
