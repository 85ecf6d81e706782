"""A proxy that fails is told as such, by its address and its variable; an origin behind it is not blamed for it."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import trustme
from fakes.exchanges import exchange, failing
from fakes.http_server import ScriptedServer, answer
from fakes.ports import free_port
from fakes.tls_server import tls_server, trusted, tunnel_to

from egain_auth_cli.errors import BadAnswer, NetworkError, TimedOut
from egain_auth_cli.transport.client import HttpClient
from egain_auth_cli.transport.failures import ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from egain_auth_cli.errors import EgainError

    Reply = bytes | Callable[[socket.socket], None]

URL = "https://api.acme.test/x"
SIGN_IN = "407 Proxy Authentication Required"
USER, PASSWORD = "made-up-user", "made-up-password"


def proxied(port: int, *, variable: str = "HTTPS_PROXY", scheme: str = "http", userinfo: str = "") -> HttpClient:
    """Make a client whose proxy is on a port."""
    return HttpClient({variable: f"{scheme}://{userinfo}127.0.0.1:{port}"})


def refusal(*replies: Reply, userinfo: str = "", seconds: float = 5) -> EgainError:
    """Return the error where a proxy gives these replies; its port is written as PORT."""
    with ScriptedServer(*replies) as proxy:
        error = failing(proxied(proxy.port, userinfo=userinfo), URL, seconds=seconds)
    assert (error.exit_code, error.status) == (5, None)
    assert "the proxy `127.0.0.1:" in error.message
    assert not {USER, PASSWORD} & set(f"{error.message} {error.hint} {error.__dict__}".split())
    error.message = error.message.replace(str(proxy.port), "PORT")
    error.hint = (error.hint or "").replace(str(proxy.port), "PORT")
    return error


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_proxy_that_cannot_be_found_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    asked: list[object] = []

    def lookup(host: object, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    error = failing(HttpClient({variable: "http://proxy.corp.invalid:3128"}), URL)

    assert ["proxy.corp.invalid"] == asked
    assert f"the proxy `proxy.corp.invalid:3128` of `{variable}` cannot be found" == error.message
    assert f"check `{variable}`" in (error.hint or "")
    assert "`NO_PROXY`" in (error.hint or "")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_that_takes_no_connection_is_named(scheme: str, tmp_path: Path) -> None:
    port = free_port()
    environ = {"ALL_PROXY": f"{scheme}://127.0.0.1:{port}", **trusted(trustme.CA(), tmp_path)}
    error = failing(HttpClient(environ), URL)

    assert f"cannot connect to the proxy `127.0.0.1:{port}` of `ALL_PROXY`: connection refused" == error.message
    assert "`ALL_PROXY`" in (error.hint or "")


def test_proxy_by_its_ipv6_address_is_shown_in_brackets() -> None:
    port = free_port()
    error = failing(HttpClient({"HTTPS_PROXY": f"[::1]:{port}"}), URL)

    assert error.message.startswith(f"cannot connect to the proxy `[::1]:{port}` of `HTTPS_PROXY`: ")


def _ignore(_: bytes) -> None:
    """Wait until the client goes."""


@pytest.mark.parametrize("reads", [True, False])
def test_silent_proxy_is_named_and_not_the_origin(reads: bool) -> None:
    if reads:
        error = refusal(lambda sock: _ignore(sock.recv(1)), seconds=1.5)
    else:  # a queue that is full: no connection is made
        with closing(socket.socket()) as full, closing(socket.socket()) as first, closing(socket.socket()) as second:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for one in (first, second):
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            error = failing(proxied(full.getsockname()[1]), URL, seconds=1.5)

    assert type(error) is TimedOut
    did = "did not lead to `https://api.acme.test`" if reads else "did not answer"
    assert error.message.endswith(f" of `HTTPS_PROXY` {did} within 1.5 s")
    assert error.message.startswith("the proxy `127.0.0.1:")
    assert "`EGAIN_TIMEOUT`" in (error.hint or "")


@pytest.mark.parametrize(
    ("status", "says", "hint"),
    [
        ("403 Forbidden", "does not allow a connection to `https://api.acme.test`", "ask whoever runs the proxy"),
        ("502 Bad Gateway", "could not reach `https://api.acme.test`", "check the URL for a slip"),
        ("503 Service Unavailable", "could not reach `https://api.acme.test`", "check the URL for a slip"),
        ("504 Gateway Timeout", "could not reach `https://api.acme.test`", "check the URL for a slip"),
        ("405 Not Allowed", "refused a connection to `https://api.acme.test`", "takes CONNECT"),
        ("500 Odd", "could not reach `https://api.acme.test`", "check the URL for a slip"),
        ("501 Not Implemented", "refused a connection to `https://api.acme.test`", "takes CONNECT"),
        ("302 Found", "refused a connection to `https://api.acme.test`", "takes CONNECT"),
    ],
)
def test_each_refusal_of_a_proxy_has_its_own_words(status: str, says: str, hint: str) -> None:
    error = refusal(answer(status, b"", "Location: https://evil.example/"))

    assert type(error) is NetworkError
    assert f"the proxy `127.0.0.1:PORT` of `HTTPS_PROXY` {says} (status {status[:3]})" == error.message
    assert hint in (error.hint or "")
    assert "`NO_PROXY`" in (error.hint or "")


@pytest.mark.parametrize("challenge", [['Basic realm="a, Negotiate, b"'], ["Negotiate, NTLM, Basic realm=x"], []])
def test_proxy_that_wants_a_password_is_told_how_to_get_it(challenge: list[str]) -> None:
    headers = [f"Proxy-Authenticate: {one}" for one in challenge]
    none, wrong = (refusal(answer(SIGN_IN, b"", *headers), userinfo=who) for who in ("", f"{USER}:{PASSWORD}@"))

    assert "the proxy `127.0.0.1:PORT` of `HTTPS_PROXY` wants a user name and password (status 407)" == none.message
    assert "`http://USER:PASSWORD@127.0.0.1:PORT`" in (none.hint or "")
    assert "the proxy `127.0.0.1:PORT` of `HTTPS_PROXY` refused the user name or password (status 407)" == wrong.message
    assert "percent-encoded" in (wrong.hint or "")


@pytest.mark.parametrize(
    ("challenges", "named"),
    [
        (["Negotiate"], "Negotiate"),
        (["Negotiate", "NTLM"], "Negotiate or NTLM"),
        (["NTLM TlRMTVNTUAACAAAA=="], "NTLM"),
        (['Digest realm="Basic", nonce="a\\", Basic b", qop="auth"'], "Digest"),
        (["A, B, C, D, E"], "A or B or C"),
    ],
)
@pytest.mark.parametrize("userinfo", ["", f"{USER}:{PASSWORD}@"])
def test_proxy_with_a_sign_in_of_another_kind_is_told_by_its_kinds(
    challenges: list[str], named: str, userinfo: str
) -> None:
    headers = [f"Proxy-Authenticate: {one}" for one in challenges]
    error = refusal(answer(SIGN_IN, b"", *headers), userinfo=userinfo)

    assert (
        f"the proxy `127.0.0.1:PORT` of `HTTPS_PROXY` wants a sign-in by {named} (status 407), which is not supported"
        == error.message
    )
    assert "helper" in (error.hint or "")


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (b"220 mail.acme.test ESMTP\r\n\r\n", BadAnswer, "sent an answer that is no valid HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x46", BadAnswer, "sent an answer that is no valid HTTP"),
        (lambda _: None, ConnectionLost, "ended the connection before it led to `https://api.acme.test`"),
        (b"HTTP/1.1 200", ConnectionLost, "ended the connection before it led to `https://api.acme.test`"),
    ],
)
def test_what_is_no_proxy_at_all_is_told(reply: Reply, kind: type[EgainError], says: str) -> None:
    error = refusal(reply)

    assert type(error) is kind
    assert f"the proxy `127.0.0.1:PORT` of `HTTPS_PROXY` {says}" == error.message
    assert "check scheme, host and port in `HTTPS_PROXY`" in (error.hint or "")


def test_encrypted_proxy_whose_certificate_is_not_trusted_is_named(tmp_path: Path) -> None:
    with tls_server(trustme.CA().issue_cert("127.0.0.1")) as proxy:
        environ = {"HTTPS_PROXY": proxy.url, **trusted(trustme.CA(), tmp_path)}
        error = failing(HttpClient(environ), URL)

    assert proxy.requests == []
    shown = f"the certificate of the proxy `127.0.0.1:{proxy.port}` of `HTTPS_PROXY` is not trusted: "
    assert error.message.startswith(shown)
    assert f"`openssl s_client -connect 127.0.0.1:{proxy.port}` shows" in (error.hint or "")


def test_plain_proxy_that_is_named_as_an_encrypted_one_is_told(tmp_path: Path) -> None:
    def answer_at_once(sock: socket.socket) -> None:
        sock.sendall(answer("400 Bad Request"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        environ = {"HTTPS_PROXY": f"https://127.0.0.1:{port}", **trusted(trustme.CA(), tmp_path)}
        error = _answered_once(listener, answer_at_once, environ)

    assert error.message.startswith(f"TLS with the proxy `127.0.0.1:{port}` of `HTTPS_PROXY` failed: ")
    assert "`http://`" in (error.hint or "")


def _answered_once(
    listener: socket.socket, reply: Callable[[socket.socket], None], environ: dict[str, str]
) -> EgainError:
    from threading import Thread

    def serve() -> None:
        sock, _ = listener.accept()
        with sock:
            sock.recv(1)
            reply(sock)

    helper = Thread(target=serve)
    helper.start()
    error = failing(HttpClient(environ), URL)
    helper.join(5)
    return error


# --- beyond the proxy -----------------------------------------------------------------------------------------------


def beyond(tmp_path: Path, *replies: Reply, stranger: bool = False, seconds: float = 5) -> EgainError:
    """Return the error where the proxy leads to an origin, and that gives these replies; ports are written as PORT."""
    ca = trustme.CA()
    with (
        tls_server((trustme.CA() if stranger else ca).issue_cert("api.acme.test"), *replies) as server,
        ScriptedServer(tunnel_to(server.port)) as proxy,
    ):
        http = HttpClient({"HTTPS_PROXY": f"127.0.0.1:{proxy.port}", **trusted(ca, tmp_path)})
        error = failing(http, URL, seconds=seconds)
    error.hint = (error.hint or "").replace(str(proxy.port), "PORT")
    return error


def test_certificate_of_the_origin_is_told_as_the_origins(tmp_path: Path) -> None:
    error = beyond(tmp_path, stranger=True)

    assert error.message.startswith("the certificate of `https://api.acme.test` is not trusted: ")
    assert "`openssl s_client -connect api.acme.test:443 -proxy 127.0.0.1:PORT` shows" in (error.hint or "")


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        (lambda sock: _ignore(sock.recv(1)), TimedOut, "`https://api.acme.test` did not answer within 3 s"),
        (lambda _: None, ConnectionLost, "the connection to `https://api.acme.test` was lost"),
    ],
)
def test_origin_that_fails_behind_a_proxy_is_told_as_such_with_the_way(
    tmp_path: Path, reply: Reply, kind: type[EgainError], says: str
) -> None:
    error = beyond(tmp_path, reply, seconds=3)

    assert type(error) is kind
    assert error.message.startswith(says)
    assert (error.hint or "").endswith("; the way is through the proxy `127.0.0.1:PORT` of `HTTPS_PROXY`")


def test_origin_that_cuts_the_handshake_is_told_as_such_with_the_way(tmp_path: Path) -> None:
    def lead_nowhere(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        sock.recv(1)

    with ScriptedServer(lead_nowhere) as proxy:
        environ = {"HTTPS_PROXY": f"127.0.0.1:{proxy.port}", **trusted(trustme.CA(), tmp_path)}
        error = failing(HttpClient(environ), URL)

    assert "`https://api.acme.test`" in error.message
    assert "proxy" not in error.message
    assert f"the way is through the proxy `127.0.0.1:{proxy.port}` of `HTTPS_PROXY`" in (error.hint or "")


def test_later_request_on_a_kept_tunnel_that_fails_is_the_origins(tmp_path: Path) -> None:
    def twice(sock: socket.socket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        sock.recv(65536)

    ca = trustme.CA()
    with (
        tls_server(ca.issue_cert("api.acme.test"), twice) as server,
        ScriptedServer(tunnel_to(server.port)) as proxy,
    ):
        http = HttpClient({"HTTPS_PROXY": f"127.0.0.1:{proxy.port}", **trusted(ca, tmp_path)})
        assert exchange(http, URL).body == b"ok"
        error = failing(http, URL)
        connections = proxy.connections

    assert (1, ConnectionLost) == (connections, type(error))
    assert error.message.startswith("the connection to `https://api.acme.test` was lost")
