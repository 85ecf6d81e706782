"""What ``egain call`` does with an answer: on a terminal, in a pipe, in a file, through a filter."""

from __future__ import annotations

import gzip
import json
import random
import re
import stat
import sys
import threading
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes.call_world import TOKEN, Api, StreamServer, egain_error, peak_memory
from fakes.hostile_server import Answer
from fakes.process import TAKEN_AWAY, OnTerminal
from fakes.world import api_answer, cache_token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakes.process import Finished

MIB = 1024 * 1024
COLOUR = {"NO_COLOR": None, "TERM": "xterm-256color"}
ESCAPE = re.compile(rb"\x1b\[[0-9;]*m")


def on_terminal(api: Api, *argv: str, colour: bool = False) -> Finished:
    with api.world.egain.on_terminal("call", *argv, exact=True, env=COLOUR if colour else {}) as running:
        return running.finish()


def test_person_sees_the_status_and_indented_json(api: Api) -> None:
    done = on_terminal(api, "GET", "/things")

    assert done.shown == (0, 'HTTP 200 OK\n{\n  "name": "one"\n}\n', "")


def test_person_sees_json_in_colour(api: Api) -> None:
    api.answers(api_answer('{"name":"[red]é[/red] :smile:","n":[1,null,true]}'.encode()))

    done = on_terminal(api, "GET", "/things", colour=True)
    plain = ESCAPE.sub(b"", done.stdout).decode()

    assert ESCAPE.search(done.stdout)
    assert plain.removeprefix("HTTP 200 OK\n") == (
        '{\n  "name": "[red]é[/red] :smile:",\n  "n": [\n    1,\n    null,\n    true\n  ]\n}\n'
    )


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, "--no-color"])
def test_colour_can_be_turned_off(api: Api, setting: dict[str, str] | str) -> None:
    before = [setting] if isinstance(setting, str) else []
    env = {**COLOUR, **(setting if isinstance(setting, dict) else {})}
    with api.world.egain.on_terminal(*before, "call", "GET", "/things", exact=True, env=env) as running:
        done = running.finish()

    assert (done.status, b"\x1b" in done.stdout) == (0, False)


HOSTILE = "a\x1b]0;evil\x07b\x9b31mc\u202ed\u2028e"


@pytest.mark.parametrize(
    ("argv", "body"),
    [
        ([], json.dumps({"name": HOSTILE}, ensure_ascii=False)),
        ([], HOSTILE),
        (["--filter", "name"], json.dumps({"name": HOSTILE})),
        (["--filter", "[name]"], json.dumps({"name": HOSTILE})),
        (["--paginate"], json.dumps({"name": HOSTILE})),
        (["--paginate", "--slurp"], json.dumps([HOSTILE])),
        (["--paginate", "--filter", "name"], json.dumps({"name": HOSTILE})),
        ([], json.dumps({"name": HOSTILE + "x" * (5 * MIB)}, ensure_ascii=False)),
    ],
    ids=["json", "text", "filter", "filter list", "pages", "slurp", "pages filter", "long"],
)
def test_nothing_in_an_answer_can_draw_on_a_persons_terminal(api: Api, argv: list[str], body: str) -> None:
    api.answers(api_answer(body.encode()))

    done = on_terminal(api, "GET", "/things", *argv)
    shown = re.sub(r"\r\x1b\[K[0-9a-z ]*", "", done.stdout.decode("utf-8", "replace"))  # the count of pages
    drawn = sorted({char for char in shown if not char.isprintable()} - {"\n"})

    assert (done.status, drawn) == (0, [])


@pytest.mark.parametrize("body", [b"\x89PNG\r\n\x1a\n\x00", b"a\x00b", b"\xff\xfe", bytes(range(128, 256)) * 999])
def test_binary_is_not_written_to_a_terminal(api: Api, body: bytes) -> None:
    api.answers(Answer(headers=(("Content-Type", "image/png"),), body=body))

    done = on_terminal(api, "GET", "/things")

    assert done.status == 1
    assert done.out.endswith("the request has been made\n\nhint: write it to a file: `-o FILE`\n")
    assert body not in done.stdout


def test_binary_error_page_on_a_terminal_keeps_the_exit_status_of_an_error(api: Api) -> None:
    api.answers(Answer(status=500, body=b"\xff\x00"))

    assert on_terminal(api, "GET", "/things").status == 7


def test_binary_goes_to_a_file_from_a_terminal(api: Api) -> None:
    api.answers(Answer(body=b"\x00\xff"))
    path = api.world.egain.home / "image"

    done = on_terminal(api, "GET", "/things", "-o", str(path))

    assert (done.shown, path.read_bytes()) == ((0, "HTTP 200 OK\n", ""), b"\x00\xff")


