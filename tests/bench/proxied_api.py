"""An API that takes the milliseconds that a path names, and clients that ask it over and over on one connection."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUESTS = 200
CLIENTS = 8
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class _Api(asyncio.Protocol):
    """Answers each request after its time; none is pipelined, none has a body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        milliseconds = int(data.split(b" ", 2)[1].rpartition(b"/")[2])
        if milliseconds:
            asyncio.get_running_loop().call_later(milliseconds / 1000, self._transport.write, _ANSWER)
        else:
            self._transport.write(_ANSWER)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Api, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextlib.contextmanager
def timed_api() -> Iterator[str]:
    """Run such an API in a process of its own; its URL."""
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def proxy_before(url: str, egain: str, environ: dict[str, str]) -> Iterator[str]:
    """Run `egain proxy` before an API; its URL."""
    given = environ | {"EGAIN_ACCESS_TOKEN": "made-up", "EGAIN_API_URL": url}
    process = subprocess.Popen([egain, "proxy", "--port", "0"], env=given, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.wait()


def asked(url: str, milliseconds: int, count: int = REQUESTS) -> float:
    """Return the seconds of so many requests, one after the other on one connection."""
    parts = urlsplit(url)
    request = f"GET /wait/{milliseconds} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
    with socket.create_connection((str(parts.hostname), parts.port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = time.perf_counter()
        for _ in range(count):
            client.sendall(request)
            answer = b""
            while not answer.endswith(b"{}"):
                answer += client.recv(65536)
        return time.perf_counter() - start


def asked_at_once(url: str, milliseconds: int, count: int) -> float:
    """Return the seconds in which all of several clients have made so many requests each."""
    threads = [threading.Thread(target=asked, args=(url, milliseconds, count)) for _ in range(CLIENTS)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


if __name__ == "__main__":
    asyncio.run(_serve())
