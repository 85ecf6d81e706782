"""A form for the token endpoint: how the client authenticates, and how it is encoded (RFC 6749 section 2.3.1)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.models.form_request import Client, form_request
from egain_auth_cli.models.grants import ClientAuth
from egain_auth_cli.models.secret import Secret

if TYPE_CHECKING:
    from egain_auth_cli.models.form_request import FormRequest

URL = "https://login.acme.test/token?user_type=customer"
ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40)
PUBLIC = Client(client_id="acme-client")
WEB = Client(client_id="acme-client", secret=Secret("made-up-secret"))
BASIC = Client(client_id="acme-client", secret=Secret("made-up-secret"), client_auth=ClientAuth.BASIC)


def methods_of(form: FormRequest) -> list[str]:
    return [name for name, used in (("basic", form.authorization), ("body", form.fields.get("client_secret"))) if used]


@pytest.mark.parametrize(("client", "methods"), [(PUBLIC, []), (WEB, ["body"]), (BASIC, ["basic"])])
def test_exactly_one_client_authentication_method_is_used(client: Client, methods: list[str]) -> None:
    form = form_request(URL, client, {"grant_type": "x"})

    assert methods == methods_of(form)
    assert ("client_id" in form.fields) == (methods != ["basic"])
    assert "made-up-secret" not in form.url


@settings(deadline=None)
@given(ASCII, ASCII)
def test_any_basic_credentials_come_back_as_they_were_given(client_id: str, secret: str) -> None:
    form = form_request(URL, Client(client_id=client_id, secret=Secret(secret), client_auth=ClientAuth.BASIC), {})

    assert form.authorization is not None
    scheme, _, encoded = form.authorization.reveal().partition(" ")
    name, colon, password = base64.b64decode(encoded, validate=True).decode("ascii").partition(":")
    assert ("Basic", client_id, ":", secret) == (scheme, unquote_plus(name), colon, unquote_plus(password))


def test_basic_credentials_of_odd_characters_have_the_rfcs_form() -> None:  # RFC 6749 2.3.1 and appendix B
    client = Client(client_id="a:b c", secret=Secret("p%q+r&sé"), client_auth=ClientAuth.BASIC)

    form = form_request(URL, client, {})

    assert form.authorization is not None
    raw = base64.b64decode(form.authorization.reveal().removeprefix("Basic "))
    assert raw == b"a%3Ab+c:p%25q%2Br%26s%C3%A9"


@settings(deadline=None)
@given(st.dictionaries(ASCII, ASCII, max_size=5))
def test_form_comes_back_as_it_was_given(fields: dict[str, str]) -> None:
    form = form_request(URL, PUBLIC, fields)

    assert {**fields, "client_id": "acme-client"} == dict(parse_qsl(form.body().decode("ascii"), True))


def test_form_shows_its_field_names_and_no_value() -> None:
    form = form_request(URL, WEB, {"code": "made-up-code"})

    shown = repr(form)
    assert "made-up" not in shown
    assert "client_secret" in shown
