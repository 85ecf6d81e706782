"""Large files, packed ones, and one connection for many requests, from real clients through `egain proxy`."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from system.file_server import file_server
from system.proxy_clients import NODE, client_environ
from system.proxy_process import proxy_process
from system.recipes import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from system.egain_command import Egain, Ran
    from system.file_server import FileServer
    from system.proxy_process import Proxy

TOKEN = "made-up-token"
LARGE = 50 * 1024 * 1024
HELD = 16 * 1024 * 1024
"""Bytes that a proxy may need for a file of any size."""
TIMES = 200
FEW = 3
HTTPX = f"""
import sys, httpx
connections = 0
def note(step, info):
    global connections
    connections += step == "connection.connect_tcp.started"
with httpx.Client() as client:
    got = [client.get(sys.argv[1], extensions={{"trace": note}}).text for _ in range({TIMES})]
print(connections, set(got))
"""
REQUESTS = f"""
import sys, requests
with requests.Session() as session:
    got = [session.get(sys.argv[1]).text for _ in range({TIMES})]
    pools = session.get_adapter(sys.argv[1]).poolmanager.pools
    print(sum(pools[key].num_connections for key in pools.keys()), set(got))
"""


@pytest.fixture
def api() -> Iterator[FileServer]:
    with file_server() as one:
        yield one


@pytest.fixture
def before(egain: Egain, api: FileServer) -> Egain:
    """The command with a token that it was given, for that API."""
    return egain.within({"EGAIN_ACCESS_TOKEN": TOKEN, "EGAIN_API_URL": api.url})


@pytest.fixture
def proxy(before: Egain) -> Iterator[Proxy]:
    with proxy_process(before) as one:
        yield one


@pytest.fixture(params=["port", "socket"])
def way(request: pytest.FixtureRequest, before: Egain, tmp_path: Path) -> Iterator[tuple[Proxy, list[str]]]:
    """A proxy, and what curl needs beside its URL."""
    path = str(tmp_path / "egain.sock")
    by_socket = request.param == "socket"
    with proxy_process(before, *(("--socket", path) if by_socket else ())) as one:
        yield one, ["--unix-socket", path] if by_socket else []


def run_client(tmp_path: Path, *words: str) -> Ran:
    ran = run_command(list(words), tmp_path, client_environ(tmp_path / "client"))
    assert (0, "") == (ran.status, ran.stderr)
    return ran


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("framing", ["Content-Length", "chunked"])
def test_large_file_goes_there_and_back_byte_for_byte_and_is_never_held(
    api: FileServer, way: tuple[Proxy, list[str]], tmp_path: Path, framing: str
) -> None:
    proxy, words = way
    content = os.urandom(LARGE)
    (tmp_path / "sent").write_bytes(content)
    url = f"{proxy.url}/a-file"
    curl = ["curl", "-sS", "--fail", *words]
    framed = ["-H", "Transfer-Encoding: chunked"] if framing == "chunked" else []
    at_rest = proxy.peak

    run_client(tmp_path, *curl, *framed, "--upload-file", "sent", url)
    run_client(tmp_path, *curl, "--output", "came", url)

    assert digest(content) == digest(api.files["/a-file"])
    assert digest(content) == digest((tmp_path / "came").read_bytes())
    assert [("PUT", "/a-file", f"Bearer {TOKEN}"), ("GET", "/a-file", f"Bearer {TOKEN}")] == api.seen
    assert proxy.peak - at_rest < HELD


def test_head_has_the_length_and_no_body(api: FileServer, proxy: Proxy, tmp_path: Path) -> None:
    api.files["/a-file"] = b"x" * 1000

    ran = run_client(tmp_path, "curl", "-sS", "--head", f"{proxy.url}/a-file", "--next", "-sS", f"{proxy.url}/a-file")

    head, _, body = ran.stdout.partition("\n\n")
    assert ["HTTP/1.1 200 OK", "content-length: 1000"] == head.splitlines()
    assert "x" * 1000 == body
    assert api.connections == 1


def test_packed_answer_is_unpacked_by_who_asked_for_it(api: FileServer, proxy: Proxy, tmp_path: Path) -> None:
    content = "a line of text\n" * 5000
    api.files["/a-file"] = content.encode()
    url = f"{proxy.url}/a-file"

    size = ("--write-out", "%{stderr}%{size_download}")
    packed = run_command(["curl", "-sS", "--compressed", *size, url], tmp_path, client_environ(tmp_path / "client"))
    plain = run_client(tmp_path, "curl", "-sS", url)

    assert (content, content) == (packed.stdout, plain.stdout)
    assert int(packed.stderr) < 1000


@pytest.mark.parametrize("program", [HTTPX, REQUESTS], ids=["httpx", "requests"])
def test_many_requests_share_one_connection_all_the_way(
    api: FileServer, proxy: Proxy, tmp_path: Path, program: str
) -> None:
    api.files["/a-file"] = b"here"

    ran = run_client(tmp_path, sys.executable, "-c", program, f"{proxy.url}/a-file")

    assert "1 {'here'}\n" == ran.stdout
    assert (TIMES, 1) == (len(api.seen), api.connections)


def test_many_requests_of_node_share_a_few_connections(api: FileServer, proxy: Proxy, tmp_path: Path) -> None:
    api.files["/a-file"] = b"here"

    said = json.loads(run_client(tmp_path, *NODE, str(TIMES), f"{proxy.url}/a-file").stdout)

    assert [(200, "here")] * TIMES == [(one["status"], one["text"]) for one in said["answers"]]
    assert TIMES == len(api.seen)
    # Now and then its `fetch` opens another before it takes the last for free.
    assert api.connections <= said["connections"] <= FEW
