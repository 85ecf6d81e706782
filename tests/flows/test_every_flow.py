"""What holds for the requests of several flows."""

from __future__ import annotations

from egain_auth_cli.flows.authorization_code import code_request
from egain_auth_cli.flows.client_credentials import client_credentials_request
from egain_auth_cli.flows.on_behalf_of import on_behalf_of_request
from egain_auth_cli.flows.refresh_token import refresh_request
from egain_auth_cli.flows.token_exchange import token_exchange_request
from egain_auth_cli.models.form_request import Client
from egain_auth_cli.models.grants import Subject
from egain_auth_cli.models.secret import Secret

URL = "https://login.acme.test/token?user_type=customer"
WEB = Client(client_id="acme-client", secret=Secret("made-up-secret"))


def test_code_and_refresh_token_are_never_sent_twice() -> None:
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


def test_without_scopes_no_scope_field_is_sent() -> None:
    forms = [
        client_credentials_request(URL, WEB, scopes=()),
        on_behalf_of_request(URL, WEB, scopes=(), subject=Subject.USERNAME, name="jane"),
        token_exchange_request(URL, WEB, scopes=(), subject_token=Secret("made-up"), registration_id="okta"),
        refresh_request(URL, WEB, refresh_token=Secret("made-up")),
    ]

    assert [form for form in forms if "scope" in form.fields] == []
