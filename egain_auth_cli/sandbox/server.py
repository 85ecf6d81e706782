"""The sandbox as a process sees it: one threaded HTTP server on 127.0.0.1 alone."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from typing import TYPE_CHECKING

from waitress import create_server, wasyncore

from egain_auth_cli.sandbox.access_log import AccessLog
from egain_auth_cli.sandbox.app import create_app
from egain_auth_cli.sandbox.registrations import REGISTRATIONS, ClientRegistration
from egain_auth_cli.sandbox.state import SandboxState
from egain_auth_cli.sandbox.token_issuer import TokenIssuer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.05
_THREADS = 8
_SILENCE_SECONDS = 30
_CONNECTIONS = 1000


class SandboxServer:
    """A local eGain.

    It binds at once and raises OSError where the port is taken; port 0 takes any free one. `token_lifetime`
    is in seconds, `clock` gives epoch seconds. As a context manager it serves in a background thread.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token_lifetime: int = 3600,
        access_log: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        listener = _bind(port)
        try:
            self.url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
            issuer = TokenIssuer(
                url=self.url,
                lifetime=token_lifetime,
                key=secrets.token_bytes(32),
                state=SandboxState(clock),
            )
            self._access_log = AccessLog(access_log)
            app = create_app(issuer, access_log=self._access_log)
            logging.getLogger("waitress").setLevel(logging.CRITICAL)  # nothing to say of a client that went away
            self._channels: dict[int, object] = {}
            self._http = create_server(
                app,
                map=self._channels,
                sockets=[listener],
                ident="",
                threads=_THREADS,
                channel_timeout=_SILENCE_SECONDS,
                connection_limit=_CONNECTIONS,
            )
        except BaseException:
            listener.close()
            raise
        self._closing = threading.Event()
        self._serving: threading.Thread | None = None
        self._done = threading.Event()

    @property
    def registrations(self) -> tuple[ClientRegistration, ...]:
        """The client applications that are registered, for display."""
        return REGISTRATIONS

    def serve_forever(self) -> None:
        """Serve until `close()`, from any thread or a signal handler; KeyboardInterrupt passes through."""
        self._serving = threading.current_thread()
        try:
            # NOTE: waitress' own loop swallows KeyboardInterrupt, and goes on for ever.
            while not self._closing.is_set():
                wasyncore.loop(timeout=_POLL_SECONDS, use_poll=True, map=self._channels, count=1)
        finally:
            self._free()
            self._done.set()

    def close(self) -> None:
        """Stop serving and free the port; a second call does nothing."""
        self._closing.set()
        if self._serving is None:
            self._free()
        elif self._serving is not threading.current_thread():
            self._done.wait()
        self._access_log.close()

    def _free(self) -> None:
        self._http.task_dispatcher.shutdown()
        wasyncore.close_all(self._channels)

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self.serve_forever, name="egain-sandbox", daemon=True)
        self._serving = thread
        thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _bind(port: int) -> socket.socket:
    """Bind the port on loopback; werkzeug would end the process where it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # NOTE: on Windows SO_REUSEADDR would let two servers share a port.
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
