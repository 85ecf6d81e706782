"""An answer of any length, read piece by piece under time limits that a dripping server cannot stretch."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
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
_DISCARD_SECONDS = 1.0
_TICK = 0.1
"""Seconds between two looks at the deadlines."""


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


def socket_of(response: httpcore.Response) -> socket.socket | None:
    """Give the socket that a response comes on."""
    stream = response.extensions.get("network_stream")
    sock: socket.socket | None = stream.get_extra_info("socket") if stream is not None else None
    return sock


class Cutter:
    """Shuts sockets down at their deadlines, since a dripping answer never falls silent.

    One thread for all of a run's requests: a thread a request costs more than the request.
    """

    def __init__(self) -> None:
        self._due: dict[object, tuple[float, socket.socket]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def cut_in(self, seconds: float, sock: socket.socket | None) -> Iterator[None]:
        """Shut the socket down if the body has not ended within so many seconds.

        Raises:
            TimeoutError: It was, whatever came of the body: an end that we made ourselves looks like the server's.
        """
        mark = object()
        if sock is not None:
            with self._lock:
                self._due[mark] = (time.monotonic() + seconds, sock)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._watch, daemon=True)
                    self._thread.start()
        try:
            yield
        except Exception:
            if self._struck(mark, sock):
                raise TimeoutError from None
            raise
        else:
            if self._struck(mark, sock):
                raise TimeoutError
        finally:
            with self._lock:
                self._due.pop(mark, None)

    def _struck(self, mark: object, sock: socket.socket | None) -> bool:
        with self._lock:
            return sock is not None and mark not in self._due

    def _watch(self) -> None:
        while True:
            with self._lock:
                now = time.monotonic()
                for mark in [mark for mark, (end, _) in self._due.items() if end <= now]:
                    _, sock = self._due.pop(mark)
                    with contextlib.suppress(OSError):
                        # NOTE: not the TLS socket's own method, which drops the layer: what is read then is ciphertext.
                        socket.socket.shutdown(sock, socket.SHUT_RDWR)
            time.sleep(_TICK)


class StreamedAnswer:
    """An answer whose body is still on its way.

    Args:
        response: The library's.
        origin: For messages.
        patience: How long the body may take.
        cutter: Ends it at the deadline.
    """

    def __init__(self, response: httpcore.Response, origin: Origin, patience: Patience, cutter: Cutter) -> None:
        self._response = response
        self._origin = origin
        self._patience = patience
        self._cutter = cutter
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
        sock = None if deadline is None else socket_of(self._response)
        failure: EgainError
        try:
            with contextlib.nullcontext() if deadline is None else self._cutter.cut_in(deadline.remaining(), sock):
                decoder = Decoder(self.headers.get("content-encoding", ""))
                for raw in self._response.iter_stream():
                    yield from decoder.pieces(raw)
                decoder.finish()
        except TimeoutError:
            failure = timed_out(self._origin, self._patience.silence)
        except LIBRARY_ERRORS as exc:
            failure = mapped(exc, self._origin, self._patience.silence)
        else:
            return
        raise failure

    def discard(self) -> None:
        """Read a short body to its end, so that the connection serves the next request; give up on a long or slow."""
        seconds = min(_DISCARD_SECONDS, self._patience.head())
        with contextlib.suppress(Exception), self._cutter.cut_in(seconds, socket_of(self._response)):
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
