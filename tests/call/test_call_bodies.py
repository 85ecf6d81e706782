"""What is sent as a body: files that change, odd files, forms, texts in fields."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from email import message_from_bytes
from typing import TYPE_CHECKING, Any, cast

import pytest
from fakes.call_world import TOKEN
from fakes.hostile_server import Answer, Recorded
from fakes.process import TAKEN_AWAY
from fakes.systems import make_fifo
from fakes.world import api_answer, cache_token

if TYPE_CHECKING:
    from email.message import Message

    from fakes.call_world import Api

MIB = 1024 * 1024


@pytest.mark.parametrize("name", ["/proc/version", "/proc/self/cmdline"])
def test_file_of_the_system_whose_size_nobody_knows_is_sent_whole(api: Api, name: str) -> None:
    done = api.call("PUT", "/things", "-d", f"@{name}")

    assert done.status == 0, done.err
    assert len(api.only.body) > 10
    assert api.only.header("Content-Length") == [str(len(api.only.body))]


@pytest.mark.parametrize("form", ["@/dev/stdin", "@/dev/fd/0", "@-"])
def test_standard_input_by_any_name_is_sent(api: Api, form: str) -> None:
    done = api.call("PUT", "/things", "-d", form, stdin=b"from a pipe")

    assert (done.status, api.only.body) == (0, b"from a pipe")


def test_process_substitution_is_sent(api: Api) -> None:
    done = api.world.egain.shell("egain call PUT /things -d @<(printf 'by the shell')", program="bash")

    assert (done.status, api.only.body) == (0, b"by the shell")


@pytest.mark.parametrize("size", [1000, 10 * MIB])
def test_standard_input_that_does_not_block_is_sent_to_its_end(api: Api, size: int) -> None:
    script = (
        "import os, subprocess, sys, threading\n"
        "read, write = os.pipe()\n"
        "os.set_blocking(read, False)\n"
        "child = subprocess.Popen(sys.argv[2:], stdin=read)\n"
        "os.close(read)\n"
        "with os.fdopen(write, 'wb') as pipe:\n"
        "    pipe.write(b'x' * int(sys.argv[1]))\n"
        "    pipe.flush()\n"
        "    threading.Event().wait(0.5)\n"  # by then it has read all that was there
        "    pipe.write(b'end')\n"
        "sys.exit(child.wait())\n"
    )
    argv = [sys.executable, "-c", script, str(size), sys.executable, "-m", "egain_auth_cli", "call", "PUT", "/things"]

    done = subprocess.run([*argv, "-d", "@-"], env=api.world.egain.environ, check=False, timeout=60)

    assert (done.returncode, api.only.body) == (0, b"x" * size + b"end")


@pytest.mark.parametrize("source", ["@<(printf 'by the shell')", "@/proc/version", "@fifo"])
def test_form_takes_files_of_any_kind(api: Api, source: str) -> None:
    script = f"mkfifo fifo; printf 'by a pipe' >fifo & egain call POST /things --form a={source}"

    done = api.world.egain.shell(script + "; status=$?; kill %1 2>/dev/null; exit $status", program="bash")

    assert done.status == 0, done.err
    ((name, _, _, content),) = form_of(api.only)
    assert name == "a"
    assert content in (b"by the shell", b"by a pipe") or content.startswith(b"Linux")


def test_file_in_a_form_that_shrinks_while_it_is_sent_is_told(api: Api) -> None:
    path = api.world.egain.home / "body"
    with path.open("wb") as file:
        file.truncate(60 * MIB)
    asked = threading.Event()
    api.world.server.on_connect = asked.set

    def work() -> None:
        asked.wait(30)
        os.truncate(path, MIB)

    changing = threading.Thread(target=work)
    changing.start()
    done = api.call("POST", "/things", "--form", f"a=@{path}")
    changing.join()

    assert (done.status, done.out) == (5, "")
    assert "became shorter while it was sent" in done.err


@pytest.mark.parametrize("argv", [["--form", "a=b", "-H", "Content-Type: multipart/related; boundary=x"]])
def test_content_type_of_a_form_is_its_own(api: Api, argv: list[str]) -> None:
    done = api.call("POST", "/things", *argv)

    assert (done.status, done.out, api.requests) == (2, "", [])


def test_rest_of_a_standard_input_that_is_a_file_is_sent(api: Api) -> None:
    (api.world.egain.home / "body").write_bytes(b"first line\nthe rest")

    done = api.world.egain.shell("{ read -r _; egain call PUT /things -d @-; } < body")

    assert (done.status, api.only.body) == (0, b"the rest")


@pytest.mark.parametrize("change", ["grows", "shrinks"])
def test_file_that_changes_while_it_is_sent_is_told(api: Api, change: str) -> None:
    path = api.world.egain.home / "body"
    size = 40 * MIB
    with path.open("wb") as file:
        file.truncate(size)
    asked = threading.Event()
    server = api.world.server

    def connected() -> None:
        asked.set()

    server.on_connect = connected

    def work() -> None:
        asked.wait(30)
        with path.open("r+b") as file:
            file.truncate(size + 10 if change == "grows" else MIB)

    changing = threading.Thread(target=work)
    changing.start()
    done = api.call("PUT", "/things", "-d", f"@{path}", "--retry", "0")
    changing.join()

    if change == "grows":
        assert (done.status, len(api.only.body)) == (0, size)
        assert "was changed while it was sent" in done.err
    else:
        assert (done.status, done.out) == (5, "")
        assert "became shorter while it was sent" in done.err


@pytest.mark.parametrize("name", ["nothing", "", "folder", "a\0b"])
def test_body_that_is_no_file_is_refused_unsent(api: Api, name: str) -> None:
    (api.world.egain.home / "folder").mkdir()

    done = api.call("PUT", "/things", "-d", f"@{api.world.egain.home}/{name}" if name else "@")

    assert (done.status, done.out, api.requests) == (2, "", [])


def form_of(request: Recorded) -> list[tuple[Any, ...]]:
    """The parts: name, file name, content type, content."""
    (content_type,) = request.header("Content-Type")
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + request.body)
    found = []
    for part in cast("list[Message]", message.get_payload()):
        content = part.get_payload(decode=True)
        found.append(
            (
                part.get_param("name", header="content-disposition"),
                part.get_filename(),
                part.get_content_type(),
                content,
            )
        )
    return found


def test_form_is_sent_as_its_fields_are_given(api: Api) -> None:
    home = api.world.egain.home
    (home / "a b.pdf").write_bytes(b"%PDF\0\xff")
    (home / "plain").write_bytes(b"text")
    fields = [
        "title=Grüße; x=1",
        "empty=",
        f"file=@{home}/a b.pdf",
        f"other=@{home}/plain;type=image/png;filename=n.png",
    ]

    done = api.call("POST", "/things", *[word for field in fields for word in ("--form", field)])

    assert done.status == 0, done.err
    assert api.only.header("Content-Length") == [str(len(api.only.body))]
    assert form_of(api.only) == [
        ("title", None, "text/plain", "Grüße; x=1".encode()),
        ("empty", None, "text/plain", b""),
        ("file", "a b.pdf", "application/pdf", b"%PDF\0\xff"),
        ("other", "n.png", "image/png", b"text"),
    ]


def test_form_is_sent_again_after_a_renewal(api: Api) -> None:
    path = api.world.egain.home / "file"
    path.write_bytes(b"x" * 100_000)
    api.world.give_tokens("at-1")
    seen: list[bytes] = []

    def answer(request: Recorded) -> Answer:
        seen.append(request.body)
        return Answer(status=401) if len(seen) == 1 else api_answer(b"{}")

    api.answers(answer)
    done = api.call("POST", "/things", "--form", f"file=@{path}")

    assert (done.status, done.out) == (0, "{}")
    assert (len(seen), seen[0] == seen[1], len(seen[0]) > 100_000) == (2, True, True)


@pytest.mark.parametrize("field", ["x", "=x", "f=@nothing", "f=@.", "f=@file;type=a\nb"])
def test_form_field_that_is_malformed_is_refused_unsent(api: Api, field: str) -> None:
    (api.world.egain.home / "file").write_bytes(b"x")

    done = api.call("POST", "/things", "--form", field)

    assert (done.status, done.out, api.requests) == (2, "", [])


def test_line_of_a_form_makes_the_same_request(api: Api) -> None:
    home = api.world.egain.home
    (home / 'odd "name".txt').write_bytes(b"text")
    fields = [
        "title=<x",
        f'f=@{home}/odd "name".txt;type=text/x-odd',
        f'g=@{home}/odd "name".txt;filename=n',
    ]
    argv = ["POST", "/things", *[word for field in fields for word in ("--form", field)]]
    line = api.call(*argv, "--dry-run").out

    done = api.world.egain.shell(line)
    api.call(*argv)

    assert done.status == 0, done.err
    by_line, by_call = api.requests
    assert form_of(by_line) == form_of(by_call)


def test_typed_field_takes_the_text_of_a_file_and_of_standard_input(api: Api) -> None:
    path = api.world.egain.home / "article.html"
    path.write_text('<p title="x">Grüße</p>\n', encoding="utf-8")

    api.call("POST", "/things", "-F", f"content=@{path}", "-F", "note=@-", "-F", "n=1.50", stdin=b"by\npipe")

    assert json.loads(api.only.body) == {"content": '<p title="x">Grüße</p>\n', "note": "by\npipe", "n": 1.5}


def test_typed_field_of_a_file_that_is_no_text_is_refused_unsent(api: Api) -> None:
    (api.world.egain.home / "image").write_bytes(b"\xff\xd8")

    done = api.call("POST", "/things", "-F", f"content=@{api.world.egain.home}/image")

    assert (done.status, done.out, api.requests) == (2, "", [])


def test_headers_come_from_a_file_and_defaults_can_be_taken_away(api: Api) -> None:
    path = api.world.egain.home / "headers"
    path.write_text("# for all calls\nX-One: 1\n\nX-Two: zwei\n", encoding="utf-8")

    api.call("GET", "/things", "-H", f"@{path}", "-H", "Accept-Language:", "-H", "X-Empty;")

    headers = [(name, value) for name, value in api.only.headers if name.startswith("X-")]
    assert headers == [("X-One", "1"), ("X-Two", "zwei"), ("X-Empty", "")]
    assert api.only.header("Accept-Language") == []


@pytest.mark.parametrize("text", ["Authorization: Bearer x", "Host: x", "no header"])
def test_header_of_a_file_is_held_to_the_same_rules(api: Api, text: str) -> None:
    path = api.world.egain.home / "headers"
    path.write_text(text, encoding="utf-8")

    done = api.call("GET", "/things", "-H", f"@{path}")

    assert (done.status, done.out, api.requests) == (2, "", [])


def test_pipe_that_nobody_writes_to_is_not_opened_for_a_dry_run(api: Api) -> None:
    make_fifo(api.world.egain.home / "pipe")

    done = api.call("PUT", "/things", "-d", f"@{api.world.egain.home}/pipe", "--dry-run")

    assert (done.status, f"--data-binary @{api.world.egain.home}/pipe" in done.out) == (0, True)


def test_person_is_shown_how_far_a_long_upload_is_and_nothing_stays(api: Api) -> None:
    path = api.world.egain.home / "body"
    path.write_bytes(b"x" * 20 * MIB)
    go_on = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        taken = 0
        while taken < 20 * MIB:
            taken += len(connection.recv(MIB))
            if taken > 2 * MIB:
                go_on.wait(30)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, daemon=True)
        server.start()
        api.world.add_profile(flow="client-credentials", api_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        cache_token(api.world.egain, TOKEN)
        with api.world.egain.on_terminal("call", "PUT", "/things", "-d", f"@{path}", exact=True) as running:
            shown = running.read_until("/20.0 MiB")
            go_on.set()
            done = running.finish()
        server.join(30)

    assert "%" in shown
    assert (done.status, done.out[-60:].partition(TAKEN_AWAY)[2][-20:]) == (0, "HTTP 204 No Content\n")
