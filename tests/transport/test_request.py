"""What a request is on the wire, and what it never does: follow, remember, or read the user's files."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import trustme
from fakes.exchanges import exchange, header_lines_of, stream
from fakes.http_server import ScriptedServer, answer
from fakes.tls_server import tls_server, trusted, tunnel_to

from egain_auth_cli.deadline import Deadline, Timeouts
from egain_auth_cli.errors import ConfigError, NetworkError
from egain_auth_cli.transport.client import HttpClient, HttpRequest
from egain_auth_cli.transport.library_request import USER_AGENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_request_is_what_was_asked_and_nothing_is_added_but_the_documented(http: HttpClient) -> None:
    with ScriptedServer(answer()) as server:
        request = HttpRequest(
            method="POST",
            url=f"{server.url}/token?x=$y",
            headers=(("Accept", "application/json"), ("X-tRACE", "caf\u00e9  1"), ("X-tRACE", "2")),
            content=b"a=b",
        )
        http.exchange(request, deadline=Deadline(5), limit=10)

    first, body = server.requests[0].partition(b"\r\n")[0], server.requests[0].partition(b"\r\n\r\n")[2]
    expected = [
        f"Host: 127.0.0.1:{server.port}",
        f"User-Agent: {USER_AGENT}",
        "Accept: application/json",
        "X-tRACE: caf\u00e9  1",
        "X-tRACE: 2",
        "Content-Length: 3",
    ]
    assert (b"POST /token?x=$y HTTP/1.1", b"a=b") == (first, body)
    assert expected == header_lines_of(server.requests[0])


def test_request_without_headers_has_host_and_user_agent_alone(http: HttpClient) -> None:
    with ScriptedServer(answer()) as server:
        exchange(http, server.url)
        stream(http, server.url)

    expected = [f"Host: 127.0.0.1:{server.port}", f"User-Agent: {USER_AGENT}"]
    assert [expected, expected] == [header_lines_of(raw) for raw in server.requests]


def test_user_agent_that_was_given_replaces_ours(http: HttpClient) -> None:
    with ScriptedServer(answer()) as server:
        request = HttpRequest(method="GET", url=server.url, headers=(("user-agent", "mine/1"),))
        http.exchange(request, deadline=Deadline(5), limit=10)

    head = server.requests[0].decode().lower()
    assert (1, True) == (head.count("user-agent:"), "user-agent: mine/1" in head)


@pytest.mark.parametrize(
    ("method", "content", "expected"),
    [
        ("GET", None, set()),
        ("DELETE", None, set()),
        ("POST", None, {"content-length: 0"}),
        ("PUT", b"", {"content-length: 0"}),
        ("GET", b"abc", {"content-length: 3"}),
        ("POST", iter([b"a", b"b"]), {"transfer-encoding: chunked"}),
    ],
    ids=["GET", "DELETE", "POST", "empty PUT", "GET with a body", "stream"],
)
def test_request_says_its_bodys_length_once(
    http: HttpClient, method: str, content: bytes | Iterator[bytes] | None, expected: set[str]
) -> None:
    with ScriptedServer(answer()) as server:
        http.exchange(HttpRequest(method=method, url=server.url, content=content), deadline=Deadline(5), limit=10)

    lines = server.requests[0].decode().partition("\r\n\r\n")[0].lower().split("\r\n")
    assert expected == {line for line in lines if line.startswith(("content-length", "transfer-encoding"))}


def test_length_that_was_given_is_not_given_twice(http: HttpClient) -> None:
    request = HttpRequest(method="POST", url="", headers=(("Content-Length", "2"),), content=iter([b"a", b"b"]))
    with ScriptedServer(answer()) as server:
        http.exchange(replace(request, url=server.url), deadline=Deadline(5), limit=10)

    lines = [line.lower() for line in header_lines_of(server.requests[0])]
    assert ["content-length: 2"] == [line for line in lines if line.startswith(("content-length", "transfer-"))]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "?a=/b",
        "/a/b?c=$d&e[f]=%20",
        "/a//b",
        "/a%2Fb/%7e/[x]?q=[1]&r=a%2fb;c",
        "/..;/a/./b?/../c",
        "/a/../b",
        "/a;x=1/%2e%2e/b",
        "/a?",
        "/:8080/b@c?http://x/y",
    ],
)
def test_target_goes_to_the_wire_as_it_was_checked(http: HttpClient, path: str) -> None:
    with ScriptedServer(answer()) as server:
        exchange(http, f"{server.url}{path}")

    target = path if path.startswith("/") else f"/{path}"
    first, host, _ = server.requests[0].decode().split("\r\n", 2)
    assert (f"GET {target} HTTP/1.1", f"Host: 127.0.0.1:{server.port}") == (first, host)


@pytest.mark.parametrize(
    ("origin", "target", "host"),
    [
        ("https://api.acme.test", "/a/../b?$x=[1]&y=%2f;z", "api.acme.test"),
        ("https://API.acme.test:443", "/x", "api.acme.test"),
        ("https://api.acme.test:8443", "/x", "api.acme.test:8443"),
    ],
)
def test_host_and_target_go_through_a_proxy_as_they_were_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: str, target: str, host: str
) -> None:
    ca = trustme.CA()
    with tls_server(ca.issue_cert("api.acme.test")) as server, ScriptedServer(tunnel_to(server.port)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        exchange(HttpClient({"HTTPS_PROXY": proxy.url, **trusted(ca, tmp_path)}), f"{origin}{target}")

    assert [f"GET {target} HTTP/1.1", f"Host: {host}"] == server.requests[0].decode().split("\r\n")[:2]


@pytest.mark.parametrize(("address", "host"), [("::1", "[::1]"), ("127.0.0.1", "localhost")])
def test_host_of_a_loopback_address_has_its_port(http: HttpClient, address: str, host: str) -> None:
    with ScriptedServer(answer(), address=address) as server:
        exchange(http, f"http://{host}:{server.port}/")

    assert f"Host: {host}:{server.port}" == header_lines_of(server.requests[0])[0]


@pytest.mark.parametrize("url", ["http://evil.test/", "https://user@acme.test/", "file:///etc/passwd"])
def test_url_is_checked_again_before_any_socket_opens(http: HttpClient, url: str) -> None:
    with pytest.raises(ConfigError):
        exchange(http, url)
    with pytest.raises(ConfigError):
        http.stream(HttpRequest(method="GET", url=url), timeouts=Timeouts(None))


@pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
def test_redirect_is_not_followed_and_the_other_server_sees_nothing(http: HttpClient, status: str) -> None:
    with ScriptedServer(answer()) as other, ScriptedServer(answer(status, b"", f"Location: {other.url}/x")) as server:
        found = exchange(http, f"{server.url}/token", method="POST")
        stream(http, server.url)

    assert (int(status[:3]), f"{other.url}/x") == (found.status, found.headers["location"])
    assert (0, 2) == (other.connections, len(server.requests))


@pytest.mark.parametrize(
    "location", ["", "http://[::1", "data:text/plain,x", "https://:443/", "//", "\xff", "//999.1.1.1"]
)
def test_redirect_to_what_is_not_a_url_is_an_answer_as_any_other(http: HttpClient, location: str) -> None:
    # See: https://github.com/encode/httpx/pull/3706
    with ScriptedServer(answer("302 Found", b"moved", f"Location: {location}")) as server:
        assert (302, b"moved") == (exchange(http, server.url).status, exchange(http, server.url).body)


def test_cookies_are_not_kept(http: HttpClient) -> None:
    # See: https://github.com/encode/httpx/issues/2992
    with ScriptedServer(answer("200 OK", b"", "Set-Cookie: a=made-up; Path=/", "Set-Cookie: b=made-up")) as server:
        exchange(http, server.url)
        exchange(http, server.url)
        stream(http, server.url)

    assert [False] * 3 == [b"cookie" in raw.lower() for raw in server.requests]


def test_netrc_is_never_read(http: HttpClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(
        "machine 127.0.0.1 login user password made-up-password\ndefault login x password made-up-password\n"
    )
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with ScriptedServer(answer()) as server:
        exchange(http, f"{server.url}/")
        stream(http, server.url)

    assert [b"authorization" in raw.lower() for raw in server.requests] == [False, False]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_request_to_loopback_never_reaches_a_proxy_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    ca = trustme.CA()
    plain, safe = ScriptedServer(answer()), tls_server(ca.issue_cert("127.0.0.1"))
    with ScriptedServer(answer("502 x")) as proxy, plain, safe:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        http = HttpClient({**os.environ, **trusted(ca, tmp_path)})
        assert exchange(http, safe.url if scheme == "https" else plain.url).status == 200

    assert proxy.connections == 0


def test_proxy_that_is_not_ours_is_never_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(OSError("no network")))
    with ScriptedServer(answer("502 x")) as proxy:
        for name in ("HTTP_PROXY", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with pytest.raises(NetworkError, match="cannot connect"):
            exchange(HttpClient({}), "https://api.acme.test/")

    assert proxy.connections == 0
