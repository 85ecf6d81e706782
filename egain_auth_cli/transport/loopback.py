"""Sockets that listen on loopback alone, and who holds a port of it."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_FAMILIES = {
    "127.0.0.1": ((socket.AF_INET, "127.0.0.1"),),
    "::1": ((socket.AF_INET6, "::1"),),
    "localhost": ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")),
}
_ABSENT = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, getattr(errno, "EPROTONOSUPPORT", -1))
_TRIES = 8
"""Tries for ``localhost`` and any port: the one that IPv4 gets may be taken on IPv6."""


def bind_loopback(host: str, port: int) -> tuple[socket.socket, ...]:
    """Listen on a port of every address that a name of loopback stands for, and this machine has.

    NOTE: the sockets bound first are the ones served. Nothing is probed, closed and bound again.

    Args:
        host: ``localhost``, ``127.0.0.1`` or ``::1``.
        port: 0 takes any.

    Raises:
        OSError: The port is taken or may not be used.
    """
    for _ in range(_TRIES - 1):
        try:
            return _bind_all(host, port)
        except OSError as exc:
            if port or exc.errno != errno.EADDRINUSE:
                raise
    return _bind_all(host, port)


def _bind_all(host: str, port: int) -> tuple[socket.socket, ...]:
    bound: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, address in _FAMILIES[host]:
            try:
                bound.append(_listen(family, address, port or (bound[0].getsockname()[1] if bound else 0)))
            except OSError as exc:
                if exc.errno not in _ABSENT:
                    raise
                absent = exc
    except OSError:
        close_sockets(bound)
        raise
    if not bound:
        raise absent or OSError(errno.EADDRNOTAVAIL, "there is no loopback address")
    return tuple(bound)


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    # asyncio sends without delay where the protocol is told, and waits 40 ms for more of each answer where it is not.
    one = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Only lets a port in TIME_WAIT be taken again; another listener still makes bind or listen fail.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port))
        one.listen()
        one.setblocking(False)  # noqa: FBT003
    except OSError:
        one.close()
        raise
    return one


def close_sockets(sockets: Iterable[socket.socket]) -> None:
    """Close bound sockets that no listener takes over."""
    for one in sockets:
        one.close()


def why_unavailable(port: int, exc: OSError) -> str:
    """Return in words why a port cannot be listened on: who holds it, where that can be seen.

    Args:
        port: 0 for any.
        exc: What the system said.
    """
    holder = port_holder(port) if port and exc.errno == errno.EADDRINUSE else None
    return f"held by {holder}" if holder else (exc.strerror or "not available").lower()


def port_holder(port: int) -> str | None:
    """Name the program that listens on a port, where Linux lets us see it; else None."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                # State 0A is LISTEN; the port is in hex; field 9 is the socket's inode (proc(5)).
                if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    if not inodes:
        return None
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with contextlib.suppress(OSError):
            if any(str(entry.readlink()) in inodes for entry in folder.iterdir()):
                name = (folder.parent / "comm").read_text(encoding="utf-8", errors="replace").strip()
                return f"`{name}`, process {folder.parent.name}"
    return None
