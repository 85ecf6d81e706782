"""Requests that reach the listener: only the registered address, by GET or a plain form, counts."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
from fakes.listener_world import GOOD, LOGIN, Running
from fakes.raw_http import connect, exchange, get, post_form, read_answer
from fakes.systems import peak_memory
from figures import amount
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from egain_auth_cli.sign_in.place import RedirectPlace
from egain_auth_cli.sign_in.redirect_request import Head, Unacceptable, check_sender, parse_head

REQUESTS = amount(60, 5_000)
NAMES = ["127.0.0.1", "localhost", "[::1]"]
HOSTS = [
    "evil.test",
    "",
    "127.0.0.1.evil.test:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1.:{port}",
    "localhost",
    "localhost.:{port}",
    "localhost.evil.test:{port}",
    "[::1]",
    "[::2]:{port}",
    "127.0.0.2:{port}",
    "0.0.0.0:{port}",
    "127.0.0.1:{port}@evil.test",
    "0x7f.1:{port}",
    "127.0.0.1:0{port}",
]


@pytest.mark.parametrize("host", HOSTS)
def test_foreign_host_is_refused_and_the_wait_goes_on(running: Running, host: str) -> None:
    given_host = host.format(port=urlsplit(running.url).port)

    found = get(f"{running.url}?{GOOD}", host=given_host)

    assert (found.status, running.inbox.queries) == (400, [])
    assert running.still_waits()


@pytest.mark.parametrize("running", [f"http://{name}/callback" for name in NAMES], indirect=True)
@pytest.mark.parametrize("name", [*NAMES, "LocalHost"])
def test_every_name_of_loopback_is_the_listeners_own(running: Running, name: str) -> None:
    netloc = f"{name}:{urlsplit(running.url).port}"

    found = running.statuses(lambda: get(f"{running.url}?{GOOD}", f"Origin: http://{netloc.lower()}", host=netloc))

    assert found == [303, 200]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:80"])
def test_default_port_may_be_left_out(host: str) -> None:
    check_sender(head_for(host), RedirectPlace.of("http://localhost:80/callback"), form_origin=LOGIN)
    with pytest.raises(Unacceptable):
        check_sender(head_for(host), RedirectPlace.of("http://localhost:8080/callback"), form_origin=LOGIN)


def head_for(host: str) -> Head:
    return parse_head(f"GET /callback HTTP/1.1\r\nHost: {host}".encode())


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Host: {netloc}", "Host: {netloc}"],
        ["Host: {netloc}", "host: evil.test"],
        ["Host : {netloc}"],
        ["Host: {netloc}\x00"],
    ],
)
def test_missing_doubled_or_malformed_host_is_refused(running: Running, lines: list[str]) -> None:
    head = [
        f"GET /callback?{GOOD} HTTP/1.1",
        *(line.format(netloc=urlsplit(running.url).netloc) for line in lines),
        "",
        "",
    ]

    assert exchange(running.url, "\r\n".join(head).encode()).status == 400
    assert running.still_waits()


@pytest.mark.parametrize("origin", ["https://evil.test", "http://evil.test", "null", LOGIN, "http://localhost:1"])
def test_get_from_a_foreign_origin_is_refused(running: Running, origin: str) -> None:
    found = get(f"{running.url}?{GOOD}", f"Origin: {origin}")

    assert (found.status, running.inbox.queries) == (403, [])
    assert running.still_waits()


def test_get_from_our_own_origin_is_taken(running: Running) -> None:
    assert running.statuses(lambda: get(f"{running.url}?{GOOD}", f"Origin: {running.root}")) == [303, 200]


@pytest.mark.parametrize("second", ["Origin: https://evil.test", "origin: {root}"])
def test_doubled_origin_is_refused(running: Running, second: str) -> None:
    found = get(f"{running.url}?{GOOD}", f"Origin: {running.root}", second.format(root=running.root))

    assert (found.status, running.inbox.queries) == (400, [])
    assert running.still_waits()


@pytest.mark.parametrize(
    "path",
    [
        "/favicon.ico",
        "/",
        "/callback/",
        "//callback",
        "/callback%2f",
        "/Callback",
        "/callback;x",
        "/./callback",
        "/x/../callback",
        "/done",
        "/failed",
        "*",
        "http://127.0.0.1/callback",
        "/callback%00",
    ],
)
def test_other_path_is_not_found_and_the_wait_goes_on(running: Running, path: str) -> None:
    request = f"GET {path}?{GOOD} HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n"

    found = exchange(running.url, request.encode())

    assert (found.status, running.inbox.queries) == (404, [])
    assert running.still_waits()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "TRACE", "DELETE", "PATCH", "CONNECT", "PROPFIND"])
def test_other_method_is_refused_and_the_code_is_not_used(running: Running, method: str) -> None:
    found = get(f"{running.url}?{GOOD}", "Access-Control-Request-Private-Network: true", method=method)

    assert (found.status, found.headers["allow"], running.inbox.queries) == (405, "GET, POST", [])
    assert not [name for name in found.headers if name.startswith("access-control")]
    assert running.still_waits()


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "GET",
        "GET /callback?{GOOD}",
        "GET /callback?{GOOD} HTTP/2.0",
        "GET /callback?{GOOD} HTTP/1.1junk",
        "get /callback?{GOOD} HTTP/1.1",
        "GET  /callback?{GOOD} HTTP/1.1",
        "GET /callback?{GOOD} x HTTP/1.1",
        "GET /callback?{GOOD}\xff HTTP/1.1",
        "GET /callback?{GOOD} HTTP/1.1\r\nbad header",
        "GET /callback?{GOOD} HTTP/1.1\r\n folded: x",
        "GET /callback?{GOOD} HTTP/1.1\r\nX: \0",
        "GET /callback?{GOOD} HTTP/1.1\r\nX: \r",
    ],
)
def test_malformed_request_is_refused_and_the_wait_goes_on(running: Running, raw: str) -> None:
    request = f"{raw.format(GOOD=GOOD)}\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n"

    assert (exchange(running.url, request.encode("latin-1")).status, running.inbox.queries) == (400, [])
    assert running.still_waits()


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["Content-Length: -1"], 400),
        (["Content-Length: 9999999999999999999999"], 400),
        (["Content-Length: abc"], 400),
        (["Content-Length: +1"], 400),
        (["Content-Length: 1", "Content-Length: 1"], 400),
        (["Content-Length: 1, 1"], 400),
        (["Content-Length: 10485760"], 413),
        (["Transfer-Encoding: chunked"], 400),
        (["Transfer-Encoding: identity"], 400),
        ([f"X-{number}: y" for number in range(1000)], 431),
    ],
)
def test_body_that_is_not_plainly_delimited_or_too_large_is_refused(
    running: Running, lines: list[str], status: int
) -> None:
    found = get(running.url, *lines, "Content-Type: application/x-www-form-urlencoded", method="POST")

    assert (status, []) == (found.status, running.inbox.queries)
    assert running.still_waits()


@pytest.mark.parametrize(
    "raw", [b"GET /callback?" + b"x" * 70000, b"GET /callback?x HTTP/1.1\r\nX: " + b"x" * 70000, b"x" * 1_000_000]
)
def test_head_over_the_limit_is_refused(running: Running, raw: bytes) -> None:
    found = exchange(running.url, raw)

    assert found.status in (0, 431)
    assert running.still_waits()


@pytest.mark.parametrize("size", [33, 40, 48])
def test_whole_head_over_the_limit_is_refused_too(running: Running, size: int) -> None:
    host = f"Host: {urlsplit(running.url).netloc}"
    lines = [f"GET /callback?{GOOD} HTTP/1.1", host, *(f"X-{number}: {'y' * 1000}" for number in range(size)), "", ""]

    assert exchange(running.url, "\r\n".join(lines).encode()).status in (0, 431)
    assert running.inbox.queries == []
    assert running.still_waits()


def test_head_of_nearly_32_kib_is_taken(running: Running) -> None:
    assert running.statuses(lambda: get(f"{running.url}?{GOOD}", *(f"X: {'y' * 990}" for _ in range(31)))) == [303, 200]


@pytest.mark.parametrize(
    "lines",
    [
        [b"Cookie: " + b"made-up=cookie; " * 4000],
        [b"cookie:" + b"x" * 4096] * 150,
        [b"COOKIE: " + b"\xff\x00" * 30_000],
        [b"Cookie: " + b"a\r" * 30_000],
        [b"Cookie:"],
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_cookies_of_other_programs_cost_nothing(running: Running, lines: list[bytes], before: bool) -> None:
    host = f"Host: {urlsplit(running.url).netloc}".encode()
    headers = [*lines, host] if before else [host, *lines]
    raw = b"\r\n".join([f"GET /callback?{GOOD} HTTP/1.1".encode(), *headers, b"", b""])

    assert running.statuses(lambda: exchange(running.url, raw)) == [303, 200]


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /callback?x HTTP/1.1\r\nCookie: " + b"x" * 3_000_000,
        b"GET /callback?x HTTP/1.1\r\n" + b"Cookie: x\r\n" * 300_000,
        b"Cookie: " + b"x" * 70_000,
        b"GET /callback?x HTTP/1.1\r\nCookies: " + b"x" * 70_000,
    ],
)
def test_endless_cookies_are_refused_and_kept_nowhere(running: Running, raw: bytes) -> None:
    before = peak_memory()
    found = exchange(running.url, raw, seconds=3)  # before it would be dropped for being slow

    assert found.status in (0, 431)
    assert peak_memory() - before < 8 * 1024
    assert running.still_waits()


def test_cookie_does_not_hide_a_header(running: Running) -> None:
    raw = f"Cookie: x\r\nGET /callback?{GOOD} HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n"

    assert (exchange(running.url, raw.encode()).status, running.inbox.queries) == (400, [])


@pytest.mark.parametrize("pieces", [[b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"], [b"\x16", b"\x03"]])
def test_tls_is_closed_at_once_and_told(running: Running, pieces: list[bytes]) -> None:
    with connect(running.url, seconds=4) as browser:
        for piece in pieces:
            browser.sendall(piece)
        found = read_answer(browser)

    assert (found.raw, running.inbox.spoke_tls) == (b"", 1)
    assert running.still_waits()


def test_get_with_a_body_is_refused(running: Running) -> None:
    netloc = urlsplit(running.url).netloc
    raw = f"GET /callback?{GOOD} HTTP/1.1\r\nHost: {netloc}\r\nContent-Length: 3\r\n\r\nabc".encode()

    assert (exchange(running.url, raw).status, running.inbox.queries) == (400, [])


@pytest.mark.parametrize("origin", [None, LOGIN, "null"])
def test_posted_form_of_the_authorization_server_is_taken(running: Running, origin: str | None) -> None:
    headers = [f"Origin: {origin}"] if origin else []

    assert running.statuses(lambda: post_form(running.url, GOOD, *headers)) == [303, 200]
    assert running.inbox.queries == [GOOD]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded; charset=utf-8",
        "Application/X-WWW-Form-Urlencoded;charset=x",
        "application/x-www-form-urlencoded ; charset=utf-8",
    ],
)
def test_form_that_names_its_charset_is_taken(running: Running, content_type: str) -> None:
    assert running.statuses(lambda: post_form(running.url, GOOD, content_type=content_type)) == [303, 200]


def test_bytes_beyond_the_announced_length_are_not_handed_on(running: Running) -> None:
    head = (
        "POST /callback HTTP/1.1\r\nHost: {netloc}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(GOOD)}\r\n\r\n{GOOD}&code=beyond"
    ).format(netloc=urlsplit(running.url).netloc)

    assert running.statuses(lambda: exchange(running.url, head.encode()))[0] == 303
    assert running.inbox.queries == [GOOD]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/plain", 415),
        ("", 415),
        ("application/x-www-form-urlencoded-x", 415),
    ],
)
def test_form_of_another_type_is_refused(running: Running, content_type: str, status: int) -> None:
    assert (status, []) == (post_form(running.url, GOOD, content_type=content_type).status, running.inbox.queries)
    assert running.still_waits()


def test_parameters_in_both_places_are_refused(running: Running) -> None:
    assert (post_form(f"{running.url}?{GOOD}", GOOD).status, running.inbox.queries) == (400, [])


def test_form_from_a_foreign_origin_is_refused(running: Running) -> None:
    assert (post_form(running.url, GOOD, "Origin: https://evil.test").status, running.inbox.queries) == (403, [])


def test_form_outside_ascii_is_refused(running: Running) -> None:
    assert (post_form(running.url, "code=é").status, running.inbox.queries) == (400, [])


def test_form_over_the_limit_is_refused(running: Running) -> None:  # 65 KiB
    found = post_form(running.url, "x" * 66 * 1024)

    assert found.status in (0, 413)
    assert running.still_waits()


@pytest.mark.figure("any bytes at a live listener", "5,000 requests, no crash, still waiting")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=REQUESTS, deadline=None)
@given(
    st.binary(max_size=300)
    | st.binary(max_size=200).map(lambda noise: b"GET /callback?" + noise + b" HTTP/1.1\r\nHost: x\r\n\r\n")
)
def test_no_bytes_break_the_listener(running: Running, raw: bytes) -> None:
    with connect(running.url) as one:
        one.sendall(raw)
        one.shutdown(socket.SHUT_WR)
        found = read_answer(one)

    assert found.status in (0, 400, 403, 404, 405, 431)
    assert get(f"{running.root}/favicon.ico").status == 404
