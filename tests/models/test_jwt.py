"""The claims of a JWT, read without its signature."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.models.jwt import unverified_claims


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
