from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from fakes.clock import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.errors import AuthError, BadAnswer, EgainError, GrantRefused, NetworkError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.sanitize import redact
from egain_auth_cli.transport.client import Answer
from egain_auth_cli.transport.token_answer import BadTokenAnswer, parse_token_answer

GOOD = {"access_token": "made-up.access-token~+/==", "token_type": "Bearer", "expires_in": 600}


def answer(document: Any, status: int = 200, content_type: str = "application/json;charset=UTF-8") -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status=status, headers={"content-type": content_type}, body=body)


def refused(document: Any, status: int = 200, content_type: str = "application/json") -> EgainError:
    with pytest.raises(EgainError) as caught:
        parse_token_answer(answer(document, status, content_type), now=NOW)
    assert caught.value.message.isprintable()
    return caught.value


def test_good_answer_is_a_token_whose_expiry_counts_from_its_receipt() -> None:
    token = parse_token_answer(answer(GOOD | {"refresh_token": "made-up refresh", "scope": "a b"}), now=NOW + 0.9)

    assert token.refresh_token is not None
    expected = ("made-up.access-token~+/==", int(NOW) + 600, int(NOW), "a b", "made-up refresh")
    actual = (
        token.access_token.reveal(),
        token.expires_at,
        token.obtained_at,
        token.scope,
        token.refresh_token.reveal(),
    )
    assert expected == actual


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        ("1209600", 1209600),
        (" 60 ", 60),
        (None, 3600),
        ("", 3600),
        (1, 1),
        (59.9, 59),
        (1e6, 1000000),
    ],
)
def test_lifetime_may_be_a_number_a_text_or_missing(value: object, seconds: int) -> None:
    token = parse_token_answer(answer(GOOD | {"expires_in": value}), now=NOW)

    assert int(NOW) + seconds == token.expires_at


def test_absent_lifetime_is_an_hour() -> None:
    token = parse_token_answer(answer({"access_token": "x", "token_type": "bearer"}), now=NOW)

    assert int(NOW) + 3600 == token.expires_at


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "-1",
        "-3600",
        "true",
        "false",
        "[]",
        "{}",
        '"abc"',
        '"1e3"',
        '"0x10"',
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "9" * 5000,
        '"' + "9" * 5000 + '"',
        "1e15",
    ],
)
def test_impossible_lifetime_is_refused(value: str) -> None:
    error = refused(f'{{"access_token": "x", "token_type": "Bearer", "expires_in": {value}}}'.encode())

    assert isinstance(error, BadAnswer)


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
def test_token_type_is_read_whatever_its_case(kind: str) -> None:
    assert parse_token_answer(answer(GOOD | {"token_type": kind}), now=NOW).expires_at > NOW


def test_absent_token_type_counts_as_bearer() -> None:
    assert parse_token_answer(answer({"access_token": "x"}), now=NOW).access_token.reveal() == "x"


@pytest.mark.parametrize("kind", ["mac", "N_A", "DPoP", "", 5, None, ["Bearer"], "Bearer\x1b"])
def test_other_token_types_are_refused(kind: object) -> None:
    assert isinstance(refused(GOOD | {"token_type": kind}), BadAnswer)


HOSTILE = [
    "",
    " ",
    "a b",
    "a\nb",
    "a\r\nb",
    "a\x00b",
    "a\x1bb",
    "a\x7fb",
    "é",
    "a\ud800",
    "a'b",
    'a"b',
    "$(id)",
    "`id`",
    "a;b",
    "a=b",
    "=",
    "a\u202e",
    "a%b",
    "a\\b",
]


@pytest.mark.parametrize("token", [*HOSTILE, None, 5, True, [], {}, ["x"]])
def test_access_token_outside_its_alphabet_is_refused_at_receipt(token: object) -> None:
    error = refused(GOOD | {"access_token": token})

    assert isinstance(error, BadAnswer)
    assert not isinstance(token, str) or len(token) < 3 or token not in error.message


