"""The one seam from the HTTP library's errors to ours. None of their text is kept: it may hold a header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.errors import BadAnswer, EgainError, NetworkError, TimedOut
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.decoding import InflatesTooFar

if TYPE_CHECKING:
    import httpx

    from egain_auth_cli.deadline import Timeouts
    from egain_auth_cli.models.urls import Origin


_CUT = ("Server disconnected", "peer closed connection")
"""How the library says that an answer ended too soon, as opposed to one that cannot be read."""


class ConnectionLost(NetworkError):
    """The connection ended after the request may have been sent."""


def library_errors() -> tuple[type[Exception], ...]:
    """Return the errors that a request, and the decoder of its answer, may raise.

    To be called in an ``except`` clause: the library is loaded by then.
    """
    from egain_auth_cli.transport.httpx_library import httpx

    return (httpx.TransportError, httpx.InvalidURL, OSError, ValueError)


def connection_lost(origin: Origin) -> ConnectionLost:
    """Return the error for an answer that ended too soon."""
    return ConnectionLost(f"the connection to `{origin}` was lost before the answer was complete", hint="try again")


def undecodable(exc: ValueError, origin: Origin) -> BadAnswer:
    """Return the error for a body whose content coding cannot be undone."""
    plain = "in `egain call`, `-H 'Accept-Encoding: identity'` asks for it plain"
    if isinstance(exc, InflatesTooFar):
        return BadAnswer(f"`{origin}` sent a body that inflates beyond all measure; it was given up", hint=plain)
    return BadAnswer(
        f"`{origin}` sent a body that cannot be decoded: its content coding is broken or cut",
        hint=f"try again; {plain}",
    )


def timed_out(origin: Origin, seconds: float, timeouts: Timeouts) -> TimedOut:
    """Return the error for an origin that did not answer in time."""
    return TimedOut(
        f"`{origin}` did not answer within {seconds:g} s",
        hint=f"check the network, VPN and proxy, then try again; {timeouts.setting}",
    )


def to_egain_error(  # noqa: PLR0911  one kind, one line
    exc: Exception, origin: Origin, seconds: float, timeouts: Timeouts
) -> EgainError:
    """Return our error for one of the library's. Of its text only the system's own reason is used.

    Args:
        exc: The library's error.
        origin: Where the request went.
        seconds: How long it could take, for the message of a time-out.
        timeouts: Say how a person sets that.
    """
    from egain_auth_cli.transport.httpx_library import httpx

    if isinstance(exc, EgainError):
        return exc
    if isinstance(exc, httpx.TimeoutException):
        return timed_out(origin, seconds, timeouts)
    if isinstance(exc, httpx.ProxyError):
        status = str(exc)[:3]  # the one place where the library says it
        return NetworkError(
            f"the proxy refused the connection to `{origin}`{f' with status {status}' if status.isdigit() else ''}",
            hint="check `HTTPS_PROXY` and its user name and password; `NO_PROXY` lists hosts that need none",
        )
    if isinstance(exc, httpx.InvalidURL):
        return _unknown_host(origin)
    if isinstance(exc, httpx.ConnectError):
        return _connect_failed(exc, origin)
    # ConnectError came before: here the request may have reached the server, so not every request may be sent again.
    if isinstance(exc, httpx.RemoteProtocolError) and not str(exc).startswith(_CUT):
        return BadAnswer(
            f"`{origin}` sent an answer that is no valid HTTP", hint="tell whoever runs that server or a proxy"
        )
    if isinstance(exc, (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
        return connection_lost(origin)
    if isinstance(exc, ValueError):
        return undecodable(exc, origin)
    return NetworkError(f"the request to `{origin}` failed ({type(exc).__name__})", hint="try again; `-vv` shows more")


def _connect_failed(exc: httpx.ConnectError, origin: Origin) -> NetworkError:
    import socket
    import ssl

    cause = _root_cause(exc, ssl.SSLError)
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
        return _unknown_host(origin)
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else "connection failed"
    return NetworkError(
        f"cannot connect to `{origin}`: {printable(reason.lower(), limit=120)}",
        hint="check that the URL is right and the server reachable from here (network, VPN, proxy)",
    )


def _unknown_host(origin: Origin) -> NetworkError:
    return NetworkError(
        f"the host `{origin.host}` cannot be found", hint="check the URL for a slip, the network and the VPN"
    )


def _root_cause(exc: BaseException, wanted: type[BaseException]) -> BaseException:
    """Return the first cause of a kind, or the one below all others: the library wraps each error twice."""
    while not isinstance(exc, wanted) and (below := exc.__cause__ or exc.__context__) is not None:
        exc = below
    return exc
