"""The sandbox as a process sees it: one threaded HTTP server on 127.0.0.1 alone."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from werkzeug.serving import ThreadedWSGIServer

from egain_auth_cli.sandbox.access_log import AccessLog
from egain_auth_cli.sandbox.app import create_app
from egain_auth_cli.sandbox.connection import Connection
from egain_auth_cli.sandbox.registrations import REGISTRATIONS, ClientRegistration
from egain_auth_cli.sandbox.state import SandboxState
from egain_auth_cli.sandbox.token_issuer import TokenIssuer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Self

LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.05


class SandboxServer:
    """A local eGain.

    It binds at once; as a context manager it serves in a background thread.

    Args:
        port: To listen on; 0 takes any free one.
        token_lifetime: Of an access token, in seconds.
        access_log: A file for one JSON line a request; None for none.
        clock: Epoch seconds.

    Attributes:
        url: Where it answers.

    Raises:
        OSError: The port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token_lifetime: int = 3600,
        access_log: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        with _bind(port) as listener:
            port = listener.getsockname()[1]
            self.url = f"http://{LOOPBACK}:{port}"
            issuer = TokenIssuer(url=self.url, lifetime=token_lifetime, state=SandboxState(clock))
            self._access_log = AccessLog(access_log)
            app = create_app(issuer, access_log=self._access_log)
            self._http = _Listener(LOOPBACK, port, app, handler=Connection, fd=listener.fileno())
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
            # NOTE: werkzeug's own loop swallows KeyboardInterrupt, and waits for ever for an end that a signal
            # handler asks for.
            while not self._closing.is_set():
                self._http.handle_request()
        finally:
            self._http.server_close()
            self._done.set()

    def close(self) -> None:
        """Stop serving and free the port; a second call does nothing."""
        self._closing.set()
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

    def __exit__(self, *_error: object) -> None:
        self.close()


class _Listener(ThreadedWSGIServer):
    """werkzeug's threaded server, which leaves no connection open at its end."""

    timeout = _POLL_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # as werkzeug takes them
        self._connections: WeakSet[socket.socket] = WeakSet()
        super().__init__(*args, **kwargs)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        self._connections.add(request)
        super().process_request(request, client_address)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._connections):
            # The answer under way is still sent; then its thread finds that nothing more comes.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)


def _bind(port: int) -> socket.socket:
    """Bind the port on loopback; werkzeug would end the process where it is taken."""
    try:
        return socket.create_server((LOOPBACK, port), backlog=128)
    except OSError as error:
        # Python adds the address to the system's words.
        raise OSError(error.errno, str(error.strerror).partition(" (while")[0]) from None
