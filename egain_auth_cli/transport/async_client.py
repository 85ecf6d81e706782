"""Requests to one origin from an event loop, many at once: bytes are passed through as they come."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import BadAnswer
from egain_auth_cli.transport.failures import ConnectionLost, library_errors, to_egain_error
from egain_auth_cli.transport.library_request import library_request
from egain_auth_cli.transport.proxy import proxy_for
from egain_auth_cli.transport.streaming import DISCARD_LIMIT, DISCARD_SECONDS
from egain_auth_cli.transport.tls import authorities_named, trusting_context
from egain_auth_cli.transport.way import Way

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import httpx

    from egain_auth_cli.deadline import Timeouts
    from egain_auth_cli.errors import EgainError
    from egain_auth_cli.models.urls import Origin
    from egain_auth_cli.transport.client import HttpRequest

_STATUSES = range(200, 600)
"""Those of an answer that is not provisional (RFC 9110 §15)."""


class AsyncHttpClient:
    """Sends requests to an origin; as many connections as there are requests at once, kept for the next ones.

    Args:
        origin: Where all of them go.
        environ: ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``, and the proxy's variables.

    Raises:
        ConfigError: The proxy's URL, or the certificates named, cannot be used.
    """

    def __init__(self, origin: Origin, environ: Mapping[str, str]) -> None:
        from egain_auth_cli.transport.httpx_library import open_async_transport

        self._origin = origin
        self._proxy = proxy_for(origin, environ)
        self._authorities = authorities_named(environ)
        context = trusting_context(environ) if origin.scheme == "https" else None
        self._transport = open_async_transport(self._proxy, context)

    async def send(self, request: HttpRequest, timeouts: Timeouts) -> AsyncAnswer:
        """Send a request to its exact target and return the answer's head; redirects are not followed.

        Args:
            request: To the client's origin.
            timeouts: How long to wait.

        Raises:
            TimedOut: A connection, or the next bytes, did not come in time.
            ConnectionLost: It ended before the head came.
            BadAnswer: What came is no answer of HTTP.
            NetworkError: Resolution, connection, TLS or a proxy failed.
        """
        from egain_auth_cli.transport.httpx_library import httpx

        way = Way(self._origin, authorities=self._authorities)
        connects = False

        async def note(step: str, info: Mapping[str, Any]) -> None:
            nonlocal connects
            if step.startswith("connection.connect"):  # else it is a kept connection, which has come past any proxy
                connects, way.proxy = True, self._proxy
            way(step, info)

        failure: EgainError
        try:
            prepared = library_request(request, httpx.URL(str(self._origin)), timeouts)
            prepared.extensions["trace"] = note
            response = await self._transport.handle_async_request(prepared)
        except library_errors() as exc:
            failure = to_egain_error(exc, way, timeouts.head_seconds, timeouts)
        else:
            if response.status_code in _STATUSES:
                return AsyncAnswer(response, way, timeouts)
            await response.aclose()
            failure = BadAnswer(
                f"`{self._origin}` answered the status {response.status_code}, which HTTP does not have",
                hint="tell whoever runs that server or a proxy",
            )
        if isinstance(failure, ConnectionLost):
            failure.on_kept_connection = not connects
        # Outside the handler: the library's error holds the request, its Authorization header included.
        raise failure

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


class AsyncAnswer:
    """An answer whose body is still on its way.

    Args:
        response: The library's.
        way: How it came, for messages.
        timeouts: How long the body may be silent.

    Attributes:
        status: The status code.
        headers: Names and values as they came, in order.
    """

    def __init__(self, response: httpx.Response, way: Way, timeouts: Timeouts) -> None:
        self._response = response
        self._way = way
        self._timeouts = timeouts
        self.status = response.status_code
        self.headers = tuple(response.headers.raw)

    def header(self, name: bytes) -> str | None:
        """Return the first header of a name in small letters; None where there is none."""
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == name), None)

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body piece by piece, its content coding left as it is.

        Raises:
            ConnectionLost: It ended before it was complete.
            TimedOut: It fell silent.
        """
        failure: EgainError
        try:
            async for piece in self._response.aiter_raw():
                yield piece
        except library_errors() as exc:
            failure = to_egain_error(exc, self._way, self._timeouts.silence, self._timeouts)
        else:
            return
        finally:
            await self.close()
        raise failure

    async def discard(self) -> None:
        """Read a short body to its end, so that the connection serves the next request; give up on a long or slow."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(DISCARD_SECONDS):
                taken = 0
                async for piece in self._response.aiter_raw():
                    taken += len(piece)
                    if taken > DISCARD_LIMIT:
                        break
        await self.close()

    async def close(self) -> None:
        """Return the connection for the next request; close it where the body was not read to its end or more came."""
        with contextlib.suppress(Exception):
            if _more_came(self._response):
                await self._response.extensions["network_stream"].aclose()
        with contextlib.suppress(Exception):
            await self._response.aclose()


def _more_came(response: httpx.Response) -> bool:
    """Return whether more has come than the answer, as from a server that answers HEAD with a body.

    NOTE: the library keeps that, and takes it for the answer to the connection's next request (RFC 9112 §9.2); a test
    misses it where this is void.
    """
    stream: Any = response.stream
    connection = stream._httpcore_stream._stream._connection  # noqa: SLF001
    return bool(connection._h11_state.trailing_data[0])  # noqa: SLF001
