"""An API's error as one line with a hint."""

from __future__ import annotations

import json

import pytest

from egain_auth_cli.call.advice import Advice
from egain_auth_cli.call.errors import api_error


def test_api_error_gives_code_message_and_a_hint_of_its_own() -> None:
    body = json.dumps({"code": "403-197", "developerMessage": "Scope missing", "details": []}).encode()

    error = api_error(403, body, {}, Advice())

    assert (
        error.message,
        error.status,
        error.exit_code,
    ) == ("the API answered status 403: 403-197: Scope missing", 403, 7)
    assert "scope" in (error.hint or "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"callInfo": {"message": "unlicensed"}}', ": unlicensed"),
        (b'{"message": "old"}', ": old"),
        (b'{"callInfo": "x"}', ""),
        (b'{"code": 5, "developerMessage": []}', ""),
        (b"[]", ""),
        (b"<html>", ""),
        (b"\xff", ""),
        (b"[" * 100000, ""),
        (b"", ""),
        (b'{"developerMessage": "one\\r\\ntwo\\\\r\\\\nthree"}', ": one two three"),
        (b'{"developerMessage": "\\u001b[2J\\u202e"}', ": \\x1b[2J\\u202e"),
    ],
)
def test_api_error_says_what_the_body_says_and_nothing_unprintable(body: bytes, said: str) -> None:
    error = api_error(400, body, {}, Advice())

    assert f"the API answered status 400{said}" == error.message
    assert error.message.isprintable()


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (401, "login"),
        (403, "inspect"),
        (404, "path"),
        (406, "Accept-Language"),
        (415, "content type"),
        (429, "too many"),
        (500, "again"),
        (418, "body"),
    ],
)
def test_each_status_has_a_hint(status: int, word: str) -> None:
    assert word in (api_error(status, b"", {}, Advice()).hint or "")


def test_refused_token_is_an_authentication_error_and_the_rest_the_apis() -> None:  # exit 4 and 7
    exits = {status: int(api_error(status, b"", {}, Advice()).exit_code) for status in (302, 400, 401, 403, 404, 500)}

    assert exits == {302: 7, 400: 7, 401: 4, 403: 7, 404: 7, 500: 7}


@pytest.mark.parametrize(("code", "word"), [("403-197", "`egain inspect`"), ("403-112", "`egain flows`")])
def test_code_of_an_operation_that_is_not_documented_has_a_hint_of_its_own(code: str, word: str) -> None:
    assert word in (api_error(403, json.dumps({"code": code}).encode(), {}, Advice()).hint or "")


def test_too_many_requests_says_until_when() -> None:
    error = api_error(429, b"", {"x-ratelimit-reset": "2026-01-01 00:00:00\x1b"}, Advice())

    assert "until `2026-01-01 00:00:00\\x1b`" in (error.hint or "")
