"""An answer of any length, read piece by piece under time limits that a dripping server cannot stretch."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

from egain_auth_cli.deadline import Deadline
from egain_auth_cli.transport.decoding import Decoder
from egain_auth_cli.transport.failures import LIBRARY_ERRORS, mapped, timed_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpcore

    from egain_auth_cli.errors import EgainError
    from egain_auth_cli.models.urls import Origin

_DISCARDED = 256 * 1024


class Patience:
    """How long a streamed answer may take.

    Args:
        total: Seconds for all of it; None for no limit but the two below.
        head_seconds: Seconds to the answer's head.
        silence: Seconds without a byte in its body.
    """

    def __init__(self, total: float | None, *, head_seconds: float = 60.0, silence: float = 60.0) -> None:
        self.deadline = None if total is None else Deadline(total)
        self.head_seconds = head_seconds if total is None else total
        self.silence = silence if total is None else total

    def head(self) -> float:
        """Give the seconds left to the answer's head."""
        return self.head_seconds if self.deadline is None else self.deadline.remaining()


def header_lines(response: httpcore.Response) -> tuple[tuple[str, str], ...]:
    """Give the headers as they came, names in lower case."""
    return tuple((name.decode("ascii").lower(), _text(value)) for name, value in response.headers)


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class StreamedAnswer:
    """An answer whose body is still on its way.

    Args:
        response: The library's.
        origin: For messages.
        patience: How long the body may take.
    """

    def __init__(self, response: httpcore.Response, origin: Origin, patience: Patience) -> None:
        self._response = response
        self._origin = origin
        self._patience = patience
        self.status = response.status
        self.reason = _text(response.extensions.get("reason_phrase", b""))
        self.http_version = response.extensions["http_version"].decode("ascii")
        self.header_lines = header_lines(response)
        self.headers = dict(self.header_lines)

    def body(self) -> Iterator[bytes]:
        """Give the body piece by piece, decoded.

        Raises:
            ConnectionLost: It ended before it was complete.
            TimedOut: It took too long, or fell silent.
            BadAnswer: It cannot be decoded, or inflates beyond all measure.
        """
        deadline = self._patience.deadline
        cut = None if deadline is None else _cut_later(self._response, deadline.remaining())
        failure: EgainError
        try:
            decoder = Decoder(self.headers.get("content-encoding", ""))
            for raw in self._response.iter_stream():
                yield from decoder.pieces(raw)
            decoder.finish()
        except LIBRARY_ERRORS as exc:
            if deadline is not None and deadline.remaining() <= 0:
                failure = timed_out(self._origin, deadline.seconds)
            else:
                failure = mapped(exc, self._origin, self._patience.silence)
        else:
            return
        finally:
            if cut is not None:
                cut.cancel()
        raise failure

    def discard(self) -> None:
        """Read a short body to its end, so that the connection serves the next request; give up on a long one."""
        with contextlib.suppress(Exception):
            taken = 0
            for piece in self._response.iter_stream():
                taken += len(piece)
                if taken > _DISCARDED:
                    break
        self.close()

    def close(self) -> None:
        """Give the connection back, or up where the body was not read to its end."""
        with contextlib.suppress(Exception):
            self._response.close()


def _cut_later(response: httpcore.Response, seconds: float) -> threading.Timer:
    """Shut the connection down at the deadline, since a dripping body never falls silent."""
    stream = response.extensions.get("network_stream")
    sock = stream.get_extra_info("socket") if stream is not None else None

    def cut() -> None:
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    return timer
