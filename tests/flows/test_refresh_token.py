"""The request for a renewal (RFC 6749 section 6)."""

from __future__ import annotations

from urllib.parse import parse_qs

from hypothesis import given, settings
from hypothesis import strategies as st
from oauthlib.oauth2.rfc6749.parameters import prepare_token_request

from egain_auth_cli.flows.refresh_token import refresh_request
from egain_auth_cli.models.form_request import Client
from egain_auth_cli.models.secret import Secret

URL = "https://login.acme.test/token?user_type=customer"
ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)
PUBLIC = Client(client_id="acme-client")


@settings(deadline=None)
@given(ASCII, st.lists(st.from_regex(r"[a-z.:/]+", fullmatch=True), max_size=3))
def test_refresh_says_what_oauthlib_would_say(token: str, scopes: list[str]) -> None:
    form = refresh_request(URL, PUBLIC, refresh_token=Secret(token), scopes=scopes)
    theirs = prepare_token_request("refresh_token", refresh_token=token, scope=scopes or None, client_id="acme-client")

    assert parse_qs(theirs) == parse_qs(form.body().decode("ascii"))
