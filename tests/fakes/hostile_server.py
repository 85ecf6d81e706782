"""A scripted server on loopback: keeps every byte it was sent, answers as told, and counts.

Sockets and threads alone, so that an answer can be cut at any byte, drip, inflate, redirect, hang, or end the process
that asked for it. Nothing here sleeps: a handler waits for an event that the test or the server's end sets.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

if TYPE_CHECKING:
    from typing import Self

_PIECE = 64 * 1024
_SILENCE = 60.0
_REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    raw: bytes

    @property
    def path(self) -> str:
        return self._split[0]

    @property
    def query(self) -> str:
        return self._split[2]

    @property
    def _split(self) -> tuple[str, str, str]:
        # A path may begin with `//`, which is no host here.
        return (
            self.target
            if self.target.startswith("/")
            else urlsplit(self.target)._replace(scheme="", netloc="").geturl()
        ).partition("?")

    @property
    def form(self) -> dict[str, str]:
        """The body's fields; a doubled one fails the test."""
        pairs = parse_qsl(self.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        assert len(pairs) == len(dict(pairs))
        return dict(pairs)

    def header(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for given, value in self.headers if given.lower() == name.lower()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back.

    Attributes:
        status: The status.
        headers: Pairs; Content-Length is added unless one is given here.
        body: The body, as it goes on the wire.
        cut: Send this many bytes of the whole answer, then reset the connection.
        drip: Seconds between two bytes of the body.
        until: Held back until this is set, or the server ends.
        after: Called once everything has been sent.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    cut: int | None = None
    drip: float | None = None
    until: threading.Event | None = None
    after: Callable[[], object] | None = None

    def head(self) -> bytes:
        names = {name.lower() for name, _ in self.headers}
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Status')}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.status != 204 and not {"content-length", "transfer-encoding"} & names:
            lines.append(f"Content-Length: {len(self.body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


Handler = Callable[[Recorded], Answer]


def json_answer(document: object, *, status: int = 200, **more: Any) -> Answer:
    """An answer with a JSON body."""
    headers = (("Content-Type", "application/json"), *more.pop("headers", ()))
    return Answer(status=status, headers=headers, body=json.dumps(document).encode(), **more)


def token_answer(access_token: str = "at-1", *, expires_in: object = 3600, **more: object) -> Answer:
    """A token endpoint's answer."""
    return json_answer({"access_token": access_token, "token_type": "Bearer", "expires_in": expires_in, **more})


def refusal(error: str, *, status: int = 400, **more: str) -> Answer:
    """A token endpoint's refusal (RFC 6749 §5.2)."""
    return json_answer({"error": error, **more}, status=status)


def always(answer: Answer) -> Handler:
    """Return the same answer each time."""
    return lambda _: answer


def in_turn(*answers: Answer) -> Handler:
    """Return one answer after the other, the last one for ever."""
    left = list(answers)
    lock = threading.Lock()

    def handler(_: Recorded) -> Answer:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return handler


class HostileServer:
    """Serves ``handlers`` by path; anything else gets 404. As a context manager it serves in threads."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.on_connect: Callable[[], object] | None = None
        self.requests: list[Recorded] = []
        self.connections = 0
        self.closing = threading.Event()
        self._arrived = threading.Condition()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._arrived:
            for one in self._open:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def on(self, path: str, handler: Handler | Answer) -> None:
        """Answer requests to a path."""
        self.handlers[path] = always(handler) if isinstance(handler, Answer) else handler

    def to(self, path: str) -> list[Recorded]:
        """The requests to a path, in order."""
        with self._arrived:
            return [one for one in self.requests if one.path == path]

    def wait_for(self, count: int, *, path: str = "/token") -> list[Recorded]:
        """Wait until so many requests to a path have arrived."""
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: sum(one.path == path for one in self.requests) >= count, 30)
        assert arrived, f"fewer than {count} requests to {path}"
        return self.to(path)

    def _start(self, work: Callable[..., None], *given: Any) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)
        with self._arrived:
            self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                one, _ = self._listener.accept()
            except OSError:
                return
            with self._arrived:
                self.connections += 1
                self._open.add(one)
            self._start(self._serve, one)

    def _serve(self, one: socket.socket) -> None:
        one.settimeout(_SILENCE)
        try:
            if self.on_connect is not None:
                self.on_connect()
            with one.makefile("rb") as stream:
                while (request := _read_request(stream)) is not None:
                    with self._arrived:
                        self.requests.append(request)
                        self._arrived.notify_all()
                    handler = self.handlers.get(request.path, always(Answer(status=404)))
                    if not self._send(one, handler(request), bodiless=request.method == "HEAD"):
                        return
        except (OSError, ValueError):
            return
        finally:
            with self._arrived:
                self._open.discard(one)
            one.close()

    def _send(self, one: socket.socket, answer: Answer, *, bodiless: bool) -> bool:
        """Send an answer; whether the connection is still good for another."""
        while answer.until is not None and not answer.until.wait(0.05):
            if self.closing.is_set():
                return False
        head, body = answer.head(), b"" if bodiless else answer.body
        if answer.drip is not None:
            one.sendall(head)
            for byte in body:
                if self.closing.wait(answer.drip):
                    return False
                one.sendall(bytes((byte,)))
        else:
            one.sendall((head + body)[: answer.cut])
        if answer.after is not None:
            answer.after()
        return answer.cut is None


def _read_request(stream: Any) -> Recorded | None:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline(_PIECE)
        if not line:
            return None
        head += line
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = tuple((name, value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines))
    given = {name.lower(): value for name, value in pairs}
    if given.get("transfer-encoding", "").lower() == "chunked":
        raw_body, body = _read_chunks(stream)
    else:
        raw_body = body = stream.read(int(given.get("content-length", "0")))
    return Recorded(method=method, target=target, headers=pairs, body=body, raw=head + raw_body)


def _read_chunks(stream: Any) -> tuple[bytes, bytes]:
    raw, body = b"", b""
    while True:
        line = stream.readline(_PIECE)
        size = int(line.strip() or b"0", 16)
        piece = stream.read(size + 2)
        raw, body = raw + line + piece, body + piece[:size]
        if size == 0:
            return raw, body


@dataclass
class RotatingTokens:
    """A token endpoint that gives a new refresh token each time, and ends the family when an old one comes back.

    Attributes:
        current: The refresh token that is good now.
        expires_in: Of each access token.
        issued: Every access token, in order.
        reused: How often a used refresh token came back.
        revoked: Whether the family has been ended.
        before, after: Called around each rotation, with the request.
    """

    current: str = "rt-0"
    expires_in: int = 3600
    issued: list[str] = field(default_factory=list)
    reused: int = 0
    revoked: bool = False
    before: Callable[[], object] | None = None
    after: Callable[[], object] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Recorded) -> Answer:
        if self.before is not None:
            self.before()
        form = request.form
        with self.lock:
            if form["refresh_token"] != self.current:
                self.reused, self.revoked = self.reused + 1, True
            if self.revoked:
                return refusal("invalid_grant")
            self.issued.append(f"at-{len(self.issued) + 1}")
            self.current = f"rt-{len(self.issued)}"
            answer = token_answer(self.issued[-1], expires_in=self.expires_in, refresh_token=self.current)
        if self.after is not None:
            self.after()
        return answer


def query_fields(url: str) -> dict[str, list[str]]:
    """The fields of a URL's query, each with all of its values."""
    return parse_qs(urlsplit(url).query, keep_blank_values=True)


def first_line_of(requests: Iterable[Recorded]) -> list[str]:
    """Method and target of each request."""
    return [f"{one.method} {one.target}" for one in requests]
