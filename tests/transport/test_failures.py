"""The library's errors, each as one of ours."""

from __future__ import annotations

import ssl

import httpx
import pytest

from egain_auth_cli.deadline import Timeouts
from egain_auth_cli.errors import BadAnswer, EgainError, NetworkError, TimedOut
from egain_auth_cli.models.urls import Origin
from egain_auth_cli.transport.failures import ConnectionLost, library_errors, to_egain_error


@pytest.mark.parametrize(
    ("exc", "kind", "word"),
    [
        (httpx.ReadTimeout("x"), TimedOut, "did not answer within 9 s"),
        (httpx.ProxyError("407 x"), NetworkError, "with status 407"),
        (httpx.ProxyError("odd"), NetworkError, "the proxy refused"),
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
    error = to_egain_error(exc, Origin("https", "api.acme.test", 443), 9, Timeouts(None))

    assert type(error) is kind
    assert word in error.message
    assert "made-up" not in error.message


def test_our_own_error_stays_itself() -> None:
    ours = BadAnswer("ours")

    assert to_egain_error(ours, Origin("https", "api.acme.test", 443), 9, Timeouts(None)) is ours


def test_tls_failure_names_its_reason() -> None:
    exc = httpx.ConnectError("x")
    exc.__cause__ = ssl.SSLError(1, "wrong version number")
    exc.__cause__.reason = "WRONG_VERSION_NUMBER"

    error = to_egain_error(exc, Origin("https", "api.acme.test", 443), 9, Timeouts(None))
    assert error.message == "TLS with `https://api.acme.test` failed: WRONG_VERSION_NUMBER"
