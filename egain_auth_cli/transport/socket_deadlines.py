"""Shuts sockets down at their deadlines, since a dripping answer never falls silent."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

from egain_auth_cli.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A read's own time-out starts anew with each byte. Only from outside can a read that goes on be ended: another thread
# shuts the socket down, and the reader finds the connection at its end.
_TICK = 0.1  # seconds between two looks at the deadlines


class SocketDeadlines:
    """Sockets in use, and when each is shut down.

    One thread for requests that follow each other: a thread a request costs more than the request. It ends when no
    socket is in use.
    """

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._due: dict[object, tuple[Callable[[], float], socket.socket]] = {}
        self._lock = threading.Lock()
        self._watched = False
        self._process = os.getpid()

    @contextlib.contextmanager
    def shut_down_after(self, seconds: float | Callable[[], float], sock: socket.socket) -> Iterator[None]:
        """Shut a socket down if the ``with`` statement has not ended within so many seconds.

        Args:
            seconds: How long; a function says what is left, anew each time.
            sock: The socket.

        Raises:
            TimeoutError: It was shut down, whatever came of it: an end that we made looks like the server's.
        """
        if self._process != os.getpid():  # a fork has no threads but its own, and perhaps a lock that nobody frees
            self._start()
        mark = object()
        with self._lock:
            self._due[mark] = (seconds if callable(seconds) else Deadline(seconds).remaining, sock)
            if not self._watched:
                threading.Thread(target=self._watch, daemon=True).start()
                self._watched = True
        try:
            yield
        except Exception:
            if mark in self._due:
                raise
            raise TimeoutError from None
        else:
            if mark not in self._due:
                raise TimeoutError
        finally:
            with self._lock:
                self._due.pop(mark, None)

    def _watch(self) -> None:
        while True:
            with self._lock:
                if not self._due:
                    self._watched = False
                    return
                for mark in [mark for mark, (left, _) in self._due.items() if left() <= 0]:
                    _, sock = self._due.pop(mark)
                    with contextlib.suppress(OSError):
                        # NOTE: not the TLS socket's own method, which drops the layer: what is read then is ciphertext.
                        socket.socket.shutdown(sock, socket.SHUT_RDWR)
            time.sleep(_TICK)
