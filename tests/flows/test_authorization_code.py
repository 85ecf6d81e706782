"""The exchange of a code (RFC 6749 section 4.1.3, RFC 7636)."""

from __future__ import annotations

from urllib.parse import parse_qs

from hypothesis import given, settings
from hypothesis import strategies as st
from oauthlib.oauth2.rfc6749.parameters import prepare_token_request

from egain_auth_cli.flows.authorization_code import request
from egain_auth_cli.flows.record import Grant
from egain_auth_cli.models.form_request import Client
from egain_auth_cli.models.secret import Secret

URL = "https://login.acme.test/token?user_type=customer"
ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)
PUBLIC = Client(client_id="acme-client")
WEB = Client(client_id="acme-client", secret=Secret("made-up-secret"))


@settings(deadline=None)
@given(ASCII, ASCII, ASCII, ASCII)
def test_code_exchange_says_what_oauthlib_would_say(client_id: str, secret: str, code: str, redirect_uri: str) -> None:
    client = Client(client_id=client_id, secret=Secret(secret))
    form = request(Grant(url=URL, client=client, code=Secret(code), redirect_uri=redirect_uri))
    theirs = prepare_token_request(
        "authorization_code", code=code, redirect_uri=redirect_uri, client_id=client_id, client_secret=secret
    )

    assert parse_qs(theirs, keep_blank_values=True) == parse_qs(form.body().decode("ascii"), keep_blank_values=True)


@settings(deadline=None)
@given(ASCII, ASCII)
def test_pkce_exchange_says_what_oauthlib_would_say(code: str, verifier: str) -> None:
    form = request(
        Grant(url=URL, client=PUBLIC, code=Secret(code), redirect_uri="http://localhost/", verifier=Secret(verifier))
    )
    theirs = prepare_token_request(
        "authorization_code",
        code=code,
        redirect_uri="http://localhost/",
        client_id="acme-client",
        code_verifier=verifier,
    )

    assert parse_qs(theirs) == parse_qs(form.body().decode("ascii"))


def test_a_verifier_and_a_secret_are_never_sent_together() -> None:
    form = request(Grant(url=URL, client=WEB, code=Secret("c"), redirect_uri="http://localhost/", verifier=Secret("v")))

    assert sorted(form.fields) == ["client_id", "code", "code_verifier", "grant_type", "redirect_uri"]
    assert form.authorization is None