def test_text_that_is_no_json_is_shown_as_it_is(api: Api) -> None:
    api.answers(Answer(body="Grüße\nzwei".encode()))

    assert on_terminal(api, "GET", "/things").out == "HTTP 200 OK\nGrüße\nzwei\n"


def test_error_is_shown_with_body_and_hint(api: Api) -> None:
    api.answers(egain_error("404-100", "No such portal."))

    done = on_terminal(api, "GET", "/things")

    assert done.status == 7
    assert done.out.startswith("HTTP 404 Not Found\n{\n")
    assert "\nerror: the API answered status 404: 404-100: No such portal.\n\nhint: " in done.out


@pytest.mark.parametrize("argv", [[], ["--filter", "a"], ["--paginate"], ["--paginate", "--filter", "a"]])
def test_204_is_silent(api: Api, argv: list[str]) -> None:
    api.answers(Answer(status=204))

    assert api.call("GET", "/things", *argv).shown == (0, "", "")


def test_body_in_a_pipe_is_not_reformatted(api: Api) -> None:
    body = b' {"b" : 1.0,\r\n"a":"\\u00e9\xc3\xa9", "b":1E5 }\n\n'
    api.answers(api_answer(body))

    done = api.call("GET", "/things")

    assert (done.status, done.stdout, done.stderr) == (0, body, b"")


def test_headers_are_followed_by_the_body_as_it_is(api: Api) -> None:
    api.answers(Answer(status=404, headers=(("X-One", "é".encode().decode("latin-1")),), body=b"\xff\x00"))

    done = api.call("GET", "/things", "-i")
    head, _, body = done.stdout.partition(b"\n\n")

    assert (done.status, body) == (7, b"\xff\x00")
    assert head.startswith(b"HTTP/1.1 404 Not Found\nx-one: ")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("portal[].name", '["One","Zwei é"]\n'),
        ("portal[1].name", "Zwei é\n"),
        ("portal[?name=='One'] | [0].id", "1\n"),
        ("nothing", "null\n"),
        ("length(portal)", "2\n"),
        ("portal[0].note", "two\nlines\n"),
        ("@", '{"portal":[{"id":1,"name":"One","note":"two\\nlines"},{"id":2,"name":"Zwei é"}]}\n'),
    ],
)
def test_filter_prints_what_it_selects(api: Api, expression: str, text: str) -> None:
    portals = [{"id": 1, "name": "One", "note": "two\nlines"}, {"id": 2, "name": "Zwei é"}]
    api.answers(api_answer(json.dumps({"portal": portals}).encode()))

    assert api.call("GET", "/things", "--filter", expression).shown == (0, text, "")


def test_filter_leaves_an_error_as_it_is(api: Api) -> None:
    answer = egain_error("400-102")
    api.answers(answer)

    done = api.call("GET", "/things", "--filter", "portal[].name")

    assert (done.status, done.stdout) == (7, answer.body)


def test_malformed_filter_is_refused_unsent(api: Api) -> None:
    done = api.call("GET", "/things", "--filter", "a[")

    assert (done.status, done.out, api.requests) == (2, "", [])


@pytest.mark.parametrize("body", [b"<html>", b"{", b"\xff"])
def test_filter_over_what_is_no_json_is_a_bad_answer(api: Api, body: bytes) -> None:
    api.answers(Answer(body=body))

    done = api.call("GET", "/things", "--filter", "a")

    assert (done.status, done.stdout) == (5, body)  # the request may have changed something: its answer is not lost


@pytest.mark.parametrize("argv", [["--filter", "a"], ["--paginate"], ["--paginate", "--slurp"], ["-o", "file"]])
def test_answer_that_is_cut_gives_nothing_but_exit_5(api: Api, argv: list[str]) -> None:
    api.answers(api_answer(b'{"a":' + b"1" * 1000 + b"}", cut=400))

    done = api.call("GET", "/things", *argv)

    assert (done.status, done.out) == (5, "")
    assert not (api.world.egain.home / "file").exists()


def test_output_file_replaces_a_former_one_at_once_and_keeps_its_mode(api: Api) -> None:
    path = api.world.egain.home / "file"
    path.write_bytes(b"former")
    path.chmod(0o640)
    before = path.stat().st_ino

    done = api.call("GET", "/things", "-o", str(path))
    after = path.stat()

    assert done.shown == (0, "", "")
    assert (path.read_bytes(), stat.S_IMODE(after.st_mode), after.st_ino != before) == (b'{"name":"one"}', 0o640, True)


