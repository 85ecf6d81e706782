"""One accepted socket of the listener, and how far its request has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from egain_auth_cli.sign_in.redirect_request import Head


class Connection:
    """A connection that is read until its request is whole, then answered once.

    Args:
        sock: Non-blocking.
        deadline: When it is dropped, whatever it is doing (monotonic seconds).

    Attributes:
        received: Bytes that are not parsed yet: of the head, then of the body.
        head: Request line and headers, once they are whole.
        to_send: What is left of the answer.
        held: Whether it carries the right redirect and waits for the exchange's outcome.
        answered: Whether its page is on the way; what comes after is read and thrown away.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock = sock
        self.deadline = deadline
        self.received = bytearray()
        self.head: Head | None = None
        self.to_send = b""
        self.held = False
        self.answered = False
