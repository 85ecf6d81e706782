"""The listener that catches the authorization-code redirect (RFC 8252 §7.3, §8.3).

One thread, so that idle connections cost nothing. A wrong request gets a page and changes nothing; the right one is
held until the login is kept or has failed, then sent to a page that is true.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import threading
import time
from typing import TYPE_CHECKING

from egain_auth_cli.sign_in import pages
from egain_auth_cli.sign_in.arriving_head import SpeaksTls
from egain_auth_cli.sign_in.authorization import NotTheAnswer
from egain_auth_cli.sign_in.connection import Connection, most_connections
from egain_auth_cli.sign_in.place import RedirectPlace
from egain_auth_cli.sign_in.redirect_request import Head, Unacceptable, check_sender, parse_head, redirect_query

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from egain_auth_cli.sign_in.sockets import BoundRedirect

_READ_SECONDS = 5.0
"""A request must be whole by then, however slowly it drips."""
_LINGER_SECONDS = 2.0
"""How long the final page waits for a browser that was sent to it."""
_DRAIN_SECONDS = 1.0  # for a browser to receive its page and close
_PIECE = 16 * 1024


class LoopbackListener:
    """Serves a bound redirect URI until ``close``.

    Args:
        bound: The sockets; closed with the listener.
        on_redirect: Called in the listener's thread with the parameters of each request to the right path; raises
            ``NotTheAnswer`` for one that is not awaited.
        on_tls: Called there with each connection that speaks TLS.
        form_origin: The authorization server's origin, which alone may post a form here.
    """

    def __init__(
        self,
        bound: BoundRedirect,
        *,
        on_redirect: Callable[[str], None],
        on_tls: Callable[[], None],
        form_origin: str,
    ) -> None:
        self._place = RedirectPlace.of(bound.redirect_uri)
        self._form_origin = form_origin
        self._on_redirect, self._on_tls = on_redirect, on_tls
        self._listening = bound.sockets
        self._selector = selectors.DefaultSelector()
        # A byte through this pair ends the wait in `select`, when another thread has something to tell.
        self._wake_in, self._wake_out = socket.socketpair()
        self._connections: set[Connection] = set()
        self._most = most_connections()
        self._accepted = False
        self._final: pages.Page | None = None
        self._awaited_pages = 0
        self._linger_until: float | None = None
        self._thread = threading.Thread(target=self._serve, name="egain-listener", daemon=True)

    def __enter__(self) -> Self:
        self._wake_in.setblocking(False)  # noqa: FBT003
        self._selector.register(self._wake_in, selectors.EVENT_READ)
        for listening in self._listening:
            self._selector.register(listening, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def finish(self, page: pages.Page) -> None:
        """Release the held pages: what came of the sign-in is known, and this page says it."""
        self._final = page
        self._wake()

    def close(self) -> None:
        """Stop listening; give a browser that was sent to the final page a moment to fetch it."""
        if self._final is None:
            self._final = pages.FAILED
        self._linger_until = time.monotonic() + _LINGER_SECONDS
        self._wake()
        self._thread.join(_LINGER_SECONDS + _DRAIN_SECONDS)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_out.send(b"x")

    def _serve(self) -> None:
        try:
            while not self._is_done():
                for key, events in self._selector.select(self._select_seconds()):
                    self._dispatch(key.fileobj, key.data, events)
                self._release_held()
                self._drop_overdue()
        finally:
            for connection in tuple(self._connections):
                self._drop(connection)
            for one in (*self._listening, self._wake_in, self._wake_out):
                one.close()
            self._selector.close()

    def _is_done(self) -> bool:
        if self._linger_until is None:
            return False
        busy = self._awaited_pages > 0 or any(one.held or one.to_send for one in self._connections)
        return not busy or time.monotonic() >= self._linger_until

    def _select_seconds(self) -> float | None:
        deadlines = [one.deadline for one in self._connections if not one.held]
        if self._linger_until is not None:
            deadlines.append(self._linger_until)
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _dispatch(self, sock: object, connection: Connection | None, events: int) -> None:
        if sock is self._wake_in:
            with contextlib.suppress(OSError):
                self._wake_in.recv(64)
        elif connection is None:
            self._accept(sock)
        elif events & selectors.EVENT_WRITE:
            self._send(connection)
        else:
            self._receive(connection)

    def _accept(self, listening: object) -> None:
        try:
            sock, _ = listening.accept()  # type: ignore[attr-defined]  # selectors knows a file object alone
        except OSError as exc:
            if exc.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            return
        sock.setblocking(False)  # noqa: FBT003
        if len(self._connections) >= self._most:
            self._make_room()
        connection = Connection(sock, time.monotonic() + _READ_SECONDS)
        self._connections.add(connection)
        self._selector.register(sock, selectors.EVENT_READ, connection)

    def _make_room(self) -> None:
        for one in sorted((one for one in self._connections if not one.held), key=lambda one: one.deadline)[:1]:
            self._drop(one)

    def _receive(self, connection: Connection) -> None:
        try:
            piece = connection.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._drop(connection)
        if not piece or connection.answered or connection.held:
            return  # read and thrown away, so that nothing is left unread
        try:
            self._advance(connection, piece)
        except Unacceptable as refusal:
            self._answer(connection, refusal.page.render())
        except SpeaksTls:
            self._on_tls()
            self._drop(connection)

    def _advance(self, connection: Connection, piece: bytes) -> None:
        if connection.head is None:
            raw = connection.arriving.feed(piece)
            if raw is None:
                return
            connection.head = parse_head(raw)
            piece = bytes(connection.arriving.rest)
        connection.body += piece
        if len(connection.body) >= connection.head.length:
            self._handle(connection, connection.head, bytes(connection.body[: connection.head.length]))

    def _handle(self, connection: Connection, head: Head, body: bytes) -> None:
        check_sender(head, self._place, form_origin=self._form_origin)
        if head.path != self._place.path:
            self._answer_other_path(connection, head)
            return
        query = redirect_query(head, body)
        if self._accepted:
            raise Unacceptable(pages.ANSWERED)
        try:
            self._on_redirect(query)
        except NotTheAnswer:
            raise Unacceptable(pages.REFUSED) from None
        self._accepted = True
        connection.held = True
        connection.deadline = float("inf")

    def _answer_other_path(self, connection: Connection, head: Head) -> None:
        if self._final is None or head.path != self._final.path:
            raise Unacceptable(pages.NOT_FOUND)
        if head.method != "GET":
            raise Unacceptable(pages.METHOD)
        self._awaited_pages = 0
        self._answer(connection, self._final.render())

    def _release_held(self) -> None:
        if self._final is None:
            return
        for connection in [one for one in self._connections if one.held]:
            connection.held = False
            self._answer(connection, pages.moved(self._final.path))
            self._awaited_pages += connection in self._connections  # one that went away fetches nothing

    def _answer(self, connection: Connection, data: bytes) -> None:
        connection.answered = True
        connection.body.clear()
        connection.to_send = data
        connection.deadline = time.monotonic() + _DRAIN_SECONDS
        self._send(connection)

    def _send(self, connection: Connection) -> None:
        try:
            connection.to_send = connection.to_send[connection.sock.send(connection.to_send) :]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(connection)
            return
        if connection.to_send:
            self._selector.modify(connection.sock, selectors.EVENT_WRITE, connection)
            return
        with contextlib.suppress(OSError):
            # Not closed yet: with unread input that would reset the connection, and lose the page (RFC 9112 §9.6).
            connection.sock.shutdown(socket.SHUT_WR)
        self._selector.modify(connection.sock, selectors.EVENT_READ, connection)

    def _drop_overdue(self) -> None:
        for connection in [one for one in self._connections if one.deadline <= time.monotonic()]:
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection.sock)
        connection.sock.close()
