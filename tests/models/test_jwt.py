"""The claims of a JWT, read without its signature."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.models.jwt import person_in, unverified_claims


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_claims_of_a_jwt_are_read() -> None:
    token = f"{encoded({'alg': 'RS256'})}.{encoded({'sub': 'jane', 'exp': 1})}.made-up"

    assert unverified_claims(token) == {"sub": "jane", "exp": 1}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "opaque-token",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "é.é.é",
        f"{encoded({'typ': 'JWT'})}.{encoded({})}.x",
        f"{encoded([])}.{encoded({})}.x",
        f"{encoded({'alg': 'none'})}.{base64.urlsafe_b64encode(b'[' * 100000).decode()}.x",
        f"{encoded({'alg': 'none'})}.{base64.urlsafe_b64encode(bytes([255, 254])).decode()}.x",
    ],
)
def test_token_without_readable_claims_is_opaque(token: str) -> None:
    assert unverified_claims(token) is None


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_the_reader_of_claims(text: str) -> None:
    assert unverified_claims(text) is None or text.count(".") == 2


ALL = {"preferred_username": "jane@acme.test", "email": "j@acme.test", "name": "Jane", "username": "jane", "sub": "u-1"}


def jwt_of(claims: object) -> str:
    return f"{encoded({'alg': 'RS256'})}.{encoded(claims)}.made-up"


@pytest.mark.parametrize("number", range(len(ALL)))
def test_person_is_named_by_the_plainest_claim(number: int) -> None:
    claims = dict(list(ALL.items())[number:])

    assert person_in(None, jwt_of(claims)) == list(ALL.values())[number]


def test_id_token_s_person_comes_before_the_access_token_s() -> None:
    assert person_in(jwt_of({"sub": "u-1"}), jwt_of(ALL)) == "u-1"
    assert person_in(jwt_of({"sub": 5, "name": " "}), jwt_of(ALL)) == "jane@acme.test"
    assert person_in("opaque", "opaque") is None


@settings(deadline=None)
@given(st.text())
def test_person_is_fit_for_a_terminal(name: str) -> None:
    shown = person_in(jwt_of({"sub": name}))

    assert shown is None or (shown.isprintable() and len(shown) <= 10 * 121)
