"""Replies of a scripted server that are slow, or follow one another on one connection."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    Reply = bytes | Callable[[socket.socket], None]

KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
"""An answer after which the connection stays open."""


def silent(sock: socket.socket) -> None:
    """Say nothing."""
    sock.settimeout(5)
    sock.recv(1)


def dripping(sock: socket.socket) -> None:
    """Send a body byte by byte."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(100):
        sock.sendall(b"x")
        time.sleep(0.05)


def dripping_head(sock: socket.socket) -> None:
    """Send the head byte by byte."""
    for char in b"HTTP/1.1 200 OK\r\n" + b"X" * 100:
        sock.sendall(bytes([char]))
        time.sleep(0.05)


def on_one_connection(*replies: Reply) -> Callable[[socket.socket], None]:
    """Answer one request after the other on the same connection."""

    def serve(sock: socket.socket) -> None:
        for number, reply in enumerate(replies):
            while number and b"\r\n\r\n" not in (piece := sock.recv(65536)):
                if not piece:
                    return
            if isinstance(reply, bytes):
                sock.sendall(reply)
            else:
                reply(sock)

    return serve
