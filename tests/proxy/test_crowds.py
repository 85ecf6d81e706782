"""Many connections, most of which say nothing, and bodies that are longer than memory should hold."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from fakes.hostile_server import Answer
from fakes.process import ended
from fakes.raw_http import connect, exchange, get
from fakes.systems import NEEDS_LINUX

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from fakes.process import Running
    from fakes.world import World

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason=NEEDS_LINUX)
LIMITED = (
    "sh", "-c", 'ulimit -n "$1"; shift; exec "$@"', "sh",
)  # fmt: skip
EGAIN = (sys.executable, "-m", "egain_auth_cli", "proxy", "--port", "0")
MIB = 1024 * 1024
LONG = 96 * MIB


@contextlib.contextmanager
def proxy_with_files(world: World, files: int) -> Iterator[tuple[Running, str]]:
    """Start a proxy that may open so many files."""
    process = world.egain.start(program=[*LIMITED, str(files), *EGAIN])
    with ended(process):
        assert process.child.stdout is not None
        yield process, json.loads(process.child.stdout.readline())["url"]


def memory(process: Running) -> int:
    """Bytes that a process holds."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@pytest.mark.parametrize(("files", "crowd"), [(4096, 500), (256, 300)])
def test_request_is_answered_among_connections_that_say_nothing_or_drip(calling: World, files: int, crowd: int) -> None:
    with contextlib.ExitStack() as stack, contextlib.ExitStack() as open_ones:
        process, url = stack.enter_context(proxy_with_files(calling, files))
        get(f"{url}/things", "Connection: close")  # which loads what requests need
        many: list[socket.socket] = [open_ones.enter_context(connect(url)) for _ in range(crowd)]
        for one in many[::2]:
            with contextlib.suppress(OSError):  # the oldest have made room
                one.sendall(b"GET /things HTTP/1.1\r\nHost: ")
        before = memory(process)
        statuses = [get(f"{url}/things", "Connection: close").status for _ in range(20)]
        grown = memory(process) - before

    assert statuses == [200] * 20
    assert grown < 4 * MIB


def test_long_bodies_pass_in_little_memory(calling: World) -> None:
    calling.server.on("/long", Answer(body=bytes(LONG)))
    calling.server.on("/up", lambda request: Answer(body=str(len(request.body)).encode()))
    with proxy_with_files(calling, 1024) as (process, url):
        get(f"{url}/things", "Connection: close")
        before = memory(process)
        with connect(url) as sock:
            sock.sendall(f"GET /long HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nConnection: close\r\n\r\n".encode())
            peak, came = 0, 0
            while piece := sock.recv(MIB):
                came += len(piece)
                peak = max(peak, memory(process))
        head = (
            f"PUT /up HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nContent-Length: {LONG}\r\nConnection: close\r\n\r\n"
        )
        answer = exchange(url, head.encode() + bytes(LONG), seconds=60)
        peak = max(peak, memory(process))

    assert came > LONG
    assert (answer.status, answer.body) == (200, str(LONG))
    assert peak - before < 16 * MIB
