"""An API of files on loopback: keeps what is put, gives it back, packed where that is asked for."""

from __future__ import annotations

import gzip
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 64 * 1024


@dataclass
class FileServer:
    """One that runs.

    Attributes:
        url: Its address.
        files: By path.
        seen: Method, path and Authorization of each request.
        connections: How many there have been.
    """

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    connections: int = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = FileServer(f"http://127.0.0.1:{self.server_address[1]}")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.api.connections += 1

    def do_PUT(self) -> None:  # the name that http.server asks for
        chunked = self.headers.get("Transfer-Encoding", "") == "chunked"
        self.server.api.files[self.path] = b"".join(self._chunks() if chunked else self._counted())
        self._answer(201, b"")

    def do_GET(self) -> None:
        found = self.server.api.files.get(self.path)
        self._answer(404 if found is None else 200, found or b"")

    do_HEAD = do_GET  # noqa: N815  as above

    def log_message(self, *_: object) -> None:
        pass

    def _counted(self) -> Iterator[bytes]:
        left = int(self.headers["Content-Length"])
        while left and (piece := self.rfile.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, status: int, body: bytes) -> None:
        self.server.api.seen.append((self.command, self.path, self.headers.get("Authorization", "")))
        self.send_response_only(status)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def file_server() -> Iterator[FileServer]:
    """Serve until the block ends."""
    with _Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server.api
        finally:
            server.shutdown()
