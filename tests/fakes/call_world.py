"""What the tests of ``egain call`` share: the server's API, calls as processes, streams of any length."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fakes.process import NOTHING
from fakes.world import api_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self

    from fakes.hostile_server import Answer, Recorded
    from fakes.process import Env, Finished, LoadedProgram
    from fakes.world import World

TOKEN = "at-canary-0"
RENEWED = "at-canary-1"
PORTALS = "/knowledge/portalmgr/v4/portals"
_MEASURE = (
    "import os, sys\n"
    "pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)\n"
    "_, status, usage = os.wait4(pid, 0)\n"
    "print(os.waitstatus_to_exitcode(status), usage.ru_maxrss, file=sys.stderr)\n"
)


@dataclass
class Api:
    """A world whose profile has a cached token, and the program to call it."""

    world: World
    program: LoadedProgram

    def call(self, *argv: str, stdin: bytes = b"", before: Sequence[str] = ()) -> Finished:
        """Run ``egain call`` in a fork of the loaded program, its streams files."""
        return self.program.run(self.world.egain, *before, "call", *argv, stdin=stdin)

    def answers(self, answer: Answer | Callable[[Recorded], Answer], *, path: str = "/things") -> None:
        """Let a resource answer so."""
        self.world.server.on(path, answer)

    @property
    def requests(self) -> list[Recorded]:
        """What came to the API, in order; token requests left out."""
        return [one for one in self.world.server.requests if one.path != "/token"]

    @property
    def only(self) -> Recorded:
        (request,) = self.requests
        return request


def run_call(world: World, *argv: str, env: Env = NOTHING) -> Finished:
    """Run ``egain call`` as a process."""
    return world.egain.run("call", *argv, env=env)


def only_request(world: World) -> Recorded:
    """The one request that was made."""
    (request,) = world.server.requests
    return request


def egain_error(code: str, message: str = "It is so.", **more: str) -> Answer:
    """eGain's error answer."""
    body = {"code": code, "developerMessage": message, "details": [], "userMessage": "Sorry."}
    return api_answer(json.dumps(body).encode(), status=int(code[:3]), headers=tuple(more.items()))


def page(items: Sequence[object], following: str | None = None, *, rel: str = "next") -> Answer:
    """A page of a list, with eGain's ``paginationInfo``."""
    links = [{"rel": "prev", "href": "/prev"}]
    if following is not None:
        links.append({"rel": rel, "href": following})
    info = {"count": 9, "pagenum": 1, "pagesize": 2, "link": links}
    return api_answer(json.dumps({"portal": list(items), "paginationInfo": info}).encode())


def peak_memory(api: Api, *argv: str, stdin: Path | None = None, stdout: Path) -> tuple[int, int]:
    """Run ``egain call`` in a process of its own; give its exit status and the most memory it held, in bytes."""
    with stdout.open("wb") as out, (stdin or Path("/dev/null")).open("rb") as source:
        done = subprocess.run(
            [sys.executable, "-S", "-c", _MEASURE, sys.executable, "-m", "egain_auth_cli", "call", *argv],
            env=api.world.egain.environ, cwd=api.world.egain.home, stdin=source, stdout=out, stderr=subprocess.PIPE,
            timeout=100, check=False,
        )  # fmt: skip
    status, kibibytes = done.stderr.splitlines()[-1].split()
    return int(status), int(kibibytes) * 1024


class StreamServer:
    """Serves one endless kind of answer, made as it is sent; keeps how many bytes of body it was sent.

    Args:
        head: The answer's head, without the empty line.
        pieces: The answer's body; made anew for each connection.
    """

    def __init__(self, head: str, pieces: Callable[[], Iterator[bytes]]) -> None:
        self._head = head
        self._pieces = pieces
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.received = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *exc_info: object) -> None:
        for one in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = self._listener.accept()
                self._open.append(one)
                self._start(lambda one=one: self._serve(one))  # type: ignore[misc]

    def _serve(self, one: socket.socket) -> None:
        with contextlib.suppress(OSError), one, one.makefile("rb") as stream:
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            while self.received < length and (piece := stream.read1(1 << 20)):
                self.received += len(piece)
            one.sendall(self._head.encode() + b"\r\n\r\n")
            for piece in self._pieces():
                one.sendall(piece)