@pytest.mark.parametrize("token", ["a\nb", "a\x00", "a\x1b", "a\x7f", "é", "a\ud800", 5, True, ["x"], {"a": 1}])
def test_refresh_token_outside_its_alphabet_is_refused_at_receipt(token: object) -> None:
    assert isinstance(refused(GOOD | {"refresh_token": token}), BadAnswer)


@pytest.mark.parametrize("token", ["", None])
def test_empty_refresh_token_counts_as_none(token: object) -> None:
    assert parse_token_answer(answer(GOOD | {"refresh_token": token}), now=NOW).refresh_token is None


@pytest.mark.parametrize(
    "odd",
    [
        {"access_token": None},
        {"access_token": None, "id_token": "made-up"},
        {"access_token": "x" * 300_000},
        {"token_type": "mac"},
        {"expires_in": 0},
        {"expires_in": -5},
        {"expires_in": "soon"},
        {"expires_in": 10**400},
        {"expires_in": "MANY DIGITS"},
        {"expires_in": True},
    ],
    ids=lambda odd: str(odd)[:40],
)
def test_successor_is_known_whatever_is_wrong_with_the_rest(odd: dict[str, Any]) -> None:
    body = json.dumps(GOOD | {"refresh_token": "made-up-refresh"} | odd).replace('"MANY DIGITS"', "9" * 5000)

    error = refused(body.encode())

    assert isinstance(error, BadTokenAnswer)
    assert error.refresh_token == Secret("made-up-refresh")


def test_refresh_token_that_could_not_be_read_back_is_refused() -> None:
    assert "refresh_token" in refused(GOOD | {"refresh_token": "x" * 70_000}).message


@pytest.mark.parametrize("scope", [5, None, [], "", "a\nb", "é"])
def test_unusable_scope_counts_as_none_said(scope: object) -> None:
    assert parse_token_answer(answer(GOOD | {"scope": scope}), now=NOW).scope is None


def test_answer_with_an_id_token_alone_says_that_no_scope_was_granted() -> None:
    error = refused({"id_token": "made-up-id-token", "token_type": "Bearer", "not_before": 1, "expires_in": 3600})

    assert "no API scope was granted" in error.message
    assert "scope prefix" in (error.hint or "")


ERRORS = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
    "access_denied",
    "made_up_error",
]


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404])
@pytest.mark.parametrize("code", ERRORS)
def test_oauth_error_is_a_refusal_whatever_its_status(code: str, status: int) -> None:
    error = refused({"error": code, "error_description": "Because."}, status)

    assert isinstance(error, GrantRefused)
    expected = (4, code, status, f"the token endpoint refused: `{code}`: Because.")
    assert expected == (error.exit_code, error.oauth_error, error.status, error.message)
    assert error.hint


def test_error_without_a_description_is_named_alone() -> None:
    assert refused({"error": "invalid_grant"}, 400).message == "the token endpoint refused: `invalid_grant`"


def test_token_beside_an_error_is_not_taken() -> None:
    assert isinstance(refused(GOOD | {"error": "invalid_grant"}), GrantRefused)


def test_base64_of_url_encoded_text_is_decoded() -> None:
    said = base64.b64encode(b"Client+is%20not+enabled").decode()

    assert refused({"error": "invalid_client", "error_description": said}, 400).message.endswith(
        "Client is not enabled"
    )


@pytest.mark.parametrize("said", ["\x1b[2J", "a\r\nb", "\u202e", "x" * 100000, 5, None, ["x"]])
def test_description_is_made_printable_and_short(said: object) -> None:
    error = refused({"error": "invalid_grant", "error_description": said}, 400)

    assert isinstance(error, GrantRefused)
    assert len(error.message) < 700


