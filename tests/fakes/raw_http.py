"""Raw requests over a socket, as bytes, and a browser that follows redirects."""

from __future__ import annotations

import contextlib
import re
import socket
from typing import NamedTuple
from urllib.parse import urlsplit


class RawAnswer(NamedTuple):
    """An answer as bytes, split."""

    status: int
    headers: dict[str, str]
    body: str
    raw: bytes


def exchange(url: str, request: bytes, *, seconds: float = 10.0) -> RawAnswer:
    """Send bytes to the address of a URL and read until the other side closes."""
    with connect(url, seconds=seconds) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(request)
        return read_answer(sock)


def connect(url: str, *, seconds: float = 10.0) -> socket.socket:
    """Connect to the address of a URL."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port or 80), timeout=seconds)


def read_answer(sock: socket.socket) -> RawAnswer:
    """Read until the other side closes; status 0 where it says nothing."""
    raw = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    match = re.match(r"HTTP/1\.1 (\d{3})", first)
    headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
    return RawAnswer(int(match[1]) if match else 0, headers, body.decode("utf-8", "replace"), raw)


def get(url: str, *headers: str, method: str = "GET", host: str | None = None, seconds: float = 10.0) -> RawAnswer:
    """Send a plain request for a URL."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc if host is None else host}", *headers, "", ""]
    return exchange(url, "\r\n".join(lines).encode(), seconds=seconds)


def post_form(url: str, form: str, *headers: str, content_type: str = "application/x-www-form-urlencoded") -> RawAnswer:
    """Post a form to a URL."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(form.encode())}",
        *headers,
        "",
        form,
    ]
    return exchange(url, "\r\n".join(lines).encode())


def follow(url: str) -> list[RawAnswer]:
    """Get a URL and the places it redirects to, as a browser does."""
    answers = [get(url)]
    while answers[-1].status == 303:
        parts = urlsplit(url)
        answers.append(get(f"http://{parts.netloc}{answers[-1].headers['location']}"))
    return answers
