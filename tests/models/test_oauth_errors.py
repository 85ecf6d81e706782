"""What an authorization server's error says, in words, and what to do about it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.models.oauth_errors import decoded_text, explain

CODES = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "access_denied",
    "unsupported_response_type",
    "server_error",
    "temporarily_unavailable",
    "invalid_target",
    "login_required",
    "consent_required",
    "interaction_required",
    "account_selection_required",
    "invalid_token",
    "insufficient_scope",
    "Unauthorized",
    "password",
    "username",
    "AADB2C90084",
]


@pytest.mark.parametrize("text", CODES)
def test_error_value_of_base64s_alphabet_is_left_as_it_is(text: str) -> None:
    assert text == decoded_text(text)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("strip", [True, False])
def test_base64_of_url_encoded_text_is_decoded(encode: object, strip: bool) -> None:
    raw: bytes = encode(b"The+client%3F+is+not+known~~")  # type: ignore[operator]
    text = raw.decode().rstrip("=") if strip else raw.decode()

    assert "The client? is not known~~" == decoded_text(text)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_whatever_the_server_says_is_one_printable_line(text: str) -> None:
    assert decoded_text(text).isprintable()
    assert explain(text, text).isprintable()


@pytest.mark.parametrize("written", ["\r\n", r"\r\n"])
@pytest.mark.parametrize("encoded", [True, False])
def test_text_on_several_lines_is_told_on_one(written: str, encoded: bool) -> None:
    text = f"AADB2C90091: cancelled.{written}Timestamp: now{written}"

    given_text = base64.b64encode(text.encode()).decode() if encoded else text

    assert decoded_text(given_text) == "AADB2C90091: cancelled. Timestamp: now"


@pytest.mark.parametrize(
    "hidden",
    [b"\x1b[2Jxxxxxxx", b"a%07bbbbbbbb", b"\xff\xff\xff\xff\xff\xff\xff", b"%zz%zz\x00zz", b"caf%e9 is no UTF-8"],
)
def test_base64_of_something_unprintable_is_not_decoded(hidden: bytes) -> None:
    text = base64.b64encode(hidden).decode()

    assert text == decoded_text(text)


def test_each_oauth_error_has_its_own_hint() -> None:  # told apart
    told_apart = ("invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client", "access_denied")
    hints = {explain(code) for code in (*told_apart, "invalid_target", "server_error", "something_else")}

    assert len(told_apart) + 3 == len(hints)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("AADB2C90084", "--pkce"),
        ("AADSTS9002327", "Single Page Application"),
        ("AADB2C90118", "reset it on the sign-in page"),
        ("AADB2C90091", "cancelled"),
    ],
)
def test_microsofts_codes_win_over_the_error_value(code: str, word: str) -> None:
    assert word in explain("invalid_request", f"{code}: something")