@pytest.mark.parametrize("error", [5, None, "", [], {}, True])
def test_error_that_is_no_text_is_not_oauth(error: object) -> None:
    assert isinstance(refused({"error": error}, 400), BadAnswer)
    assert isinstance(refused({"error": error}, 200), BadAnswer)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_error_is_a_network_error_even_with_an_oauth_body(status: int) -> None:  # interface: 5xx is 5
    error = refused({"error": "server_error"}, status)

    assert (5, status, "server_error") == (error.exit_code, error.status, error.oauth_error)
    assert error.hint == "try again in a moment"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_refusal_without_a_body_is_an_authentication_error(status: int, body: bytes) -> None:
    error = refused(body, status)

    assert isinstance(error, AuthError)
    assert error.status == status


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_with_a_page_is_not_taken_for_one_of_the_client(status: int) -> None:  # a proxy's, for one
    error = refused(b"<title>made-up</title>", status, "text/html")

    assert (type(error), error.status) == (BadAnswer, status)
    assert "text/html" in error.message


def test_too_many_requests_is_a_network_error() -> None:
    error = refused(b"", 429)

    assert isinstance(error, NetworkError)
    assert error.status == 429


BODIES = [
    b"<!doctype html><title>made-up-canary</title>",
    b"",
    b" ",
    b'{"access_token": "made-up-canary", "token_type": "Bea',
    b"[]",
    b'["made-up-canary"]',
    b'"made-up-canary"',
    b"null",
    b"5",
    b"access_token=made-up-canary&token_type=bearer",
    json.dumps(GOOD).encode("utf-16"),
    b'{"access_token": "made-up-canary\xff"}',
    b"\x1f\x8bmade-up-canary",
    b'{"access_token": "a", "access_token": "made-up-canary", "token_type": "Bearer"}',
    b'{"access_token": "a", "token_type": "Bearer", "x": {"y": 1, "y": 2}}',
    b"[" * 100000,
    b'{"a":' * 100000,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("status", [200, 400, 500])
def test_what_is_not_oauth_is_refused_with_status_and_type_but_not_shown(body: bytes, status: int) -> None:
    error = refused(body, status, "text/html; charset=utf-8")

    assert isinstance(error, BadAnswer)
    assert f"(status {status}, text/html)" in error.message
    assert "made-up-canary" not in f"{error.message}{error.hint}"


def test_byte_order_mark_is_read_over() -> None:  # RFC 8259 8.1
    assert parse_token_answer(answer(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()), now=NOW).expires_at > NOW


def test_content_type_is_made_printable() -> None:
    assert "\\x1b" in refused(b"x", 200, "text/\x1b[2J").message


def test_missing_content_type_is_said() -> None:
    assert "no content type" in refused(b"x", 200, "").message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_never_followed(status: int) -> None:
    error = refused(GOOD, status)

    assert isinstance(error, BadAnswer)
    assert "never followed" in error.message


def test_token_is_known_to_the_redactor_once_it_is_received() -> None:
    parse_token_answer(answer(GOOD | {"refresh_token": "made-up refresh"}), now=NOW)

    assert redact(f"{GOOD['access_token']} made-up refresh") == "**** ****"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.sampled_from(
    ["access_token", "token_type", "expires_in", "scope", "refresh_token", "error", "error_description", "id_token"]
)


@settings(deadline=None, max_examples=500)
@given(st.dictionaries(FIELDS, JSON | st.sampled_from(["Bearer", "abc", "600"])), st.integers(100, 599))
def test_no_answer_breaks_the_parser(document: dict[str, Any], status: int) -> None:
    said = ""
    try:
        token = parse_token_answer(answer(document, status), now=NOW)
    except EgainError as exc:
        said = exc.message
    if said:
        assert said.isprintable()
        return

    assert 200 <= status < 300
    assert token.access_token.reveal() == document["access_token"]
    assert token.expires_at >= NOW


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([200, 400, 401, 500]))
def test_no_bytes_break_the_parser(body: bytes, status: int) -> None:
    with pytest.raises(EgainError):
        parse_token_answer(answer(body, status), now=NOW)
