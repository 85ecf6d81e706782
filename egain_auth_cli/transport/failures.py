"""The one seam from the HTTP library's errors to ours. None of their text is kept: it may hold a header."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from egain_auth_cli.errors import BadAnswer, EgainError, NetworkError, TimedOut
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.decoding import InflatesTooFar
from egain_auth_cli.transport.library_request import CONNECT_SECONDS
from egain_auth_cli.transport.proxy_failures import (
    no_proxy_there,
    refused_by_proxy,
    silent_proxy,
    unknown_proxy,
    unreachable_proxy,
)

if TYPE_CHECKING:
    import httpx

    from egain_auth_cli.deadline import Timeouts
    from egain_auth_cli.models.urls import Origin
    from egain_auth_cli.transport.proxy import Proxy
    from egain_auth_cli.transport.way import Way


_CUT = ("Server disconnected", "peer closed connection")
"""How the library says that an answer ended too soon, as opposed to one that cannot be read."""


class ConnectionLost(NetworkError):
    """The connection ended after the request may have been sent.

    Attributes:
        on_kept_connection: Whether it was one of a former request, which the server may have been about to close.
    """

    on_kept_connection = False


def library_errors() -> tuple[type[Exception], ...]:
    """Return the errors that a request, and the decoder of its answer, may raise.

    To be called in an ``except`` clause: the library is loaded by then.
    """
    from egain_auth_cli.transport.httpx_library import httpx

    return (httpx.TransportError, httpx.InvalidURL, OSError, ValueError)


def connection_lost(way: Way) -> ConnectionLost:
    """Return the error for an answer that ended too soon."""
    if way.hop:
        return ConnectionLost(
            f"the proxy {way.hop} ended the connection before it led to `{way.origin}`",
            hint=f"try again; check scheme, host and port in {way.hop.setting}",
        )
    return ConnectionLost(
        f"the connection to `{way.origin}` was lost before the answer was complete", hint=f"try again{way.through}"
    )


def undecodable(exc: ValueError, origin: Origin) -> BadAnswer:
    """Return the error for a body whose content coding cannot be undone."""
    plain = "in `egain call`, `-H 'Accept-Encoding: identity'` asks for it plain"
    if isinstance(exc, InflatesTooFar):
        return BadAnswer(f"`{origin}` sent a body that inflates beyond all measure; it was given up", hint=plain)
    return BadAnswer(
        f"`{origin}` sent a body that cannot be decoded: its content coding is broken or cut",
        hint=f"try again; {plain}",
    )


def timed_out(way: Way, seconds: float, timeouts: Timeouts) -> TimedOut:
    """Return the error for an origin, or a proxy before it, that did not answer in time."""
    if way.hop:
        return silent_proxy(way.hop, way, seconds, timeouts)
    return TimedOut(
        f"`{way.origin}` did not answer within {seconds:g} s",
        hint=f"check the network, VPN and proxy, then try again; {timeouts.setting}{way.through}",
    )


def to_egain_error(  # noqa: PLR0911  one kind, one line
    exc: Exception, way: Way, seconds: float, timeouts: Timeouts
) -> EgainError:
    """Return our error for one of the library's. Of its text only the system's own reason is used.

    Args:
        exc: The library's error.
        way: Where the request went, and how far it came.
        seconds: How long it could take, for the message of a time-out.
        timeouts: Say how a person sets that.
    """
    from egain_auth_cli.transport.httpx_library import httpx

    origin = way.origin
    if isinstance(exc, EgainError):
        return exc
    if isinstance(exc, httpx.TimeoutException):
        most = CONNECT_SECONDS if isinstance(exc, httpx.ConnectTimeout) else seconds
        return timed_out(way, min(most, seconds), timeouts)
    if isinstance(exc, httpx.InvalidURL):
        return _unknown_host(origin)
    if isinstance(exc, httpx.ConnectError):
        return _connect_failed(exc, way)
    if way.hop and not isinstance(exc, (httpx.ReadError, httpx.WriteError)):
        return _proxy_failed(exc, way.hop, way)
    # ConnectError came before: here the request may have reached the server, so not every request may be sent again.
    if isinstance(exc, httpx.RemoteProtocolError) and not str(exc).startswith(_CUT):
        return BadAnswer(
            f"`{origin}` sent an answer that is no valid HTTP", hint="tell whoever runs that server or a proxy"
        )
    if isinstance(exc, (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
        return connection_lost(way)
    if isinstance(exc, ValueError):
        return undecodable(exc, origin)
    return NetworkError(f"the request to `{origin}` failed ({type(exc).__name__})", hint="try again; `-vv` shows more")


def _proxy_failed(exc: Exception, proxy: Proxy, way: Way) -> EgainError:
    """Return the error of a proxy that was connected to, but did not lead to the origin."""
    from egain_auth_cli.transport.httpx_library import httpx

    status = str(exc)[:3]  # the one place where the library says it
    if isinstance(exc, httpx.ProxyError) and status.isdigit():
        return refused_by_proxy(proxy, way, int(status))
    if isinstance(exc, httpx.RemoteProtocolError):
        return connection_lost(way) if str(exc).startswith(_CUT) else no_proxy_there(proxy)
    if isinstance(exc, ValueError):  # a name that no encoding takes
        return unknown_proxy(proxy)
    return NetworkError(
        f"the request by the proxy {proxy} failed ({type(exc).__name__})", hint=f"check {proxy.setting}; try again"
    )


def _connect_failed(exc: httpx.ConnectError, way: Way) -> NetworkError:
    import socket
    import ssl

    cause = _root_cause(exc, ssl.SSLError)
    if isinstance(cause, ssl.SSLError):
        from egain_auth_cli.transport.untrusted import tls_failed

        return tls_failed(cause, way)
    if isinstance(cause, socket.gaierror):
        return unknown_proxy(way.hop) if way.hop else _unknown_host(way.origin)
    reason = "connection failed"
    if isinstance(cause, OSError) and cause.errno and cause.strerror:
        # An event loop puts the address in the place of the system's words.
        reason = os.strerror(cause.errno) if cause.strerror.startswith("Connect call") else cause.strerror
    if way.hop:
        return unreachable_proxy(way.hop, reason)
    if way.origin.loopback:
        return NetworkError(
            f"cannot connect to `{way.origin}`: {printable(reason.lower(), limit=120)}",
            hint="nothing listens there: start it, as `egain sandbox` where this is the sandbox's profile",
        )
    return NetworkError(
        f"cannot connect to `{way.origin}`: {printable(reason.lower(), limit=120)}",
        hint="check that the URL is right and the server reachable from here (network, VPN, proxy)" + way.through,
    )


def _unknown_host(origin: Origin) -> NetworkError:
    return NetworkError(
        f"the host `{origin.host}` cannot be found", hint="check the URL for a slip, the network and the VPN"
    )


def _root_cause(exc: BaseException, wanted: type[BaseException]) -> BaseException:
    """Return the first cause of a kind, or the one below all others: the library wraps each error twice."""
    while not isinstance(exc, wanted):
        # Of several addresses the first one counts.
        first = exc.exceptions[0] if isinstance(exc, BaseExceptionGroup) else None
        below = first or exc.__cause__ or exc.__context__
        if below is None:
            break
        exc = below
    return exc
