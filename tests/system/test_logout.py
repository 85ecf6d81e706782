"""Signing out: revoked at the server, gone from keyring and cache."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import pytest

if TYPE_CHECKING:
    from system.authorization_server import AuthorizationServer
    from system.egain_command import Egain
    from system.keyring_session import KeyringSession
    from system.person import Person


@pytest.fixture
def signed_in(egain: Egain, server: AuthorizationServer, person: Person) -> Egain:
    """The tool with a login."""
    options = ("--flow", "pkce", "--redirect-uri", "http://127.0.0.1/callback", "--scope", "openid")
    server.add_profile(egain, "acme", *options, client_id="native")
    egain.within(person.acts()).do("login")
    person.wait()
    server.forget_requests()
    return egain


def refresh(server: AuthorizationServer, refresh_token: str) -> tuple[int, str | None]:
    """Try a refresh token as its thief would; status and OAuth error."""
    form = {"grant_type": "refresh_token", "client_id": "native", "refresh_token": refresh_token}
    try:
        with build_opener(ProxyHandler({})).open(f"{server.issuer}/token", urlencode(form).encode()) as answer:
            return answer.status, None
    except HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)["error"]


def read_with(server: AuthorizationServer, egain: Egain, token: str) -> int:
    """Use an access token at the API; the exit status."""
    given = {"EGAIN_ACCESS_TOKEN": token, "EGAIN_API_URL": server.issuer}
    return egain.within(given).run("call", "GET", "/me").status


def test_logout_revokes_the_refresh_token_and_with_it_the_login(
    signed_in: Egain, server: AuthorizationServer, keyring: KeyringSession
) -> None:
    refresh_token, token = keyring.refresh_token("acme"), signed_in.do("token")

    signed_in.do("logout")
    revocations = server.requests("/token/revocation")

    assert [("POST", 200, ["client_id", "token", "token_type_hint"])] == [
        (one.method, one.status, one.params) for one in revocations
    ]
    assert (400, "invalid_grant") == refresh(server, refresh_token)
    assert 4 == read_with(server, signed_in, token)


def test_logout_leaves_nothing_in_keyring_and_cache_and_token_then_asks_for_a_login(
    signed_in: Egain, keyring: KeyringSession
) -> None:
    before = keyring.items()

    signed_in.do("logout")
    ran = signed_in.run("--error-format", "json", "token")
    _, cache = signed_in.folders

    assert (["acme/login/pkce/user"], []) == (before, keyring.items())
    assert [] == list((cache / "tokens").iterdir())
    assert (4, "", "login-required") == (ran.status, ran.stdout, ran.error["code"])


def test_logout_without_revocation_asks_the_server_nothing(
    signed_in: Egain, server: AuthorizationServer, keyring: KeyringSession
) -> None:
    refresh_token = keyring.refresh_token("acme")

    signed_in.do("logout", "--no-revoke")

    assert ([], []) == (server.requests(), keyring.items())
    assert (200, None) == refresh(server, refresh_token)


def test_logout_keeps_the_client_secret(signed_in: Egain, keyring: KeyringSession) -> None:
    signed_in.do("secret", "set", stdin="kept\n")

    signed_in.do("logout")

    assert ["acme/client-secret"] == keyring.items()
