"""Heads of requests and answers as they are shown to a person."""

from __future__ import annotations

import pytest

from egain_auth_cli.transport.wire_log import head_lines


def shown(name: str, value: str) -> str:
    _, line = head_lines("<", "HTTP/1.1 200 OK", [(name.encode(), value.encode())])
    return line.removeprefix(f"< {name}: ")


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-egain-session", "X-API-Key", "X-Auth-Token",
        "Authentication-Info", "X-Amz-Security-Token", "X-Client-Secret", "X-Hub-Signature-256", "api-password",
    ],
)  # fmt: skip
def test_header_that_authenticates_is_not_shown_whoever_made_up_its_name(name: str) -> None:
    assert "canary" not in shown(name, "canary-value")
    assert "canary" not in shown(name, "Bearer canary-value")


@pytest.mark.parametrize("name", ["Location", "Content-Location", "Link", "Referer", "Refresh", "X-Next"])
def test_address_is_shown_without_the_values_of_its_query_and_fragment(name: str) -> None:
    found = shown(name, "/x?code=canary-1&$lang=en-US#access_token=canary-2&id_token=canary-3")

    assert found == "/x?code=****&$lang=en-US#access_token=****&id_token=****"


def test_reason_of_a_refusal_is_shown() -> None:
    challenge = 'Bearer realm="canary", error="invalid_token"'

    assert shown("WWW-Authenticate", challenge) == 'Bearer error="invalid_token" ****'
    assert shown("WWW-Authenticate", "Negotiate canary") == "Negotiate ****"


@pytest.mark.parametrize(
    ("name", "value"),
    [("Content-Type", "application/json; charset=utf-8"), ("ETag", '"a=b"'), ("Date", "Fri, 27 Nov 2026 10:00:00 GMT")],
)
def test_other_header_is_shown_as_it_is(name: str, value: str) -> None:
    assert shown(name, value) == value
