"""One accepted socket of the listener, and how far its request has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.sign_in.arriving_head import ArrivingHead

if TYPE_CHECKING:
    import socket

    from egain_auth_cli.sign_in.redirect_request import Head


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
