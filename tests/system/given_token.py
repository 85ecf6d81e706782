"""A token endpoint on loopback that gives whatever token a test has chosen."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from system.egain_command import Egain


class TokenEndpoint(ThreadingHTTPServer):
    """Answers every request with its token, or with an error where that is None."""

    token: str | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)

    def serves(self, egain: Egain, token: str | None) -> Egain:
        """Return this token from now on; the command with the environment that gets it here and keeps nothing."""
        self.token = token
        return egain.within(
            {
                "EGAIN_CLIENT_ID": "made-up",
                "EGAIN_CLIENT_SECRET": "made-up-secret",
                "EGAIN_TOKEN_URL": f"http://127.0.0.1:{self.server_port}/token",
                "EGAIN_FLOW": "client-credentials",
                "EGAIN_SCOPE": "core.test.read",
            }
        )


class _Answer(BaseHTTPRequestHandler):
    server: TokenEndpoint

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        token = self.server.token
        refused = {"error": "invalid_client"}
        answer = refused if token is None else {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
        body = json.dumps(answer).encode()
        self.send_response(401 if token is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the base class
        pass


@contextmanager
def token_endpoint() -> Iterator[TokenEndpoint]:
    """Serve until the block ends."""
    with TokenEndpoint() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
