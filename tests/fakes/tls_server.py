"""A scripted server behind TLS, a client that trusts its authority, and a proxy's tunnel to it."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from typing import TYPE_CHECKING

from fakes.http_server import ScriptedServer, answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import trustme

    Reply = bytes | Callable[[socket.socket], None]


def tls_server(cert: trustme.LeafCert, *replies: Reply) -> ScriptedServer:
    """Make a server with a certificate; it answers `safe` unless told otherwise."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(context)
    return ScriptedServer(*(replies or (answer("200 OK", b"safe"),)), tls=context)


def trusted(ca: trustme.CA, folder: Path) -> dict[str, str]:
    """Return the environment of a client that trusts an authority."""
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    return {"SSL_CERT_FILE": str(folder / "ca.pem")}


def tunnel_to(port: int) -> Callable[[socket.socket], None]:
    """Return a proxy's reply to CONNECT: whatever host was asked for, bytes go to and fro between it and a port."""

    def tunnel(sock: socket.socket) -> None:
        # ValueError: the test is over and has closed a socket.
        with socket.create_connection(("127.0.0.1", port)) as onward, contextlib.suppress(ValueError):
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ways = {sock: onward, onward: sock}
            while True:
                for readable in select.select(list(ways), [], [], 5)[0]:
                    piece = readable.recv(65536)
                    while isinstance(readable, ssl.SSLSocket) and readable.pending():
                        piece += readable.recv(65536)
                    if not piece:
                        return
                    ways[readable].sendall(piece)

    return tunnel
