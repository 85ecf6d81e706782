"""What ``egain call`` sends: query, body, headers, method, and a path that a shell rewrote."""

from __future__ import annotations

import json
import socket
import threading
from typing import TYPE_CHECKING

import pytest
from fakes.call_world import TOKEN, Api, StreamServer, peak_memory
from fakes.world import cache_token

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("argv", "target"),
    [
        (["-q", "$pagenum=2", "-q", "$pagesize=75"], "/things?$pagenum=2&$pagesize=75"),
        (["-q", '$filter[tags]={"a": [1]}'], "/things?$filter[tags]=%7B%22a%22%3A%20%5B1%5D%7D"),
        (["-q", "q=a+b/c?d=e#f"], "/things?q=a%2Bb%2Fc%3Fd%3De%23f"),
        (["-q", "q=100%25"], "/things?q=100%2525"),
        (["-q", "q=$HOME"], "/things?q=$HOME"),
        (["-q", "a=1", "-q", "a=2", "-q", "a=1"], "/things?a=1&a=2&a=1"),
        (["-q", "a=b c&d", "-q", "e=f=g"], "/things?a=b%20c%26d&e=f%3Dg"),
        (["-q", "\u00fc=\u00e9"], "/things?%C3%BC=%C3%A9"),
        (["-q", "q="], "/things?q="),
    ],
)  # fmt: skip
def test_query_is_encoded_with_egains_own_characters_kept(api: Api, argv: list[str], target: str) -> None:
    done = api.call("GET", "/things", *argv)

    assert (done.status, api.only.target) == (0, target)


@pytest.mark.parametrize(
    ("argv", "target"),
    [(["/things?a=1", "-q", "b=2"], "/things?a=1&b=2"), (["/things?$filter=a%20b"], "/things?$filter=a%20b")],
)
def test_query_of_the_path_stays_as_it_is(api: Api, argv: list[str], target: str) -> None:
    done = api.call("GET", *argv)

    assert (done.status, api.only.target) == (0, target)


@pytest.mark.parametrize("text", ["name", "=value", "", " =x"])
def test_query_that_is_no_pair_is_refused_unsent(api: Api, text: str) -> None:
    done = api.call("GET", "/things", "-q", text)

    assert (done.status, done.out, api.requests) == (2, "", [])
    assert "`-q` takes NAME=VALUE" in done.err


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_added_to_the_query(api: Api, method: str) -> None:
    api.call(method, "/things")

    assert api.only.target == "/things"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FETCH", "G", "GET /x", "", "GÉT"])
def test_unknown_method_is_refused_unsent(api: Api, method: str) -> None:
    done = api.call(method, "/things")

    assert (done.status, done.out, api.requests) == (2, "", [])
    assert "is not a method that is sent" in done.err


@pytest.mark.parametrize(
    ("argv", "document"),
    [
        (["-f", "a=1", "-F", "b=1"], {"a": "1", "b": 1}),
        (["-f", "title=Hello", "-f", "meta[lang]=en"], {"title": "Hello", "meta": {"lang": "en"}}),
        (["-f", "tags[]=a", "-f", "tags[]=b"], {"tags": ["a", "b"]}),
        (["-F", 'tags=["a","b"]', "-F", "on=true", "-F", "no=null"], {"tags": ["a", "b"], "on": True, "no": None}),
        (["-f", "a[b][c]=x", "-f", "a[b][d]=y"], {"a": {"b": {"c": "x", "d": "y"}}}),
        (["-f", "list[][id]=1", "-f", "list[][id]=2"], {"list": [{"id": "1"}, {"id": "2"}]}),
        (["-f", "empty="], {"empty": ""}),
        (["-f", "a=b=c"], {"a": "b=c"}),
        (["-f", "at=@file"], {"at": "@file"}),
        (["-f", "\u00fc=\u00e9\U0001f600"], {"\u00fc": "\u00e9\U0001f600"}),
    ],
)
def test_fields_are_sent_as_a_json_object(api: Api, argv: list[str], document: object) -> None:
    done = api.call("POST", "/things", *argv)

    assert done.status == 0, done.err
    assert json.loads(api.only.body) == document
    assert api.only.header("Content-Type") == ["application/json"]