def test_answer_that_is_long_in_coming_is_said_to_be_awaited(api: Api) -> None:
    released = threading.Event()
    api.world.server.on("/things", replace(api_answer(b'{"a": 1}'), until=released))
    with api.world.egain.on_terminal("call", "GET", "/things", exact=True) as running:
        running.read_until("waiting for the answer")
        released.set()
        done = running.finish()

    assert (done.status, done.out.partition(TAKEN_AWAY)[2]) == (0, 'HTTP 200 OK\n{\n  "a": 1\n}\n')


@pytest.mark.parametrize("name", ["missing/file", "."])
def test_output_file_that_cannot_be_written_is_told(api: Api, name: str) -> None:
    done = api.call("GET", "/things", "-o", name)

    assert (done.status, done.out) == (2, "")
    assert "cannot be written" in done.err


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("redirected", [True, False], ids=[">", "-o"])
def test_long_download_shows_a_bar_that_goes_away(api: Api, length: bool, redirected: bool) -> None:
    enough = threading.Event()

    def dripping() -> Iterator[bytes]:
        sent = 0
        while not enough.wait(0.05):
            sent += 1
            yield b"x" * 1000
        yield b"x" * (4 * MIB - sent * 1000)

    head = "HTTP/1.1 200 OK\r\n" + (f"Content-Length: {4 * MIB}" if length else "Connection: close")
    with StreamServer(head, dripping) as server:
        api.world.add_profile(flow="client-credentials", api_url=server.url)
        cache_token(api.world.egain, TOKEN)
        path = api.world.egain.home / "file"
        line = f"exec {sys.executable} -m egain_auth_cli call GET /things {'>' if redirected else '-o'} {path}"
        with OnTerminal(["/bin/sh", "-c", line], api.world.egain.environ, exact=True) as running:
            shown = running.read_until("/4.0 MiB" if length else "/? ")
            enough.set()
            done = running.finish()

    assert ("%" in shown) == length
    assert (done.status, done.out.endswith(TAKEN_AWAY), path.stat().st_size) == (0, True, 4 * MIB)


@pytest.mark.parametrize("how", ["pipe", "file", "squeezed"])
def test_answer_of_any_length_takes_constant_memory(api: Api, tmp_path: Path, how: str) -> None:
    block = random.Random(1).randbytes(MIB)
    count = 64 if how == "squeezed" else 256

    def plain() -> Iterator[bytes]:
        for _ in range(count):
            yield block

    def zipped() -> Iterator[bytes]:
        squeezer = zlib.compressobj(0, zlib.DEFLATED, 31)
        for _ in range(count):
            yield squeezer.compress(block)
        yield squeezer.flush()

    coding = "\r\nContent-Encoding: gzip" if how == "squeezed" else f"\r\nContent-Length: {count * MIB}"
    out, file = tmp_path / "out", tmp_path / "file"
    small = peak_memory(api, "GET", "/things", stdout=out)
    with StreamServer(
        f"HTTP/1.1 200 OK\r\nConnection: close{coding}", zipped if how == "squeezed" else plain
    ) as server:
        api.world.add_profile(flow="client-credentials", api_url=server.url)
        cache_token(api.world.egain, TOKEN)
        argv = ["-o", str(file)] if how == "file" else []
        large = peak_memory(api, "GET", "/things", *argv, stdout=out)
    written = (file if how == "file" else out).stat().st_size

    assert (small[0], large[0], written) == (0, 0, count * MIB)
    assert large[1] - small[1] < 24 * MIB


@pytest.mark.parametrize("argv", [[], ["-o", "file"], ["--filter", "@"], ["--paginate"]])
def test_answer_that_inflates_beyond_all_measure_is_refused(api: Api, tmp_path: Path, argv: list[str]) -> None:
    api.answers(api_answer(gzip.compress(bytes(64 * MIB)), headers=(("Content-Encoding", "gzip"),)))
    out = tmp_path / "out"
    small = peak_memory(api, "GET", "/nothing", stdout=out)
    status, memory = peak_memory(api, "GET", "/things", *argv, stdout=out)

    assert (status, out.stat().st_size <= 16 * MIB, (api.world.egain.home / "file").exists()) == (5, True, False)
    assert memory - small[1] < 64 * MIB


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress", "deflate"])
@pytest.mark.parametrize(("status", "expected"), [(200, 5), (404, 7)])
def test_body_of_a_coding_that_it_has_not_or_nobody_undoes_is_not_lost(
    api: Api, coding: str, status: int, expected: int
) -> None:
    api.answers(api_answer(b"{}", status=status, headers=(("Content-Encoding", coding),)))

    done = api.call("POST", "/things", "-d", "{}")

    assert (done.status, done.out) == (expected, "{}")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204)])
def test_answer_without_a_body_may_name_any_coding(api: Api, method: str, status: int) -> None:
    api.answers(Answer(status=status, headers=(("Content-Encoding", "br"),)))

    assert api.call(method, "/things").shown == (0, "", "")
