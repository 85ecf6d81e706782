"""Connections to the sandbox: kept between requests, never out of step, and quiet when a client misbehaves."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from fakes.sandbox_driver import PORTALS, USER, Driver, start_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

UPLOAD = f"{PORTALS}/attachment/upload"
INFO = "/system/deploymentInfo"


@pytest.fixture
def sandbox() -> Iterator[Driver]:
    with start_sandbox() as driver:
        yield driver


@pytest.fixture
def connection(sandbox: Driver) -> Iterator[http.client.HTTPConnection]:
    """A connection that is not opened a second time."""
    one = http.client.HTTPConnection(urlsplit(sandbox.server.url).netloc, timeout=10)
    one.connect()
    one.auto_open = 0
    yield one
    one.close()


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)  # type: ignore[arg-type]  # whatever http.client takes
    answer = connection.getresponse()
    return answer.status, answer.read()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept_Language": "en-US"}


def test_one_connection_serves_many_requests(connection: http.client.HTTPConnection) -> None:
    requests = [("GET", INFO, None), ("POST", f"{USER}/token", "a=b"), ("HEAD", INFO, None), ("GET", "/nowhere", None)]

    statuses = [ask(connection, method, path, body)[0] for method, path, body in requests]

    assert [200, 400, 200, 404] == statuses


def test_pages_of_a_list_come_over_one_connection(sandbox: Driver, connection: http.client.HTTPConnection) -> None:
    headers, path = (
        bearer(sandbox.client_token()),
        f"{PORTALS}/portals/PROD-1001/articles?$filter[topicId]=PROD-4002&$pagesize=3&$pagenum=",
    )

    statuses = [ask(connection, "GET", f"{path}{page}", **headers)[0] for page in range(1, 6)]

    assert [200, 200, 200, 200, 204] == statuses


@pytest.mark.parametrize("path", ["/nowhere", UPLOAD, f"{USER}/token"])
def test_body_that_nobody_reads_is_not_taken_for_the_next_request(
    connection: http.client.HTTPConnection, path: str
) -> None:
    smuggled = f"GET {INFO} HTTP/1.1\r\nHost: x\r\n\r\n" * 20_000

    refused = ask(connection, "POST", path, smuggled)[0]

    assert refused in {400, 401, 403, 404}
    assert 404 == ask(connection, "GET", "/favicon.ico")[0]


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "in chunks"])
def test_long_body_arrives_whole(sandbox: Driver, connection: http.client.HTTPConnection, *, chunked: bool) -> None:
    content = bytes(range(256)) * 20_000
    body = iter([content[:1000], content[1000:]]) if chunked else content
    token = sandbox.user_token(scope="knowledge.portalmgr.manage")
    place = sandbox.http.post(
        f"{PORTALS}/attachment/preupload",
        json={"name": "x", "size": len(content)},
        headers={"Authorization": f"Bearer {token}", "Accept-Language": "en-US"},
    ).json()
    path = place["contentUrl"].removeprefix(sandbox.server.url)

    status, _ = ask(connection, "POST", path, body, Content_Type="application/octet-stream")

    assert 201 == status
    assert content == ask(connection, "GET", f"{UPLOAD}/{place['altId']}")[1]
    assert 200 == ask(connection, "GET", INFO)[0]


def test_client_that_wants_the_end_is_told_of_it(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", INFO, headers={"Connection": "close"})
    answer = connection.getresponse()

    assert "close" == answer.headers["Connection"]
    assert answer.read()


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: x",
        "Content-Length: -1",
        "Content-Length: 5\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_malformed_body_ends_the_connection_without_a_word(
    sandbox: Driver, capfd: pytest.CaptureFixture[str], lines: str
) -> None:
    parts = urlsplit(sandbox.server.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as client:
        client.sendall(f"POST {USER}/token HTTP/1.1\r\nHost: {parts.netloc}\r\n{lines}\r\n\r\n".encode())
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert 1 == answer.count(b"HTTP/1.1")
    assert ("", "") == capfd.readouterr()


def test_white_space_after_a_header_is_not_part_of_it(sandbox: Driver, connection: http.client.HTTPConnection) -> None:
    assert 200 == ask(connection, "GET", INFO, Host=f"{urlsplit(sandbox.server.url).netloc} ")[0]


def test_kept_connection_ends_with_the_sandbox(sandbox: Driver, connection: http.client.HTTPConnection) -> None:
    assert 200 == ask(connection, "GET", INFO)[0]
    sandbox.server.close()

    assert b"" == connection.sock.recv(1)
