"""What ``doctor`` asks of a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.http_server import ScriptedServer, answer

from egain_auth_cli.errors import NetworkError
from egain_auth_cli.health.probe import certificate_source, reach

if TYPE_CHECKING:
    from egain_auth_cli.transport.client import HttpClient


@pytest.mark.parametrize(
    ("form", "method", "body", "speaks"),
    [
        (True, b"POST", b'{"error": "invalid_request"}', True),
        (True, b"POST", b"<html>", False),
        (True, b"POST", b'{"error": 5}', False),
        (True, b"POST", b"[]", False),
        (False, b"HEAD", b"", False),
    ],
)
def test_host_is_asked_without_any_credential(
    http: HttpClient, form: bool, method: bytes, body: bytes, speaks: bool
) -> None:
    reply = answer("400 x", body, "Date: Fri, 15 Jan 2027 08:00:00 GMT")
    with ScriptedServer(reply) as server:
        found = reach(http, f"{server.url}/token", form, 5)

    assert (400, 1800000000.0, None, speaks) == (found.status, found.date, found.proxy, found.speaks_oauth)
    assert found.milliseconds > 0
    assert server.requests[0].startswith(method)
    assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize("date", ["", "Date: nonsense"])
def test_host_without_a_clock_has_no_date(http: HttpClient, date: str) -> None:
    with ScriptedServer(answer("200 OK", b"", *([date] if date else []))) as server:
        assert reach(http, f"{server.url}/", False, 5).date is None


def test_host_that_is_not_reached_is_told(http: HttpClient) -> None:
    with pytest.raises(NetworkError):
        reach(http, "http://127.0.0.1:9/", False, 5)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "the system's certificates"),
        ({"SSL_CERT_FILE": "/a.pem"}, "SSL_CERT_FILE=/a.pem"),
        ({"SSL_CERT_FILE": "/a", "SSL_CERT_DIR": "/b"}, "SSL_CERT_FILE=/a and SSL_CERT_DIR=/b"),
    ],
)
def test_certificates_in_use_are_named(environ: dict[str, str], words: str) -> None:
    assert words == certificate_source(environ)
