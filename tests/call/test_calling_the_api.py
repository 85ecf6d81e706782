"""``egain call`` on the wire: where it may go, what it sends, and what each answer comes to."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from fakes.call_world import TOKEN, only_request, run_call
from fakes.hostile_server import Answer, in_turn
from fakes.world import World, api_answer, cache_token

from egain_auth_cli.models.grants import Flow

if TYPE_CHECKING:
    from fakes.process import LoadedProgram


def test_get_sends_these_headers_and_no_others(calling: World) -> None:
    done = run_call(calling, "GET", "/things")
    sent = {name.lower(): value for name, value in only_request(calling).headers}

    assert done.shown == (0, '{"portal":[]}', "")
    assert sent.pop("user-agent").startswith("egain-auth-cli/")
    assert sent == {
        "host": f"127.0.0.1:{calling.server.port}",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "accept-language": "en-US",
        "authorization": f"Bearer {TOKEN}",
    }


def test_language_of_the_profile_is_sent(calling: World) -> None:
    calling.add_profile(flow="client-credentials", language="de-DE")
    run_call(calling, "GET", "/things")

    assert only_request(calling).header("Accept-Language") == ["de-DE"]


def test_headers_given_replace_the_defaults(calling: World) -> None:
    run_call(
        calling, "GET", "/things", "-H", "accept: text/plain", "-H", "Accept-Language:fr-FR", "-H", "X-One:  two  "
    )
    request = only_request(calling)

    assert request.header("Accept") == ["text/plain"]
    assert request.header("Accept-Language") == ["fr-FR"]
    assert request.header("X-One") == ["two"]


def test_token_is_in_one_header_and_nowhere_else(calling: World) -> None:
    run_call(calling, "POST", "/things", "-q", "a=b", "-d", "{}", "-H", "Cookie: mine=1")
    request = only_request(calling)

    assert request.header("Authorization") == [f"Bearer {TOKEN}"]
    assert request.raw.count(TOKEN.encode()) == 1
    assert request.header("Cookie") == ["mine=1"]


def test_cookie_of_one_answer_is_not_sent_with_the_next(calling: World) -> None:
    calling.server.on("/things", in_turn(Answer(status=401, headers=(("Set-Cookie", "sid=1"),)), api_answer()))
    run_call(calling, "GET", "/things")

    assert [one.header("Cookie") for one in calling.server.to("/things")] == [[], []]


def test_loopback_never_goes_through_a_proxy(calling: World) -> None:
    proxy = calling.elsewhere.url
    names = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    done = run_call(calling, "GET", "/things", env=dict.fromkeys(names, proxy))

    assert done.shown == (0, '{"portal":[]}', "")


BODIES = [b"", b"{}", b"a\r\nb\x00\xff", bytes(range(256)) * 2000]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("how", ["file", "pipe"])
def test_body_is_sent_byte_for_byte(calling: World, body: bytes, how: str) -> None:
    path = calling.egain.home / "body"
    path.write_bytes(body)

    done = calling.egain.run("call", "POST", "/things", "-d", f"@{path}" if how == "file" else "@-", stdin=body)

    assert done.status == 0, done.err
    assert only_request(calling).body == body
    assert only_request(calling).header("Content-Type") == ["application/json"]


def test_body_given_as_text_is_sent_as_utf_8(calling: World) -> None:
    run_call(calling, "PATCH", "/things", "-d", '{"a": "\u00e9\U0001f600"}', "-H", "Content-Type: text/x-mine")

    assert only_request(calling).body == '{"a": "\u00e9\U0001f600"}'.encode()
    assert only_request(calling).header("Content-Type") == ["text/x-mine"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE", "delete"])
def test_method_without_a_body_sends_none(calling: World, program: LoadedProgram, method: str) -> None:
    program.run(calling.egain, "call", method, "/things")

    assert (only_request(calling).method, only_request(calling).body) == (method.upper(), b"")
    assert only_request(calling).header("Content-Type") == []


@pytest.mark.parametrize("body", [b"", b"null", b"\xff\xfe\x00", b"x" * 300_000, b"no newline", b"line\r\n"])
@pytest.mark.parametrize("squeezed", [False, True])
def test_answer_comes_out_of_a_pipe_byte_for_byte(calling: World, body: bytes, squeezed: bool) -> None:
    headers = (("Content-Encoding", "gzip"),) if squeezed else ()
    calling.server.on("/things", api_answer(gzip.compress(body, mtime=0) if squeezed else body, headers=headers))

    done = run_call(calling, "GET", "/things")

    assert (done.status, done.stdout, done.stderr) == (0, body, b"")


def test_output_file_holds_the_whole_body(calling: World) -> None:
    body = bytes(range(256)) * 5000
    calling.server.on("/things", api_answer(body, headers=(("Content-Disposition", 'attachment; filename="../evil"'),)))
    path = calling.egain.home / "out.bin"
    before = set(calling.egain.home.rglob("*"))

    done = run_call(calling, "GET", "/things", "-o", str(path))

    assert done.shown == (0, "", "")
    assert path.read_bytes() == body
    made = {one for one in set(calling.egain.home.rglob("*")) - before if calling.egain.cache not in one.parents}
    assert made == {path}


@pytest.mark.parametrize("kind", ["cut", "error status"])
def test_output_file_is_untouched_by_a_failure(calling: World, kind: str) -> None:
    answer = api_answer(b"x" * 1000, cut=400) if kind == "cut" else Answer(status=500, body=b"oh")
    calling.server.on("/things", answer)
    folder = calling.egain.home / "out"
    folder.mkdir()
    (folder / "file").write_bytes(b"before")

    done = run_call(calling, "GET", "/things", "-o", str(folder / "file"))

    assert (done.status, done.out) == ((5, "") if kind == "cut" else (7, "oh"))
    assert [path.name for path in folder.iterdir()] == ["file"]
    assert (folder / "file").read_bytes() == b"before"


def test_status_line_and_headers_come_first_where_they_are_asked_for(calling: World) -> None:
    calling.server.on("/things", api_answer(b"[]", headers=(("X-One", "1"), ("X-One", "2"))))

    done = run_call(calling, "GET", "/things", "-i")

    assert done.status == 0
    assert done.out.endswith("\n\n[]")
    assert done.out.splitlines()[0] == "HTTP/1.1 200 OK"
    assert [line for line in done.out.lower().splitlines() if line.startswith("x-one")] == ["x-one: 1", "x-one: 2"]


def test_headers_that_are_shown_cannot_draw_on_the_terminal(calling: World) -> None:
    calling.server.on("/things", api_answer(b"[]", headers=(("X-One", "a\x1b]0;evil\x07b\x9b31m"),)))

    done = run_call(calling, "GET", "/things", "-i")

    assert done.status == 0, done.err
    assert "x-one: a\\x1b]0;evil\\x07b\\x9b31m\n" in done.out.lower()


def test_call_with_a_stored_login_never_opens_a_browser(world: World) -> None:
    mark = world.egain.home / "opened"

    done = world.egain.run("call", "GET", "/things", env={"BROWSER": f"touch {mark}"})

    assert (done.status, done.out) == (4, "")
    assert not mark.exists()
    assert world.server.connections == 0


@pytest.mark.parametrize("kind", ["missing", "closed"])
def test_body_of_a_file_that_cannot_be_read_is_a_usage_error(calling: World, kind: str) -> None:
    path = calling.egain.home / "body"
    if kind == "closed":
        path.touch(mode=0o200)

    done = calling.egain.run("call", "POST", "/things", "-d", f"@{path}", under=["plain-user"])

    assert (done.status, done.out) == (2, "")
    assert str(path) in done.err
    assert calling.server.requests == []


def test_profile_without_an_api_says_what_to_set(world: World) -> None:
    world.add_profile(api_url=None)
    cache_token(world.egain, TOKEN, flow=Flow.PKCE)

    done = world.egain.run("call", "GET", "/things")

    assert (done.status, done.out) == (3, "")
    assert "`egain profile set acme api_url URL`" in done.err
