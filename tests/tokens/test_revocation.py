"""Revocation of tokens (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.http_server import ScriptedServer, answer

from egain_auth_cli.errors import AuthError, NetworkError
from egain_auth_cli.models.form_request import Client
from egain_auth_cli.models.grants import ClientAuth
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.tokens.revocation import revoke_token
from egain_auth_cli.transport.token_endpoint import TokenEndpoint

if TYPE_CHECKING:
    from egain_auth_cli.transport.client import HttpClient

WEB = Client(client_id="acme", secret=Secret("made-up-secret"), client_auth=ClientAuth.BODY)


@pytest.mark.parametrize("status", ["200 OK", "204 No Content"])
def test_revocation_names_token_and_kind_and_is_done_at_200(http: HttpClient, status: str) -> None:
    with ScriptedServer(answer(status)) as server:
        revoke_token(
            TokenEndpoint(http, seconds=30),
            url=f"{server.url}/revoke",
            client=WEB,
            token=Secret("made-up-token"),
            kind="refresh_token",
        )

    expected = b"token=made-up-token&token_type_hint=refresh_token&client_id=acme&client_secret=made-up-secret"
    assert expected == server.requests[0].partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("400 x", AuthError),
        ("401 x", AuthError),
        ("302 x", NetworkError),
        ("500 x", NetworkError),
        ("503 x", NetworkError),
    ],
)
def test_failed_revocation_says_that_the_token_may_still_live(
    http: HttpClient, status: str, kind: type[Exception]
) -> None:
    with ScriptedServer(answer(status)) as server, pytest.raises(kind, match="may still be live"):
        revoke_token(
            TokenEndpoint(http, seconds=30),
            url=server.url,
            client=WEB,
            token=Secret("made-up-token"),
            kind="access_token",
        )
