"""Connections of an event loop that are read while they are written, so that an early answer is not lost.

An API may refuse a long body before it has come, such as by 413, and then close: the system throws away what has not
been read by then. See: RFC 9112 §9.5, a client should look out for an answer while it sends.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

_PIECE = 64 * 1024
"""Bytes: as many as the library reads at once."""
_TURNS = 4
"""Of the event loop, from a socket that can be read to the task that waits for it."""
_BEGINNING = b"HTTP/1.1 1"
"""Of an interim answer (RFC 9110 §15.2): one to a request's head may come while the body is sent, asked for or not."""
_INTERIM = re.compile(rb"\A(?:HTTP/1\.1 1\d\d[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n)+")


class ReadAheadBackend(httpcore.AsyncNetworkBackend):
    """Connects, and gives streams that read ahead.

    Args:
        backend: Connects really.
    """

    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the library's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a host."""
        stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        return ReadAheadStream(stream)


class ReadAheadStream(httpcore.AsyncNetworkStream):
    """A stream that has begun to read when something is written.

    Args:
        stream: Reads and writes really.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._ahead: asyncio.Task[bytes] | None = None
        self._interim = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Return what has come, or the next that comes.

        Raises:
            httpcore.ReadTimeout: Nothing came in time.
        """
        if self._interim:
            interim, self._interim = self._interim, b""
            return interim
        if self._ahead is None:
            return await self._stream.read(max_bytes, timeout)
        await asyncio.wait({self._ahead}, timeout=timeout)
        if not self._ahead.done():
            raise httpcore.ReadTimeout
        ahead, self._ahead = self._ahead, None
        return ahead.result()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Write, unless a final answer has come.

        Raises:
            httpcore.WriteError: It has: the library reads it then.
            httpcore.WriteTimeout: The other side did not take it in time.
        """
        await self._let_in()
        writing = asyncio.create_task(self._stream.write(buffer, timeout))
        try:
            while not writing.done():
                if self._ahead is None:
                    self._ahead = asyncio.create_task(self._stream.read(_PIECE))
                await asyncio.wait({writing, self._ahead}, return_when=asyncio.FIRST_COMPLETED)
                if not writing.done() and not self._took_interim(self._ahead):
                    raise httpcore.WriteError
            writing.result()
        finally:
            await _ended(writing)

    async def aclose(self) -> None:
        """Close it."""
        if self._ahead is not None:
            await _ended(self._ahead)
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """Go on by TLS."""
        return ReadAheadStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401
        """Return what is known of the connection."""
        return self._stream.get_extra_info(info)

    async def _let_in(self) -> None:
        """Take in what has come already: a write that fails, since the other side has closed, would throw it away."""
        if self._ahead is None or not self._stream.get_extra_info("is_readable"):
            return
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    def _took_interim(self, ahead: asyncio.Task[bytes]) -> bool:
        """Keep what has been read where it is no more than interim answers, after which the body is still wanted."""
        if ahead.exception() is not None or not (piece := ahead.result()):
            return False
        came = self._interim + piece
        last = _INTERIM.sub(b"", came)
        if len(came) > _PIECE or not _BEGINNING.startswith(last[: len(_BEGINNING)]):
            return False
        self._interim, self._ahead = came, None
        return True


async def _ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
