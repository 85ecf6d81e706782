from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, unquote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oauthlib.oauth2.rfc6749.parameters import prepare_token_request

from egain_auth_cli.flows.authorization_code import code_request
from egain_auth_cli.flows.client_credentials import client_credentials_request
from egain_auth_cli.flows.on_behalf_of import on_behalf_of_request
from egain_auth_cli.flows.refresh_token import refresh_request
from egain_auth_cli.flows.token_exchange import token_exchange_request
from egain_auth_cli.models.form_request import Client, form_request
from egain_auth_cli.models.grants import ClientAuth, Subject
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
def test_exactly_one_client_authentication_method_is_used(client: Client, methods: list[str]) -> None:  # T02
    form = form_request(URL, client, {"grant_type": "x"})

    assert methods == methods_of(form)
    assert ("client_id" in form.fields) == (methods != ["basic"])
    assert "made-up-secret" not in form.url


@settings(deadline=None)
@given(ASCII, ASCII)
def test_basic_credentials_are_form_encoded_before_they_are_joined(client_id: str, secret: str) -> None:  # T02
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
@given(ASCII, ASCII, ASCII, ASCII)
def test_code_exchange_says_what_oauthlib_would_say(client_id: str, secret: str, code: str, redirect_uri: str) -> None:
    client = Client(client_id=client_id, secret=Secret(secret))
    form = code_request(URL, client, code=Secret(code), redirect_uri=redirect_uri)
    theirs = prepare_token_request(
        "authorization_code", code=code, redirect_uri=redirect_uri, client_id=client_id, client_secret=secret
    )

    assert parse_qs(theirs, keep_blank_values=True) == parse_qs(form.body().decode("ascii"), keep_blank_values=True)


@settings(deadline=None)
@given(ASCII, ASCII)
def test_pkce_exchange_says_what_oauthlib_would_say(code: str, verifier: str) -> None:
    form = code_request(URL, PUBLIC, code=Secret(code), redirect_uri="http://localhost/", verifier=Secret(verifier))
    theirs = prepare_token_request(
        "authorization_code",
        code=code,
        redirect_uri="http://localhost/",
        client_id="acme-client",
        code_verifier=verifier,
    )

    assert parse_qs(theirs) == parse_qs(form.body().decode("ascii"))


@settings(deadline=None)
@given(ASCII, st.lists(st.from_regex(r"[a-z.:/]+", fullmatch=True), max_size=3))
def test_refresh_says_what_oauthlib_would_say(token: str, scopes: list[str]) -> None:
    form = refresh_request(URL, PUBLIC, refresh_token=Secret(token), scopes=scopes)
    theirs = prepare_token_request("refresh_token", refresh_token=token, scope=scopes or None, client_id="acme-client")

    assert parse_qs(theirs) == parse_qs(form.body().decode("ascii"))


def test_a_verifier_and_a_secret_are_never_sent_together() -> None:
    form = code_request(URL, WEB, code=Secret("c"), redirect_uri="http://localhost/", verifier=Secret("v"))

    assert sorted(form.fields) == ["client_id", "code", "code_verifier", "grant_type", "redirect_uri"]
    assert form.authorization is None


def test_code_and_refresh_token_are_never_sent_twice() -> None:  # T08
    forms = [
        code_request(URL, WEB, code=Secret("c"), redirect_uri="http://localhost/"),
        refresh_request(URL, WEB, refresh_token=Secret("r")),
    ]

    assert [form.replayable for form in forms] == [False, False]


def test_grants_that_use_nothing_up_may_be_sent_twice() -> None:
    forms = [
        client_credentials_request(URL, WEB, scopes=()),
        on_behalf_of_request(URL, WEB, scopes=(), subject=Subject.USERNAME, name="jane"),
        token_exchange_request(URL, WEB, scopes=(), subject_token=Secret("made-up"), registration_id="okta"),
    ]

    assert [form.replayable for form in forms] == [True, True, True]


def test_client_credentials_request_has_the_portals_fields() -> None:
    form = client_credentials_request(URL, WEB, scopes=("a", "b"))

    expected = {
        "grant_type": "client_credentials",
        "scope": "a b",
        "client_id": "acme-client",
        "client_secret": "made-up-secret",
    }
    assert expected == dict(form.fields)


@pytest.mark.parametrize(
    ("subject", "field"),
    [(Subject.USERNAME, "subject_username"), (Subject.USERID, "subject_userid"), (Subject.EMAIL, "subject_email")],
)
def test_on_behalf_of_request_has_the_portals_fields_and_no_password(subject: Subject, field: str) -> None:
    form = on_behalf_of_request(URL, WEB, scopes=("a",), subject=subject, name="jane@acme.test")

    expected = {
        "grant_type": "password",
        field: "jane@acme.test",
        "scope": "a",
        "client_id": "acme-client",
        "client_secret": "made-up-secret",
    }
    assert expected == dict(form.fields)


def test_token_exchange_request_has_the_portals_fields() -> None:  # RFC 8693 2.1
    form = token_exchange_request(
        URL, WEB, scopes=("a",), subject_token=Secret("made-up-subject-token"), registration_id="okta"
    )

    expected = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": "made-up-subject-token",
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "registration_id": "okta",
        "scope": "a",
        "client_id": "acme-client",
        "client_secret": "made-up-secret",
    }
    assert expected == dict(form.fields)


def test_without_scopes_no_scope_field_is_sent() -> None:
    forms = [
        client_credentials_request(URL, WEB, scopes=()),
        on_behalf_of_request(URL, WEB, scopes=(), subject=Subject.USERNAME, name="jane"),
        token_exchange_request(URL, WEB, scopes=(), subject_token=Secret("made-up"), registration_id="okta"),
        refresh_request(URL, WEB, refresh_token=Secret("made-up")),
    ]

    assert [form for form in forms if "scope" in form.fields] == []


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