@pytest.mark.parametrize(
    "argv",
    [
        ["-f", "a[b=1"],
        ["-f", "[a]=1"],
        ["-f", "a=1", "-f", "a[b]=2"],
        ["-f", "a[]=1", "-f", "a[b]=2"],
        ["-f", "a=1", "-f", "a=2"],
        ["-F", "a=word"],
        ["-f", "a"],
        ["-d", "{}", "-f", "a=1"],
    ],
)
def test_fields_that_make_no_object_are_refused_unsent(api: Api, argv: list[str]) -> None:
    done = api.call("POST", "/things", *argv)

    assert (done.status, done.out, api.requests) == (2, "", [])
    assert "\n\nhint: " in done.err


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "[NaN]"])
def test_number_that_json_does_not_have_is_refused_unsent(api: Api, value: str) -> None:
    done = api.call("POST", "/things", "-F", f"a={value}")

    assert (done.status, done.out, api.requests) == (2, "", [])


def test_body_of_fields_is_valid_utf_8_whatever_the_argument_holds(api: Api) -> None:
    done = api.world.egain.run("call", "POST", "/things", "-f", "a=\udcff")
    bodies = [one.body.decode("utf-8", "replace") for one in api.requests]

    assert (done.status, "\ufffd" in "".join(bodies)) in ((0, False), (2, False))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_method_without_a_body_takes_no_fields(api: Api, method: str) -> None:
    done = api.call(method, "/things", "-f", "a=1")

    assert (done.status, api.requests) == (2, [])
    assert "`-q NAME=VALUE`" in done.err


def test_body_beyond_what_is_read_ahead_is_sent_before_it_ends(api: Api) -> None:
    first, second = b"a" * (8 * MIB + 256 * 1024), b"b" * 10
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        api.world.add_profile(flow="client-credentials", api_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        cache_token(api.world.egain, TOKEN)
        running = api.world.egain.start("call", "POST", "/things", "-d", "@-")
        sending = threading.Thread(target=running.send, args=(first,), daemon=True)
        sending.start()
        accepted, _ = listener.accept()
        with accepted, accepted.makefile("rb") as stream:
            early = b""
            while early.count(b"a" * 1000) < 50:
                early += stream.read1(MIB)
            while early.count(b"a") < len(first):
                early += stream.read1(MIB)
            sending.join(30)
            running.send(second)
            assert running.child.stdin is not None
            running.child.stdin.close()
            running.child.stdin = None
            whole = early
            while not whole.endswith(b"\r\n0\r\n\r\n"):
                whole += stream.read1(MIB)
            accepted.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            done = running.finish()

    assert done.shown == (0, "", "")
    assert b"transfer-encoding: chunked" in whole.lower()
    assert (whole.count(b"b" * 10), whole.lower().count(b"content-length")) == (1, 0)


def test_body_of_a_file_is_streamed_in_constant_memory(api: Api, tmp_path: Path) -> None:
    large, small = tmp_path / "large", tmp_path / "small"
    small.write_bytes(b"{}")
    with large.open("wb") as file:
        file.truncate(256 * MIB)
    with StreamServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close", lambda: iter(())) as server:
        api.world.add_profile(flow="client-credentials", api_url=server.url)
        cache_token(api.world.egain, TOKEN)
        little = peak_memory(api, "POST", "/things", "-d", f"@{small}", stdout=tmp_path / "out")
        server.received = 0
        much = peak_memory(api, "POST", "/things", "-d", f"@{large}", stdout=tmp_path / "out")
        received = server.received

    assert (little[0], much[0], received) == (0, 0, 256 * MIB)
    assert much[1] - little[1] < 16 * MIB


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("C:/Program Files/Git/knowledge/portalmgr/v4/portals", "/knowledge/portalmgr/v4/portals"),
        ("C:\\Program Files\\Git\\knowledge\\v4", "/knowledge/v4"),
        ("D:/tools/PortableGit/things", "/things"),
        ("C:/msys64/things", "/things"),
        ("c:/program files/git/things?$lang=en-US", "/things?$lang=en-US"),
        ("C:/Program Files/Git/articles/git/topics", "/articles/git/topics"),
        ("C:/Program Files/Git/search?q=a/git/b", "/search?q=a/git/b"),
    ],
)
def test_path_that_git_bash_rewrote_is_called_as_it_was_meant(api: Api, typed: str, target: str) -> None:
    done = api.call("GET", typed)

    assert [one.target for one in api.requests] == [target]
    assert done.err.startswith(f"note: Git Bash rewrote the path; `{target}` is called\n")


@pytest.mark.parametrize("typed", ["C:/Users/me/things", "C:\\things", "Z:/", "C:/ProgramGit/things"])
def test_other_windows_path_is_refused_with_the_way_round_git_bash(api: Api, typed: str) -> None:
    done = api.call("GET", typed)

    assert (done.status, done.out, api.requests) == (2, "", [])
    assert "`MSYS_NO_PATHCONV=1`" in done.err
