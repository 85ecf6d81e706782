"""The sockets of a registered redirect URI: exactly its address, both families for ``localhost`` (RFC 8252 §7.3)."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from egain_auth_cli.errors import RedirectUnavailable
from egain_auth_cli.models.command_words import command_line
from egain_auth_cli.models.urls import LOOPBACK_HOSTS
from egain_auth_cli.transport.loopback import bind_loopback, why_unavailable

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

_FIRST_PORT = 8399
"""Another port is looked for above it: eGain's documents use 8400, and those below 1024 are the system's."""


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

    Raises:
        OSError: The port is taken or may not be used.
    """
    parts = urlsplit(redirect_uri)
    sockets = bind_loopback(parts.hostname or "", parts.port or 0)
    if parts.port is not None:
        return BoundRedirect(redirect_uri, sockets)
    port = sockets[0].getsockname()[1]
    return BoundRedirect(parts._replace(netloc=f"{parts.netloc}:{port}").geturl(), sockets)


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
        reason = why_unavailable(port or 0, exc)
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
