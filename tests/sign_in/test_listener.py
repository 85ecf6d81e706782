"""The listener for the redirect: the wait, the final page, many connections, and the end."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest
from fakes.listener_world import DONE, GOOD, LOGIN, Inbox, Running
from fakes.raw_http import RawAnswer, connect, follow, get, read_answer

from egain_auth_cli.sign_in import listener as loopback
from egain_auth_cli.sign_in import pages
from egain_auth_cli.sign_in.listener import LoopbackListener
from egain_auth_cli.sign_in.sockets import bind_redirect


def test_right_answer_is_handed_over_and_the_browser_ends_on_the_page_that_says_so(running: Running) -> None:
    assert running.still_waits()
    assert running.inbox.queries == [GOOD]


@pytest.mark.parametrize(
    "running",
    ["http://localhost/callback", "http://[::1]/callback", "http://127.0.0.1/", "http://127.0.0.1"],
    indirect=True,
)
def test_every_registered_form_of_loopback_is_served(running: Running) -> None:
    assert running.still_waits()


@pytest.mark.parametrize(
    "query", ["", "error=access_denied", "code=x&state=wrong", "error=access_denied&state=wrong", "access_token=x"]
)
def test_wrong_answer_costs_nothing(running: Running, query: str) -> None:
    found = running.redirect(query)

    assert (found.status, found.headers["cache-control"]) == (400, "no-store")
    assert running.still_waits()


def test_a_hundred_wrong_answers_cost_nothing(running: Running) -> None:
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
def test_no_parameter_is_ever_echoed(running: Running, payload: str, path: str) -> None:
    found = get(f"{running.root}{path}?error={payload}&error_description={payload}&state={payload}&code={payload}")

    bodies = {page.render() for page in vars(pages).values() if isinstance(page, pages.Page)}
    assert found.raw in bodies
    assert "canary" not in found.body


def test_fragment_answer_gets_the_page_without_a_script(running: Running) -> None:
    found = running.redirect("")

    assert found.status == 400
    assert "<script" not in found.body


def test_page_is_held_until_the_exchange_is_known(running: Running) -> None:
    with connect(running.url, seconds=0.3) as browser:
        browser.sendall(running.good_request())
        assert running.inbox.arrived.wait(5)
        with pytest.raises(TimeoutError):
            browser.recv(1)
        browser.settimeout(5)
        running.listener.finish(DONE)

        found = read_answer(browser)
    assert (found.status, found.headers["location"]) == (303, "/done")
    assert get(f"{running.root}/done").status == 200


@pytest.mark.parametrize(
    ("signed_in", "path", "title"),
    [(True, "/done", "You are signed in"), (False, "/failed", "Sign-in did not succeed")],
)
def test_final_page_is_true_and_the_code_has_left_the_address(
    running: Running, signed_in: bool, path: str, title: str
) -> None:
    answers = running.answers(lambda: get(f"{running.url}?{GOOD}"), signed_in=signed_in)

    assert path == answers[0].headers["location"]
    assert title in answers[1].body
    other = "/failed" if signed_in else "/done"
    assert get(f"{running.root}{other}").status == 404


def test_browser_that_came_in_time_is_held_however_long_the_exchange_takes(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loopback, "_READ_SECONDS", 1.0)
    with connect(running.url) as browser, connect(running.url) as idle:
        browser.sendall(running.good_request())
        assert running.inbox.arrived.wait(5)
        with connect(running.url) as later:
            assert [read_answer(one).raw for one in (idle, later)] == [b"", b""]  # whose time is over
        running.listener.finish(DONE)

        assert read_answer(browser).status == 303
    assert get(f"{running.root}/done").status == 200


def test_final_page_is_given_to_a_get_alone(running: Running) -> None:
    running.listener.finish(DONE)

    assert [get(f"{running.root}/done", method=method).status for method in ("POST", "GET", "GET")] == [405, 200, 200]


def test_second_answer_gets_a_fixed_page_and_is_not_handed_over(running: Running) -> None:
    with connect(running.url) as first:
        first.sendall(running.good_request())
        assert running.inbox.arrived.wait(5)
        second = running.redirect()
        icon = get(f"{running.root}/favicon.ico")

    assert (second.status, icon.status, running.inbox.queries) == (409, 404, [GOOD])


def test_fifty_equal_answers_at_once_are_handed_over_once(running: Running) -> None:
    statuses: list[int] = []
    browsers = [threading.Thread(target=lambda: statuses.append(running.redirect().status)) for _ in range(50)]
    for one in browsers:
        one.start()
    assert running.inbox.arrived.wait(5)
    while len(statuses) < 49:
        threading.Event().wait(0.01)
    running.listener.finish(DONE)
    for one in browsers:
        one.join(5)

    assert (sorted(statuses), running.inbox.queries) == ([303] + [409] * 49, [GOOD])


def test_idle_and_dripping_connections_do_not_delay_the_answer(running: Running) -> None:
    idle = [connect(running.url) for _ in range(250)]
    try:
        for one in idle[200:]:
            one.sendall(b"G")
        before = time.monotonic()
        with connect(running.url) as browser:
            browser.sendall(running.good_request())
            assert running.inbox.arrived.wait(5)
            running.listener.finish(DONE)
            assert read_answer(browser).status == 303

        assert time.monotonic() - before < 0.5
        assert get(f"{running.root}/done").status == 200
    finally:
        close_sockets(idle)


def test_slow_connection_is_dropped(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loopback._READ_SECONDS <= 5
    monkeypatch.setattr(loopback, "_READ_SECONDS", 0.1)
    with connect(running.url) as slow:
        slow.sendall(b"GET /callback")

        assert read_answer(slow).raw == b""


def test_slow_connection_is_dropped_though_another_has_time_left(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loopback, "_READ_SECONDS", 0.3)
    with connect(running.url) as slow:
        assert get(f"{running.root}/favicon.ico").status == 404  # by now the first one has its deadline
        monkeypatch.setattr(loopback, "_READ_SECONDS", 60.0)
        with connect(running.url):
            assert read_answer(slow).raw == b""


def test_more_connections_than_are_kept_drop_the_oldest(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running.listener, "_most", 5)
    monkeypatch.setattr(loopback, "_READ_SECONDS", 60.0)  # nobody is dropped because its time is over
    many = [connect(running.url) for _ in range(20)]
    try:
        assert running.still_waits()
        assert read_answer(many[0]).raw == b""
    finally:
        close_sockets(many)


def test_one_connection_too_many_drops_no_more_than_one(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running.listener, "_most", 3)
    monkeypatch.setattr(loopback, "_READ_SECONDS", 60.0)
    many = [connect(running.url) for _ in range(4)]
    try:
        dropped = read_answer(many[0]).raw
        for one in many[1:]:
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        statuses = [read_answer(one).status for one in many[1:]]
    finally:
        close_sockets(many)

    assert (dropped, statuses) == (b"", [400, 400, 400])


FEW_FILES = """
import os, resource, sys, threading
from egain_auth_cli.sign_in import listener, pages
from egain_auth_cli.sign_in.sockets import bind_redirect

resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
listener._READ_SECONDS = 60.0  # nobody gets in only because another's time is over
if sys.argv[1] == "accept":  # other files of the process leave less than was thought
    listener.most_connections = lambda: 10_000
came, bound = threading.Event(), bind_redirect("http://127.0.0.1/callback")
with listener.LoopbackListener(
    bound, on_redirect=lambda query: came.set(), on_tls=lambda: None, form_origin="https://login.test"
) as one:
    print(bound.redirect_uri, flush=True)
    came.wait(50)
    # What the sign-in goes on with needs files too.
    others = [open(os.devnull) for _ in range(30 if sys.argv[1] == "listener" else 0)]
    print(f"{len(others)} others", flush=True)
    one.finish(pages.FAILED)
"""


@pytest.mark.parametrize("refuses", ["listener", "accept"])
def test_idle_connections_keep_nobody_out_where_few_files_may_be_open(refuses: str) -> None:
    pytest.importorskip("resource", reason="the limit of open files is POSIX's")
    with subprocess.Popen([sys.executable, "-c", FEW_FILES, refuses], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        idle = [connect(url) for _ in range(100)]
        try:
            with connect(url) as browser:
                browser.settimeout(30)
                browser.sendall(f"GET /callback?{GOOD} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode())
                status = read_answer(browser).status
            others = child.stdout.readline()
        finally:
            close_sockets(idle)
            child.kill()

    assert status == 303
    assert others == f"{30 if refuses == 'listener' else 0} others\n"


def test_client_that_leaves_at_once_does_no_harm(running: Running) -> None:
    for _ in range(20):
        with connect(running.url) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            one.sendall(b"GET /callback?x HTTP/1.1\r\n")

    assert running.still_waits()


def test_request_in_single_bytes_is_understood(running: Running) -> None:
    with connect(running.url) as browser:
        browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for char in running.good_request():
            browser.send(bytes([char]))
        assert running.inbox.arrived.wait(5)


def test_form_that_comes_in_pieces_is_handed_over_whole(running: Running) -> None:
    head = f"POST /callback HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\nContent-Length: {len(GOOD)}\r\n"
    with connect(running.url) as browser:
        browser.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{GOOD[:9]}".encode())
        assert get(f"{running.root}/favicon.ico").status == 404  # by now the first piece was read
        browser.sendall(GOOD[9:].encode())
        assert running.inbox.arrived.wait(5)

    assert running.inbox.queries == [GOOD]


def test_browser_that_is_slow_to_read_gets_the_whole_page(running: Running) -> None:
    big = DONE._replace(paragraphs=("x" * 20_000_000,))
    running.listener.finish(big)
    with connect(running.url) as browser:
        browser.sendall(f"GET /done HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n".encode())
        first = browser.recv(1)

        assert get(f"{running.root}/favicon.ico").status == 404  # nobody waits for it meanwhile
        assert len(first + read_answer(browser).raw) == len(big.render())


def test_what_comes_after_the_answer_is_passed_over(running: Running) -> None:
    with connect(running.url) as browser:
        browser.sendall(running.good_request())
        assert running.inbox.arrived.wait(5)
        browser.sendall(running.good_request())
        assert get(f"{running.root}/favicon.ico").status == 404  # by now that was read
        running.listener.finish(DONE)

        assert read_answer(browser).raw.startswith(b"HTTP/1.1 303 ")
    assert get(f"{running.root}/done").status == 200


def close_sockets(sockets: list[socket.socket]) -> None:
    for one in sockets:
        one.close()


def refuses(url: str) -> bool:
    with contextlib.suppress(ConnectionError, TimeoutError):
        connect(url, seconds=1).close()
        return False
    return True


@pytest.mark.parametrize("end", ["nothing", "answered", "signed in", "exception"])
def test_port_is_closed_after_the_end(end: str) -> None:
    inbox, threads = Inbox(), set(threading.enumerate())
    bound = bind_redirect("http://localhost/callback")
    with (
        contextlib.suppress(KeyError),
        LoopbackListener(bound, on_redirect=inbox, on_tls=inbox.take_tls, form_origin=LOGIN) as listener,
    ):
        url = bound.redirect_uri
        if end != "nothing":
            browser = connect(url)
            browser.sendall(f"GET /callback?{GOOD} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode())
            assert inbox.arrived.wait(5)
            if end != "answered":
                listener.finish(DONE)
            browser.close()
        before = time.monotonic()
        if end == "exception":
            raise KeyError

    assert refuses(url)
    assert set(threading.enumerate()) <= threads
    assert time.monotonic() - before < (0.5 if end == "nothing" else 4)


def test_closing_lets_the_browser_have_its_page(running: Running) -> None:
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


def test_closing_lets_a_page_that_is_half_sent_be_read_to_its_end(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loopback, "_DRAIN_SECONDS", 30.0)
    monkeypatch.setattr(loopback, "_LINGER_SECONDS", 30.0)
    big = DONE._replace(paragraphs=("x" * 20_000_000,))
    running.listener.finish(big)
    with connect(running.url) as browser:
        browser.sendall(f"GET /done HTTP/1.1\r\nHost: {urlsplit(running.url).netloc}\r\n\r\n".encode())
        first = browser.recv(1)
        closing = threading.Thread(target=running.listener.close)
        closing.start()
        closing.join(0.2)  # time enough to end too early
        rest = read_answer(browser).raw
    closing.join(5)

    assert len(first + rest) == len(big.render())


def test_answer_of_another_login_is_refused() -> None:
    first, second = Inbox(), Inbox()
    one, two = bind_redirect("http://127.0.0.1/callback"), bind_redirect("http://127.0.0.1/callback")
    with (
        LoopbackListener(one, on_redirect=first, on_tls=first.take_tls, form_origin=LOGIN),
        LoopbackListener(two, on_redirect=second, on_tls=second.take_tls, form_origin=LOGIN),
    ):
        assert one.redirect_uri != two.redirect_uri
        assert get(f"{two.redirect_uri}?code=x&state=of-the-first").status == 400

    assert (first.queries, second.queries) == ([], ["code=x&state=of-the-first"])
