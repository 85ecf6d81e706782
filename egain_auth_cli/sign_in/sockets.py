"""The sockets of a registered redirect URI: exactly its address, both families for ``localhost`` (RFC 8252 §7.3)."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from egain_auth_cli.errors import RedirectUnavailable
from egain_auth_cli.models.command_words import command_line
from egain_auth_cli.models.urls import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FAMILIES = {
    "127.0.0.1": ((socket.AF_INET, "127.0.0.1"),),
    "::1": ((socket.AF_INET6, "::1"),),
    "localhost": ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")),
}
_ABSENT = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, getattr(errno, "EPROTONOSUPPORT", -1))
_BACKLOG = 128
_FIRST_PORT = 8399
"""Another port is looked for above it: eGain's documents use 8400, and those below 1024 are the system's."""
_TRIES = 8
"""Tries for ``localhost`` without a port: the one that IPv4 gets may be taken on IPv6."""


class BoundRedirect(NamedTuple):
    """Listening sockets, and what they listen on.

    Attributes:
        redirect_uri: As registered; with the port that was taken, where it has none.
        sockets: One for each address family.
    """

    redirect_uri: str
    sockets: tuple[socket.socket, ...]


def can_listen_on(redirect_uri: str) -> bool:
    """Return whether this machine can listen on the URI: plain http on a loopback address."""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "http" and (parts.hostname or "") in LOOPBACK_HOSTS


def bind_first(redirect_uris: Sequence[str], *, may_paste: bool, profile: str | None) -> BoundRedirect | None:
    """Listen on the first registered URI that can be; None where the person is to paste the address instead.

    Args:
        redirect_uris: As registered, in the order in which they are tried.
        may_paste: Whether the person can paste the address of one that cannot be listened on.
        profile: Whose they are; None for the environment's.

    Raises:
        RedirectUnavailable: None can be listened on, and none can be pasted.
    """
    failures: list[tuple[str, OSError]] = []
    for uri in redirect_uris:
        if not can_listen_on(uri):
            continue
        try:
            return bind_redirect(uri)
        except OSError as exc:
            failures.append((uri, exc))
    if may_paste and not all(can_listen_on(uri) for uri in redirect_uris):
        return None
    if failures:
        raise redirect_unavailable(failures, profile)
    raise RedirectUnavailable(
        "no registered redirect URI is a loopback address, so the answer must be pasted",
        hint="run `egain login` on a terminal or with `--no-browser`, or register `http://localhost:8400/callback`",
    )


def bind_redirect(redirect_uri: str) -> BoundRedirect:
    """Listen on a loopback redirect URI; one without a port takes any.

    NOTE: the sockets bound first are the ones served. Nothing is probed, closed and bound again.

    Raises:
        OSError: The port is taken or may not be used.
    """
    parts = urlsplit(redirect_uri)
    host = parts.hostname or ""
    if parts.port is not None:
        return BoundRedirect(redirect_uri, _bind_all(host, parts.port))
    left = _TRIES
    while True:
        left -= 1
        try:
            sockets = _bind_all(host, 0)
        except OSError as exc:
            if exc.errno != errno.EADDRINUSE or left == 0:
                raise
            continue
        port = sockets[0].getsockname()[1]
        return BoundRedirect(parts._replace(netloc=f"{parts.netloc}:{port}").geturl(), sockets)


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
        for one in bound:
            one.close()
        raise
    if not bound:
        raise absent or OSError(errno.EADDRNOTAVAIL, "there is no loopback address")
    return tuple(bound)


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Only lets a port in TIME_WAIT be taken again; another listener still makes bind or listen fail.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port))
        one.listen(_BACKLOG)
        one.setblocking(False)  # noqa: FBT003
    except OSError:
        one.close()
        raise
    return one


def redirect_unavailable(failures: list[tuple[str, OSError]], profile: str | None) -> RedirectUnavailable:
    """Return the error that no registered redirect URI could be listened on, with who holds their ports.

    Args:
        failures: Each URI, and why.
        profile: Whose they are; None for the environment's.
    """
    causes = []
    remedy = "end the program that holds the port"
    for uri, exc in failures:
        port = urlsplit(uri).port
        holder = port_holder(port) if port is not None and exc.errno == errno.EADDRINUSE else None
        reason = f"held by {holder}" if holder else (exc.strerror or "not available").lower()
        if sys.platform == "win32" and exc.errno == errno.EACCES:  # WSAEACCES: Hyper-V and WinNAT set ports aside
            reason = "set aside by Windows"
            remedy = "`netsh interface ipv4 show excludedportrange protocol=tcp` lists the ports that Windows set aside"
        causes.append(f"port {port} of `{uri}` ({reason})")
    another = f"http://localhost:{max(_FIRST_PORT, *(urlsplit(uri).port or 0 for uri, _ in failures)) + 1}/callback"
    add = command_line(["egain", "profile", "set", str(profile), "redirect_uris", " ".join([*dict(failures), another])])
    return RedirectUnavailable(
        f"no registered redirect URI can be listened on: {'; '.join(causes)}",
        hint=f"{remedy}; or register another URI at the client application, such as `{another}`, and name it by "
        + (f"`{add}`" if profile else "`EGAIN_REDIRECT_URI`"),
    )


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


def close_sockets(sockets: Iterable[socket.socket]) -> None:
    """Close bound sockets that no listener takes over."""
    for one in sockets:
        one.close()
