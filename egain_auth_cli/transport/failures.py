"""The one seam from the HTTP library's errors to ours. None of their text is kept: it may hold a header."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpcore

from egain_auth_cli.errors import BadAnswer, EgainError, NetworkError, TimedOut
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from egain_auth_cli.models.urls import Origin

_LOST = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)
LIBRARY_ERRORS = (
    httpcore.ConnectionNotAvailable,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    OSError,
    ValueError,
)
"""What a request may raise, and a decoder with it."""


class ConnectionLost(NetworkError):
    """The connection ended after the request may have been sent."""


def timed_out(origin: Origin, seconds: float) -> TimedOut:
    """Say that an origin did not answer in time."""
    return TimedOut(
        f"`{origin}` did not answer within {seconds:.0f} s",
        hint="check the network, VPN and proxy, then try again; `EGAIN_TIMEOUT` sets the seconds to wait",
    )


def mapped(exc: Exception, origin: Origin, seconds: float) -> EgainError:  # noqa: PLR0911  one kind, one line
    """Give our error for one of the library's. None of its text is kept but the system's own reason."""
    if isinstance(exc, EgainError):
        return exc
    if isinstance(exc, httpcore.TimeoutException):
        return timed_out(origin, seconds)
    if isinstance(exc, httpcore.ProxyError):
        return NetworkError(
            f"the proxy refused the connection to `{origin}`{_status_of(exc)}",
            hint="check `HTTPS_PROXY` and its user name and password; `NO_PROXY` lists hosts that need none",
        )
    if isinstance(exc, httpcore.ConnectError):
        return _connect_failed(exc, origin)
    if isinstance(exc, _LOST):
        return ConnectionLost(f"the connection to `{origin}` was lost before the answer was complete", hint="try again")
    if isinstance(exc, ValueError):
        return BadAnswer(
            f"`{origin}` sent a body that cannot be decoded", hint="check that the URL is the one in Metadata"
        )
    return NetworkError(f"the request to `{origin}` failed ({type(exc).__name__})", hint="try again; `-vv` shows more")


def _connect_failed(exc: httpcore.ConnectError, origin: Origin) -> NetworkError:
    cause = _root_cause(exc)
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = printable(cause.verify_message or "unknown reason", limit=160)
        return NetworkError(
            f"the certificate of `{origin}` is not trusted: {why}",
            hint="if a proxy of your company has its own certificate, name a PEM file with it by `SSL_CERT_FILE`",
        )
    if isinstance(cause, ssl.SSLError):
        return NetworkError(
            f"TLS with `{origin}` failed: {printable(str(cause.reason or 'unknown reason'), limit=80)}",
            hint="check the URL and port; the server must offer TLS 1.2 or newer",
        )
    if isinstance(cause, socket.gaierror):
        return NetworkError(
            f"the host `{origin.host}` cannot be found",
            hint="check the URL for a slip, the network and the VPN",
        )
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else "connection failed"
    return NetworkError(
        f"cannot connect to `{origin}`: {printable(reason.lower(), limit=120)}",
        hint="check that the URL is right and the server reachable from here (network, VPN, proxy)",
    )


def _root_cause(exc: BaseException) -> BaseException:
    seen = exc
    while (below := seen.__cause__ or seen.__context__) is not None:
        seen = below
        if isinstance(seen, ssl.SSLError):
            break
    return seen


def _status_of(exc: httpcore.ProxyError) -> str:
    digits = str(exc)[:3]
    return f" with status {digits}" if digits.isdigit() else ""
