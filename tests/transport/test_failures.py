"""The library's errors, each as one of ours."""

from __future__ import annotations

import ssl

import httpx
import pytest

from egain_auth_cli.deadline import Timeouts
from egain_auth_cli.errors import BadAnswer, EgainError, NetworkError, TimedOut
from egain_auth_cli.models.urls import Origin
from egain_auth_cli.transport.failures import ConnectionLost, library_errors, to_egain_error
from egain_auth_cli.transport.proxy import Proxy
from egain_auth_cli.transport.way import Way

ORIGIN = Origin("https", "api.acme.test", 443)
WAY = Way(ORIGIN)
PROXY = Proxy(
    url="http://made-up@proxy.test:3128", scheme="http", host="proxy.test", port=3128, source="`ALL_PROXY`",
    signs_in=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("exc", "kind", "word"),
    [
        (httpx.ReadTimeout("x"), TimedOut, "did not answer within 9 s"),
        (httpx.ReadError("x"), ConnectionLost, "lost"),
        (httpx.WriteError("x"), ConnectionLost, "lost"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), ConnectionLost, "lost"),
        (httpx.RemoteProtocolError("peer closed connection without sending x"), ConnectionLost, "lost"),
        (httpx.RemoteProtocolError("illegal header line"), BadAnswer, "no valid HTTP"),
        (ValueError("x"), BadAnswer, "cannot be decoded"),
        (httpx.ConnectError("x"), NetworkError, "connection failed"),
        (httpx.UnsupportedProtocol("made-up"), NetworkError, "UnsupportedProtocol"),
        (httpx.InvalidURL("made-up"), NetworkError, "cannot be found"),
        (httpx.LocalProtocolError("made-up"), NetworkError, "LocalProtocolError"),
    ],
)
def test_each_of_the_librarys_errors_becomes_one_of_ours(exc: Exception, kind: type[EgainError], word: str) -> None:
    assert isinstance(exc, library_errors())
    error = to_egain_error(exc, WAY, 9, Timeouts(None))

    assert type(error) is kind
    assert word in error.message
    assert "made-up" not in error.message


@pytest.mark.parametrize(
    ("exc", "kind", "word"),
    [
        (httpx.ProxyError("made-up"), NetworkError, "failed (ProxyError)"),
        (httpx.LocalProtocolError("made-up"), NetworkError, "failed (LocalProtocolError)"),
        (httpx.WriteError("made-up"), ConnectionLost, "ended the connection"),
        (httpx.ConnectError("made-up"), NetworkError, "connection failed"),
        (UnicodeError("made-up"), NetworkError, "cannot be found"),
    ],
)
def test_each_of_the_librarys_errors_before_the_tunnel_is_the_proxys(
    exc: Exception, kind: type[EgainError], word: str
) -> None:
    error = to_egain_error(exc, Way(ORIGIN, PROXY), 9, Timeouts(None))

    assert type(error) is kind
    assert "the proxy `proxy.test:3128` of `ALL_PROXY`" in error.message
    assert word in error.message
    assert "made-up" not in f"{error.message}{error.hint}"


@pytest.mark.parametrize(("waited", "told"), [(60, 15), (9, 9)])
def test_connection_that_takes_too_long_is_told_with_its_own_limit(waited: float, told: int) -> None:
    error = to_egain_error(httpx.ConnectTimeout("x"), WAY, waited, Timeouts(None))

    assert f"`https://api.acme.test` did not answer within {told} s" == error.message


def test_our_own_error_stays_itself() -> None:
    ours = BadAnswer("ours")

    assert to_egain_error(ours, WAY, 9, Timeouts(None)) is ours


def test_tls_failure_names_its_reason() -> None:
    exc = httpx.ConnectError("x")
    exc.__cause__ = ssl.SSLError(1, "wrong version number")
    exc.__cause__.reason = "WRONG_VERSION_NUMBER"

    error = to_egain_error(exc, WAY, 9, Timeouts(None))
    assert error.message == "TLS with `https://api.acme.test` failed: WRONG_VERSION_NUMBER"
