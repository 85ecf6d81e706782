"""One accepted socket of the listener, and how far its request has come."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from egain_auth_cli.sign_in.arriving_head import ArrivingHead

if TYPE_CHECKING:
    import socket

    from egain_auth_cli.sign_in.redirect_request import Head


_MOST = 512
_MOST_ON_WINDOWS = 400
"""Its `select` takes 512 sockets in all (FD_SETSIZE)."""
_OTHER_FILES = 48
"""Of a process's open files, what is left for all that is no connection."""


def most_connections() -> int:
    """Return how many connections may be open at once: what the system lets one process have open, within reason."""
    if sys.platform == "win32":
        return _MOST_ON_WINDOWS
    import resource

    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = allowed == resource.RLIM_INFINITY
    return _MOST if unlimited else max(8, min(_MOST, allowed - _OTHER_FILES))


class Connection:
    """A connection that is read until its request is whole, then answered once.

    Args:
        sock: Non-blocking.
        deadline: When it is dropped, whatever it is doing (monotonic seconds).

    Attributes:
        arriving: The head, as far as it has come.
        head: Request line and headers, once they are whole.
        body: What came after them.
        to_send: What is left of the answer.
        held: Whether it carries the right redirect and waits for what comes of the sign-in.
        answered: Whether its page is on the way; what comes after is read and thrown away.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock = sock
        self.deadline = deadline
        self.arriving = ArrivingHead()
        self.head: Head | None = None
        self.body = bytearray()
        self.to_send = b""
        self.held = False
        self.answered = False
