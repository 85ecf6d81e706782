"""The server: uvicorn on sockets that are bound already, silent, ended by whoever started it."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import uvicorn

from egain_auth_cli.proxy.connection import Connection
from egain_auth_cli.proxy.gate import LONGEST_HEAD

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractContextManager

    from egain_auth_cli.proxy.app import ProxyApp

_KEEP_ALIVE = 75
"""Seconds that a client's connection is kept: longer than the clients' own, so that none sends into its end."""
_GRACE = 2
"""Seconds at the end for the answers that are under way."""
_RESERVE = 64
"""Files of this process besides connections."""
_FILES = 8192
"""Files that it asks the system for; many systems give a process 256 or 1024 at first."""


class ProxyServer(uvicorn.Server):
    """Serves an application on sockets.

    Args:
        app: Is called with each request.
        close: Closes what the application holds, at the end.
    """

    def __init__(self, app: ProxyApp, *, close: Callable[[], Awaitable[None]]) -> None:
        # Half of the files: each connection that is served has one to the API.
        most = max(1, (_allowed_files() - _RESERVE) // 2)
        connection = type("ServedConnection", (Connection,), {"most": most, "waiting": {}})
        super().__init__(
            uvicorn.Config(
                app,
                http=connection,
                ws="none",
                loop="asyncio",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=_GRACE,
                h11_max_incomplete_event_size=LONGEST_HEAD,
            )
        )
        self._close = close

    def serve_on(self, sockets: Sequence[socket.socket]) -> None:
        """Serve until ``end`` is called, which closes the sockets."""
        for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio"):
            logging.getLogger(name).addHandler(logging.NullHandler())
            logging.getLogger(name).propagate = False
        asyncio.run(self._serve_on(list(sockets)))

    def end(self, *_: Any) -> None:  # noqa: ANN401  as a signal's handler is called
        """End when the answers under way are; at a second call at once."""
        self.force_exit = self.should_exit
        self.should_exit = True

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # uvicorn's, raised again later
        """Leave the signals to whoever started the server."""
        return nullcontext()

    async def _serve_on(self, sockets: list[socket.socket]) -> None:
        try:
            await self.serve(sockets)
        finally:
            await self._close()


def _allowed_files() -> int:
    """Raise the limit on open files, and return it."""
    if sys.platform == "win32":
        return _FILES
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return wanted if soft == resource.RLIM_INFINITY else soft
