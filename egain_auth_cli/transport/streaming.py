"""An answer of any length, read piece by piece under time limits that a dripping server cannot stretch."""

from __future__ import annotations

import contextlib
import math
from itertools import chain
from typing import TYPE_CHECKING

from egain_auth_cli.transport.decoding import MAGIC, Cut, codings_in, decoded, left_coded
from egain_auth_cli.transport.failures import connection_lost, library_errors, timed_out, to_egain_error, undecodable

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    import httpx

    from egain_auth_cli.deadline import Timeouts
    from egain_auth_cli.errors import EgainError
    from egain_auth_cli.transport.socket_deadlines import SocketDeadlines
    from egain_auth_cli.transport.way import Way

DISCARD_LIMIT = 256 * 1024
"""Bytes of a body that are read to keep its connection; a new connection costs less than more of them."""
DISCARD_SECONDS = 1.0
"""For those bytes."""
_DIGITS = 19
"""Of a length that is believed."""


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def socket_of(response: httpx.Response) -> socket.socket:
    """Return the socket that a response comes on."""
    sock: socket.socket = response.extensions["network_stream"].get_extra_info("socket")
    return sock


class StreamedAnswer:
    """An answer whose body is still on its way.

    Args:
        response: The library's.
        way: How it came, for messages.
        timeouts: How long the body may take.
        deadlines: End the body at the deadline.

    Attributes:
        status: The status code.
        reason: The status line's text; may be empty.
        http_version: Such as ``HTTP/1.1``.
        header_lines: Names in lower case, and values, in order.
        headers: Likewise by name; the last of several wins.
        codings: What its Content-Encoding names.
        length: Bytes of the body on the wire; None where it does not say.
        received: Those that have come.
        left_coded: The content coding that the body was left in; None where it was undone.
    """

    def __init__(self, response: httpx.Response, way: Way, timeouts: Timeouts, deadlines: SocketDeadlines) -> None:
        self._response = response
        self._way = way
        self._timeouts = timeouts
        self._deadlines = deadlines
        self.status = response.status_code
        self.reason = _text(response.extensions["reason_phrase"])
        self.http_version = response.http_version
        raw = response.extensions["raw_headers"]
        self.header_lines = tuple((name.decode("ascii").lower(), _text(value)) for name, value in raw)
        self.headers = dict(self.header_lines)
        given = [value for name, value in self.header_lines if name == "content-encoding"]
        self.codings = codings_in(",".join(given))
        length = self.headers.get("content-length", "")
        self.length = int(length) if length.isascii() and length.isdigit() and len(length) < _DIGITS else None
        self.received = 0
        self.left_coded: str | None = None

    def body(self, *, undo: bool = True) -> Iterator[bytes]:
        """Yield the body piece by piece.

        Args:
            undo: Undo its content codings; what stands there and is none is passed over. One that cannot be undone
                leaves the body as it came, and ``left_coded`` names it from the first piece on.

        Raises:
            ConnectionLost: It ended before it was complete.
            TimedOut: It took too long, or fell silent.
            BadAnswer: It is broken, or inflates beyond all measure.
        """
        deadline = self._timeouts.deadline
        seconds = math.inf if deadline is None else deadline.remaining()
        failure: EgainError
        try:
            with self._deadlines.shut_down_after(seconds, socket_of(self._response)):
                # NOTE: never iter_bytes(): the library's own decoders know no bound.
                pieces = self._counted(self._response.iter_raw())
                yield from self._undone(pieces) if undo else pieces
        except TimeoutError:
            failure = timed_out(self._way, self._timeouts.silence, self._timeouts)
        except Cut as exc:
            # Without a length the connection's end is the body's: it alone says that this came too soon.
            lost = self.length is None and "transfer-encoding" not in self.headers
            failure = connection_lost(self._way) if lost else undecodable(exc, self._way.origin)
        except library_errors() as exc:
            failure = to_egain_error(exc, self._way, self._timeouts.silence, self._timeouts)
        else:
            return
        raise failure

    def _undone(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        start = b""
        for piece in pieces:
            start += piece
            if len(start) >= MAGIC:
                break
        if not start:
            return
        self.left_coded = left_coded(start, self.codings)
        whole = chain((start,), pieces)
        yield from whole if self.left_coded else decoded(whole, self.codings)

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.received += len(piece)
            yield piece

    def discard(self) -> None:
        """Read a short body to its end, so that the connection serves the next request; give up on a long or slow."""
        seconds = min(DISCARD_SECONDS, self._timeouts.head())
        with contextlib.suppress(Exception), self._deadlines.shut_down_after(seconds, socket_of(self._response)):
            taken = 0
            for piece in self._response.iter_raw():
                taken += len(piece)
                if taken > DISCARD_LIMIT:
                    break
        self.close()

    def close(self) -> None:
        """Return the connection for the next request; close it where the body was not read to its end."""
        with contextlib.suppress(Exception):
            self._response.close()
