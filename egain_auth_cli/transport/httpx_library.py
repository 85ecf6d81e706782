"""The HTTP library, and a client of it that does nothing of its own accord.

Imported by the first request; ``bearer_auth``, which the Python API needs, imports it at once.
"""

from __future__ import annotations

import socket
import ssl
import sys
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from egain_auth_cli.models.urls import Origin
    from egain_auth_cli.transport.proxy import Proxy

__all__ = ["ExactURL", "httpx", "open_async_transport", "open_client"]

_SENT_AHEAD = 256 * 1024
"""Bytes of a body that the system takes before they are on the wire. Its own choice may be some megabytes, which take a
minute on a slow line: the wait for the answer is counted from the last of them."""
_KEPT_CONNECTIONS = 100
"""Connections of an event loop that wait for the next request."""
# NOTE: httpx tries to import its own command line, and with it rich, click and pygments where those are installed:
# a third of its time. A None in sys.modules makes that import fail, which httpx is prepared for.
_COMMAND_LINE = "httpx._main"
_HALTED = sys.modules.setdefault(_COMMAND_LINE, None) is None  # type: ignore[arg-type]  # documented: halts the import
try:
    import httpx
finally:
    if _HALTED:
        del sys.modules[_COMMAND_LINE]


class ExactURL(httpx.URL):
    """An origin with a target that is sent as it stands: the library takes it from ``raw_path``.

    NOTE: the library's own URLs resolve `/a/../b` and encode `$` and `[` anew, so that what is sent is not what was
    checked. Nor would its request extension `target` do: a proxy gets it too, in place of the host to CONNECT to.
    """

    raw_path = b"/"


class _BareTransport(httpx.HTTPTransport):
    """The library's transport, but for an answer's headers, which it keeps from the client.

    NOTE: the client would act on two of them. It stores cookies and sends them back, which cannot be turned off
    (encode/httpx#2992). And it prepares a redirect's next request even where it does not follow, so that an answer
    whose Location is not a URL would be lost (encode/httpx#3706).
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.extensions["raw_headers"] = response.headers.raw
        response.headers = httpx.Headers()
        return response


def open_client(origin: Origin, proxy: Proxy | None, context: ssl.SSLContext | None) -> httpx.Client:
    """Make a client for one connection, which follows no redirect.

    Args:
        origin: Where it goes; the client's ``base_url``.
        proxy: What stands between, or None.
        context: Says which certificates are trusted, the proxy's too; None for a connection without TLS.

    Raises:
        httpx.InvalidURL: The host is not one, as `1.2.3.999`.
    """
    # Only the server ends a kept connection: HttpClient looks for that and must not be mistaken.
    limits = httpx.Limits(keepalive_expiry=None)
    transport = _BareTransport(limits=limits, **_connecting(proxy, context))
    client = httpx.Client(transport=transport, base_url=str(origin), trust_env=False, follow_redirects=False)
    # The socket is closed when nobody holds the client any more, and not at a time-out: that would not wake the thread
    # that waits for it, which would then read from whatever has got the socket's number. At exit the system does it.
    weakref.finalize(client, transport.close).atexit = False
    return client


def open_async_transport(proxy: Proxy | None, context: ssl.SSLContext | None) -> httpx.AsyncHTTPTransport:
    """Make the asynchronous transport alone: without a client there are no cookies, redirects or headers of its own.

    Args:
        proxy: What stands between, or None.
        context: As for ``open_client``.
    """
    from egain_auth_cli.transport.read_ahead import ReadAheadBackend

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=_KEPT_CONNECTIONS)
    transport = httpx.AsyncHTTPTransport(limits=limits, **_connecting(proxy, context))
    # NOTE: httpx has no way to hand a backend on to the library below it, which takes one. Should these names change,
    # test_answer_that_comes_before_the_body_is_over_is_passed_on fails.
    pool: Any = transport._pool  # noqa: SLF001
    pool._network_backend = ReadAheadBackend(pool._network_backend)  # noqa: SLF001
    return transport


def _connecting(proxy: Proxy | None, context: ssl.SSLContext | None) -> dict[str, Any]:
    """Return what both kinds of transport are told of how to connect."""
    # trust_env: a .netrc is not read, and which proxy and certificates count is for proxy.py and tls.py to say.
    return {
        # Without TLS, on loopback alone, no certificate is looked at, so this context trusts nobody. The library's
        # default would load certifi's, which takes longer than the request.
        "verify": context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        "trust_env": False,
        "proxy": httpx.Proxy(proxy.url, ssl_context=context if proxy.scheme == "https" else None) if proxy else None,
        "socket_options": [(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENT_AHEAD)],
    }
