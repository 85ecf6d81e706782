from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from fakes.raw_http import RawAnswer, connect, exchange, follow, get, post_form, read_answer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from egain_auth_cli.sign_in import listener as loopback
from egain_auth_cli.sign_in import pages
from egain_auth_cli.sign_in.authorization import NotTheAnswer
from egain_auth_cli.sign_in.listener import LoopbackListener
from egain_auth_cli.sign_in.redirect_request import Unacceptable, parse_head
from egain_auth_cli.sign_in.sockets import bind_redirect

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = "code=made-up-code&state=made-up-state"
LOGIN = "https://login.acme.test"


class Inbox:
    """Takes what the listener hands over; only the good query is the answer."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.arrived = threading.Event()

    def __call__(self, query: str) -> None:
        self.queries.append(query)
        if "state=made-up-state" not in query:
            raise NotTheAnswer("wrong state")
        self.arrived.set()


class Running:
    """A listener at work, and what it handed over."""

    def __init__(self, listener: LoopbackListener, inbox: Inbox) -> None:
        self.listener = listener
        self.inbox = inbox
        self.url = listener.redirect_uri
        self.root = f"http://{urlsplit(self.url).netloc}"

    def redirect(self, query: str = GOOD) -> RawAnswer:
        return get(f"{self.url}?{query}")

    def still_waits(self) -> bool:
        """Whether the real answer is taken, and leads to the page that says so."""
        answers: list[RawAnswer] = []
        browser = threading.Thread(target=lambda: answers.extend(follow(f"{self.url}?{GOOD}")))
        browser.start()
        arrived = self.inbox.arrived.wait(5)
        self.listener.finish(signed_in=True)
        browser.join(5)
        return arrived and [one.status for one in answers] == [303, 200]


@pytest.fixture(params=["http://127.0.0.1/callback"])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    inbox = Inbox()
    bound = bind_redirect(request.param)
    with LoopbackListener(bound, on_redirect=inbox, form_origin=LOGIN) as listener:
        yield Running(listener, inbox)
        listener._awaited_pages = 0


def test_right_answer_is_handed_over_and_the_browser_ends_on_the_page_that_says_so(running: Running) -> None:  # R08
    assert running.still_waits()
    assert running.inbox.queries == [GOOD]


@pytest.mark.parametrize(
    "running",
    ["http://localhost/callback", "http://[::1]/callback", "http://127.0.0.1/", "http://127.0.0.1"],
    indirect=True,
)
def test_every_registered_form_of_loopback_is_served(running: Running) -> None:  # L04
    assert running.still_waits()


HOSTS = [
    "evil.test",
    "",
    "127.0.0.1.evil.test:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.0.0.1.:{port}",
    "localhost:{port}",
    "[::1]:{port}",
    "127.0.0.1:{port}@evil.test",
    "0x7f.1:{port}",
    "127.0.0.1:0{port}",
]


@pytest.mark.parametrize("host", HOSTS)
def test_foreign_host_is_refused_and_the_wait_goes_on(running: Running, host: str) -> None:  # L05
    given_host = host.format(port=urlsplit(running.url).port)

    found = get(f"{running.url}?{GOOD}", host=given_host)

    assert (found.status, running.inbox.queries) == (400, [])
    assert running.still_waits()


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
def test_missing_doubled_or_malformed_host_is_refused(running: Running, lines: list[str]) -> None:  # L05
    head = [
        f"GET /callback?{GOOD} HTTP/1.1",
        *(line.format(netloc=urlsplit(running.url).netloc) for line in lines),
        "",
        "",
    ]

    assert exchange(running.url, "\r\n".join(head).encode()).status == 400
    assert running.still_waits()


@pytest.mark.parametrize("origin", ["https://evil.test", "http://evil.test", "null", LOGIN, "http://localhost:1"])
def test_get_from_a_foreign_origin_is_refused(running: Running, origin: str) -> None:  # L05
    found = get(f"{running.url}?{GOOD}", f"Origin: {origin}")

    assert (found.status, running.inbox.queries) == (403, [])
    assert running.still_waits()


def test_get_from_our_own_origin_is_taken(running: Running) -> None:
    found: list[RawAnswer] = []
    browser = threading.Thread(target=lambda: found.append(get(f"{running.url}?{GOOD}", f"Origin: {running.root}")))
    browser.start()
    assert running.inbox.arrived.wait(5)
    running.listener.finish(signed_in=True)
    browser.join(5)

    assert [one.status for one in found] == [303]


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
def test_other_path_is_not_found_and_the_wait_goes_on(running: Running, path: str) -> None:  # L06
    request = f"GET {path}?{GOOD} HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n"

    found = exchange(running.url, request.encode())

    assert (found.status, running.inbox.queries) == (404, [])
    assert running.still_waits()


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "TRACE", "DELETE", "PATCH", "CONNECT", "PROPFIND"])
def test_other_method_is_refused_and_the_code_is_not_used(running: Running, method: str) -> None:  # L07
    found = get(f"{running.url}?{GOOD}", "Access-Control-Request-Private-Network: true", method=method)

    assert (found.status, found.headers["allow"], running.inbox.queries) == (405, "GET, POST", [])
    assert not [name for name in found.headers if name.startswith("access-control")]
    assert running.still_waits()


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /callback\r\n\r\n",
        b"GET /callback HTTP/2.0\r\n\r\n",
        b"get /callback HTTP/1.1\r\n\r\n",
        b"GET  /callback HTTP/1.1\r\n\r\n",
        b"GET /call back HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /callback HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /callback HTTP/1.1\r\n folded: x\r\n\r\n",
        b"GET /callback HTTP/1.1\r\nX: \x00\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
    ],
)
def test_malformed_request_is_refused_and_the_wait_goes_on(running: Running, raw: bytes) -> None:  # L09, R12
    assert exchange(running.url, raw).status == 400
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
) -> None:  # L09
    found = get(running.url, *lines, "Content-Type: application/x-www-form-urlencoded", method="POST")

    assert (status, []) == (found.status, running.inbox.queries)
    assert running.still_waits()


@pytest.mark.parametrize(
    "raw", [b"GET /callback?" + b"x" * 70000, b"GET /callback?x HTTP/1.1\r\nX: " + b"x" * 70000, b"x" * 1_000_000]
)
def test_head_over_the_limit_is_refused(running: Running, raw: bytes) -> None:  # L09
    found = exchange(running.url, raw)

    assert found.status in (0, 431)
    assert running.still_waits()


def test_get_with_a_body_is_refused(running: Running) -> None:
    netloc = urlsplit(running.url).netloc
    raw = f"GET /callback?{GOOD} HTTP/1.1\r\nHost: {netloc}\r\nContent-Length: 3\r\n\r\nabc".encode()

    assert (exchange(running.url, raw).status, running.inbox.queries) == (400, [])


@pytest.mark.parametrize("origin", [None, LOGIN, "null"])
def test_posted_form_of_the_authorization_server_is_taken(running: Running, origin: str | None) -> None:  # R10
    found: list[RawAnswer] = []
    headers = [f"Origin: {origin}"] if origin else []
    browser = threading.Thread(target=lambda: found.append(post_form(running.url, GOOD, *headers)))
    browser.start()
    assert running.inbox.arrived.wait(5)
    running.listener.finish(signed_in=True)
    browser.join(5)

    assert ([one.status for one in found], running.inbox.queries) == ([303], [GOOD])


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
def test_form_of_another_type_is_refused(running: Running, content_type: str, status: int) -> None:  # R10
    assert (status, []) == (post_form(running.url, GOOD, content_type=content_type).status, running.inbox.queries)
    assert running.still_waits()


def test_parameters_in_both_places_are_refused(running: Running) -> None:  # R10
    assert (post_form(f"{running.url}?{GOOD}", GOOD).status, running.inbox.queries) == (400, [])


def test_form_from_a_foreign_origin_is_refused(running: Running) -> None:  # R10, L05
    assert (post_form(running.url, GOOD, "Origin: https://evil.test").status, running.inbox.queries) == (403, [])


def test_form_outside_ascii_is_refused(running: Running) -> None:  # R12
    assert (post_form(running.url, "code=é").status, running.inbox.queries) == (400, [])


def test_form_over_the_limit_is_refused(running: Running) -> None:  # R10: 65 KiB
    found = post_form(running.url, "x" * 66 * 1024)

    assert found.status in (0, 413)
    assert running.still_waits()


@pytest.mark.parametrize(
    "query", ["", "error=access_denied", "code=x&state=wrong", "error=access_denied&state=wrong", "access_token=x"]
)
def test_wrong_answer_costs_nothing(running: Running, query: str) -> None:  # L10, R01, R02, R05, rule 9
    found = running.redirect(query)

    assert (found.status, found.headers["cache-control"]) == (400, "no-store")
    assert running.still_waits()


def test_a_hundred_wrong_answers_cost_nothing(running: Running) -> None:  # L10, F5
    statuses = {running.redirect(f"code=x&state=wrong-{number}").status for number in range(100)}

    assert {400} == statuses
    assert running.still_waits()


PAYLOADS = [
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "<script>made-up-canary</script>",
    "'\"><img>made-up-canary",
    "%2BADw-made-up-canary",
    "%00made-up-canary",
]


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("path", ["/callback", "/other", "/done"])
def test_no_parameter_is_ever_echoed(running: Running, payload: str, path: str) -> None:  # R07, R04, rule 10
    found = get(f"{running.root}{path}?error={payload}&error_description={payload}&state={payload}&code={payload}")

    bodies = {page.render() for page in vars(pages).values() if isinstance(page, pages.Page)}
    assert found.raw in bodies
    assert "canary" not in found.body


def test_fragment_answer_gets_the_page_without_a_script(running: Running) -> None:  # R09
    found = running.redirect("")

    assert found.status == 400
    assert "<script" not in found.body


def all_pages() -> list[pages.Page]:
    return [page for page in vars(pages).values() if isinstance(page, pages.Page)]


@pytest.mark.parametrize("raw", [*(page.render() for page in all_pages()), pages.moved("/done")])
def test_every_page_has_the_headers_that_protect_it_and_no_banner(raw: bytes) -> None:  # R08
    head, _, body = raw.partition(b"\r\n\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head.decode("ascii").split("\r\n")[1:])

    expected = {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "connection": "close",
        "content-length": str(len(body)),
    }
    assert expected == {name: headers[name] for name in expected}
    policy = headers["content-security-policy"]
    assert ("default-src 'none'" in policy, "frame-ancestors 'none'" in policy) == (True, True)
    assert not {"server", "x-powered-by", "access-control-allow-origin", "date", "set-cookie"} & set(headers)
    assert not re.search(rb"https?:|src=|<link|<script|@import", body)


def test_page_is_held_until_the_exchange_is_known(running: Running) -> None:  # R08
    with connect(running.url, seconds=0.3) as browser:
        browser.sendall(f"GET /callback?{GOOD} HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n".encode())
        assert running.inbox.arrived.wait(5)
        with pytest.raises(TimeoutError):
            browser.recv(1)
        browser.settimeout(5)
        running.listener.finish(signed_in=True)

        found = read_answer(browser)
    assert (found.status, found.headers["location"]) == (303, "/done")


@pytest.mark.parametrize(
    ("signed_in", "path", "title"),
    [(True, "/done", "You are signed in"), (False, "/failed", "Sign-in did not succeed")],
)
def test_final_page_is_true_and_the_code_has_left_the_address(
    running: Running, signed_in: bool, path: str, title: str
) -> None:  # R08
    answers: list[RawAnswer] = []
    browser = threading.Thread(target=lambda: answers.extend(follow(f"{running.url}?{GOOD}")))
    browser.start()
    assert running.inbox.arrived.wait(5)
    running.listener.finish(signed_in=signed_in)
    browser.join(5)

    assert path == answers[0].headers["location"]
    assert title in answers[1].body
    other = "/failed" if signed_in else "/done"
    assert get(f"{running.root}{other}").status == 404


def test_final_page_is_given_to_a_get_alone(running: Running) -> None:
    running.listener.finish(signed_in=True)

    assert [get(f"{running.root}/done", method=method).status for method in ("POST", "GET", "GET")] == [405, 200, 200]


def test_second_answer_gets_a_fixed_page_and_is_not_handed_over(running: Running) -> None:  # L13, R11
    with connect(running.url) as first:
        first.sendall(f"GET /callback?{GOOD} HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n".encode())
        assert running.inbox.arrived.wait(5)
        second = running.redirect()
        icon = get(f"{running.root}/favicon.ico")

    assert (second.status, icon.status, running.inbox.queries) == (409, 404, [GOOD])


def test_fifty_equal_answers_at_once_are_handed_over_once(running: Running) -> None:  # R11
    statuses: list[int] = []
    browsers = [threading.Thread(target=lambda: statuses.append(running.redirect().status)) for _ in range(50)]
    for one in browsers:
        one.start()
    assert running.inbox.arrived.wait(5)
    while len(statuses) < 49:
        threading.Event().wait(0.01)
    running.listener.finish(signed_in=True)
    for one in browsers:
        one.join(5)

    assert (sorted(statuses), running.inbox.queries) == ([303] + [409] * 49, [GOOD])


def test_idle_and_dripping_connections_do_not_delay_the_answer(running: Running) -> None:  # L08, F6
    idle = [connect(running.url) for _ in range(250)]
    try:
        for one in idle[200:]:
            one.sendall(b"G")
        before = time.monotonic()
        with connect(running.url) as browser:
            browser.sendall(f"GET /callback?{GOOD} HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n".encode())
            assert running.inbox.arrived.wait(5)
            running.listener.finish(signed_in=True)
            assert read_answer(browser).status == 303

        assert time.monotonic() - before < 0.5
    finally:
        close_sockets(idle)


def test_slow_connection_is_dropped(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:  # L08
    assert loopback._READ_SECONDS <= 5
    monkeypatch.setattr(loopback, "_READ_SECONDS", 0.1)
    with connect(running.url) as slow:
        slow.sendall(b"GET /callback")

        assert read_answer(slow).raw == b""


def test_more_connections_than_are_kept_drop_the_oldest(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:  # L08
    monkeypatch.setattr(loopback, "_MOST_CONNECTIONS", 5)
    many = [connect(running.url) for _ in range(20)]
    try:
        assert running.still_waits()
        assert read_answer(many[0]).raw == b""
    finally:
        close_sockets(many)


def test_client_that_leaves_at_once_does_no_harm(running: Running) -> None:
    for _ in range(20):
        with connect(running.url) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            one.sendall(b"GET /callback?x HTTP/1.1\r\n")

    assert running.still_waits()


def test_request_in_single_bytes_is_understood(running: Running) -> None:
    with connect(running.url) as browser:
        browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for char in f"GET /callback?{GOOD} HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n".encode():
            browser.send(bytes([char]))
        assert running.inbox.arrived.wait(5)


def test_browser_that_is_slow_to_read_gets_the_whole_page(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    big = pages.DONE._replace(text="x" * 20_000_000)
    monkeypatch.setattr(pages, "DONE", big)
    running.listener.finish(signed_in=True)
    with connect(running.url) as browser:
        browser.sendall(f"GET /done HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n".encode())

        assert len(read_answer(browser).raw) == len(big.render())


def close_sockets(sockets: list[socket.socket]) -> None:
    for one in sockets:
        one.close()


def refuses(url: str) -> bool:
    with contextlib.suppress(ConnectionError, TimeoutError):
        connect(url, seconds=1).close()
        return False
    return True


@pytest.mark.parametrize("end", ["nothing", "answered", "signed in", "exception"])
def test_port_is_closed_after_the_end(end: str) -> None:  # L11, F20
    inbox = Inbox()
    bound = bind_redirect("http://localhost/callback")
    with contextlib.suppress(KeyError), LoopbackListener(bound, on_redirect=inbox, form_origin=LOGIN) as listener:
        url = listener.redirect_uri
        if end != "nothing":
            browser = connect(url)
            browser.sendall(f"GET /callback?{GOOD} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode())
            assert inbox.arrived.wait(5)
            if end != "answered":
                listener.finish(signed_in=True)
            browser.close()
        before = time.monotonic()
        if end == "exception":
            raise KeyError

    assert refuses(url)
    assert not listener._thread.is_alive()
    assert time.monotonic() - before < (0.5 if end == "nothing" else 4)


def test_closing_lets_the_browser_have_its_page(running: Running) -> None:  # L13
    answers: list[RawAnswer] = []
    browser = threading.Thread(target=lambda: answers.extend(follow(f"{running.url}?{GOOD}")))
    browser.start()
    assert running.inbox.arrived.wait(5)
    before = time.monotonic()
    running.listener.close()
    browser.join(5)

    assert [one.status for one in answers] == [303, 200]
    assert "Sign-in did not succeed" in answers[1].body
    assert time.monotonic() - before < 1
    assert refuses(running.url)


def test_answer_of_another_login_is_refused() -> None:  # L14
    first, second = Inbox(), Inbox()
    one = LoopbackListener(bind_redirect("http://127.0.0.1/callback"), on_redirect=first, form_origin=LOGIN)
    two = LoopbackListener(bind_redirect("http://127.0.0.1/callback"), on_redirect=second, form_origin=LOGIN)
    with one, two:
        assert one.redirect_uri != two.redirect_uri
        assert get(f"{two.redirect_uri}?code=x&state=of-the-first").status == 400

    assert (first.queries, second.queries) == ([], ["code=x&state=of-the-first"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.binary(max_size=300)
    | st.binary(max_size=200).map(lambda noise: b"GET /callback?" + noise + b" HTTP/1.1\r\nHost: x\r\n\r\n")
)
def test_no_bytes_break_the_listener(running: Running, raw: bytes) -> None:  # F16
    with connect(running.url) as one:
        one.sendall(raw)
        one.shutdown(socket.SHUT_WR)
        found = read_answer(one)

    assert found.status in (0, 400, 403, 404, 405, 431)
    assert running.listener._thread.is_alive()


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_the_parser_of_heads(raw: bytes) -> None:  # F16
    try:
        head = parse_head(raw)
    except Unacceptable:
        return

    assert head.path.isascii()
    assert 0 <= head.length <= 64 * 1024
