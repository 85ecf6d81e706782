"""The sandbox as a process sees it: one threaded HTTP server on 127.0.0.1 alone."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from http.server import HTTPServer
from typing import TYPE_CHECKING

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

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
_SILENCE_SECONDS = 30


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
            self._http = _QuietServer(LOOPBACK, listener.getsockname()[1], app, _QuietHandler, fd=listener.fileno())
        finally:
            listener.close()
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
            if not self._http.closing.is_set():
                self._http.serve(poll_interval=_POLL_SECONDS)
        finally:
            self._http.server_close()
            self._done.set()

    def close(self) -> None:
        """Stop serving and free the port; a second call does nothing."""
        self._http.closing.set()
        if self._serving is None:
            self._http.server_close()
        elif self._serving is not threading.current_thread():
            self._done.wait()
        self._access_log.close()

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


class _ServingEndedError(Exception):
    """Leaves the serving loop."""


class _QuietServer(ThreadedWSGIServer):
    """Werkzeug's server, which ends when `closing` is set and has nothing to say."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        self.closing = threading.Event()

    def serve(self, *, poll_interval: float) -> None:
        """Serve until `closing` is set."""
        try:
            # NOTE: werkzeug's own serve_forever swallows KeyboardInterrupt; its base does not.
            HTTPServer.serve_forever(self, poll_interval=poll_interval)
        except _ServingEndedError:
            return

    def service_actions(self) -> None:
        """Look, between requests, whether to end."""
        super().service_actions()
        if self.closing.is_set():
            raise _ServingEndedError

    def log(self, kind: str, message: str, *args: object) -> None:
        """Say nothing."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went away."""


class _QuietHandler(WSGIRequestHandler):
    """Werkzeug's request handler without its log, and without patience for a silent client."""

    protocol_version = "HTTP/1.1"  # connections are reused
    timeout = _SILENCE_SECONDS

    def log(self, kind: str, message: str, *args: object) -> None:
        """Say nothing: a request line holds values."""


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
