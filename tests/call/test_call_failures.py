"""``egain call`` when the API refuses, is busy, or goes away: one readable line, few and safe repeats."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
from fakes.call_world import PORTALS, Api, egain_error
from fakes.hostile_server import Answer, Recorded, in_turn
from fakes.systems import make_fifo
from fakes.world import api_answer

if TYPE_CHECKING:
    from pathlib import Path

BUSY = (("Retry-After", "0"),)
REPEATED = ["GET", "HEAD", "PUT", "DELETE"]
NOT_REPEATED = ["POST", "PATCH"]


@pytest.mark.parametrize(
    ("code", "path", "status", "hints"),
    [
        ("400-101", PORTALS, 7, ["query parameters", "`-q`"]),
        ("400-112", PORTALS, 7, ["required query parameter"]),
        ("401-101", PORTALS, 4, ["a fresh token was refused too", "`api_url`"]),
        ("401-104", PORTALS, 4, ["`api_url`", "same tenant"]),
        ("403-197", PORTALS, 7, ["scope", "Permissions"]),
        ("403-197", "/unknown", 7, ["scope", "Permissions"]),
        ("403-112", PORTALS, 7, ["persona", f"`egain call GET {PORTALS} --pkce`"]),
        ("403-112", "/unknown", 7, ["persona", "`egain flows`"]),
        ("403-568", PORTALS, 7, ["closed to customers"]),
        ("404-100", f"{PORTALS}/PROD-9999", 7, ["check the id `PROD-9999` (`portalID`)"]),
        ("406-100", PORTALS, 7, ["Accept-Language", "`egain profile set acme language en-US`"]),
        ("429-001", PORTALS, 7, ["too many requests", "--retry"]),
        ("500-100", PORTALS, 7, ["try again"]),
        ("503-999", PORTALS, 7, ["try again"]),
        ("409-001", PORTALS, 7, ["body"]),
    ],
)
def test_egains_error_is_one_line_with_a_hint(api: Api, code: str, path: str, status: int, hints: list[str]) -> None:
    answer = egain_error(code, "Something [bold]is\x1b[31m wrong", **{"Retry-After": "0"})
    api.answers(answer, path=path)

    done = api.call("GET", path)
    warning, error, told = done.err.rpartition("error: the API ")
    message, _, hint = told.partition("\n\nhint: ")

    assert (done.status, done.stdout, error) == (status, answer.body, "error: the API ")
    assert warning.count("\n") == (path == PORTALS)  # documented for others than an application
    assert f"{code}: Something [bold]is\\x1b[31m wrong" in message
    assert [word for word in hints if word not in hint] == []
    assert (message.count("\n"), hint.count("\n"), "{" in hint) == (0, 1, False)


def test_flow_that_cannot_call_is_not_among_those_that_are_named(api: Api) -> None:
    api.answers(egain_error("403-112"), path=PORTALS)

    assert "--client-credentials" not in api.call("GET", PORTALS).err


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"callInfo":{"message":"unlicensed user"}}', "status 412: unlicensed user\n"),
        (b'{"message":"legacy"}', "status 412: legacy\n"),
        (b"", "status 412\n"),
        (b"<html>oops</html>", "status 412\n"),
        (b"[]", "status 412\n"),
        (b'{"code":412,"developerMessage":["x"]}', "status 412\n"),
        (b"[" * 100_000, "status 412\n"),
    ],
)
def test_other_shapes_of_errors_are_explained_too(api: Api, body: bytes, said: str) -> None:
    api.answers(Answer(status=412, body=body))

    done = api.call("GET", "/things")

    assert (done.status, done.stdout) == (7, body)
    assert done.err.startswith(f"error: the API answered {said}")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("method", REPEATED)
def test_passing_failure_is_repeated_twice_over_one_connection(api: Api, method: str, status: int) -> None:
    busy = Answer(status=status, headers=BUSY, body=b"busy")
    api.answers(in_turn(busy, busy, Answer(headers=(("Content-Type", "text/plain"),), body=b"done")))

    done = api.call(method, "/things")

    assert (done.status, len(api.requests), api.world.server.connections) == (0, 3, 1)
    assert done.out == ("" if method == "HEAD" else "done")


@pytest.mark.parametrize("method", NOT_REPEATED)
@pytest.mark.parametrize("argv", [[], ["-d", "body"]])
def test_post_and_patch_are_not_repeated_unasked(api: Api, method: str, argv: list[str]) -> None:
    api.answers(Answer(status=503, headers=BUSY, body=b"busy"))

    done = api.call(method, "/things", *argv)

    assert (done.status, done.out, len(api.requests)) == (7, "busy", 1)


@pytest.mark.parametrize("method", NOT_REPEATED)
def test_post_and_patch_are_repeated_where_it_is_asked_for(api: Api, method: str) -> None:
    api.answers(in_turn(Answer(status=503, headers=BUSY), api_answer(b"{}")))

    done = api.call(method, "/things", "--retry-unsafe", "-d", "body")

    assert (done.status, [one.body for one in api.requests]) == (0, [b"body", b"body"])


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 501])
def test_lasting_failure_is_not_repeated(api: Api, status: int) -> None:
    api.answers(Answer(status=status, headers=BUSY))

    assert (api.call("GET", "/things").status, len(api.requests)) == (7, 1)


@pytest.mark.parametrize(("retry", "count"), [("0", 1), ("1", 2), ("4", 5)])
def test_repeats_end_with_the_last_answer(api: Api, retry: str, count: int) -> None:
    api.answers(Answer(status=503, headers=BUSY, body=b"busy"))

    done = api.call("GET", "/things", "--retry", retry)

    assert (done.status, done.out, len(api.requests)) == (7, "busy", count)


@pytest.mark.parametrize("method", REPEATED)
def test_lost_connection_is_tried_again(api: Api, method: str) -> None:
    api.answers(in_turn(Answer(cut=0), Answer(status=204)))

    done = api.call(method, "/things", "--retry", "1")

    assert (done.shown, len(api.requests)) == ((0, "", ""), 2)


@pytest.mark.parametrize("method", NOT_REPEATED)
def test_lost_connection_is_not_tried_again_for_post_and_patch(api: Api, method: str) -> None:
    api.answers(Answer(cut=0))

    done = api.call(method, "/things", "-d", "{}")

    assert (done.status, done.out, len(api.requests)) == (5, "", 1)


@pytest.mark.parametrize("argv", [[], ["--retry-unsafe"]])
@pytest.mark.parametrize("answer", [Answer(status=503, headers=BUSY, body=b"no"), Answer(status=401, body=b"no")])
def test_body_from_a_pipe_that_goes_on_beyond_what_is_read_ahead_is_sent_once(
    api: Api, argv: list[str], answer: Answer
) -> None:
    api.answers(answer)
    body = b"from a pipe" * 800_000

    done = api.call("PUT", "/things", "-d", "@-", *argv, stdin=body)

    assert (done.status, done.out) == (4 if answer.status == 401 else 7, "no")
    assert [one.body == body for one in api.requests] == [True]
    assert api.only.header("Transfer-Encoding") == ["chunked"]


@pytest.mark.parametrize("answer", [Answer(status=503, headers=BUSY), Answer(status=401)])
@pytest.mark.parametrize("given", ["pipe", "fifo", "file", "stdin is a file"])
def test_body_that_has_ended_is_sent_with_its_length_and_again(api: Api, answer: Answer, given: str) -> None:
    api.answers(in_turn(answer, api_answer(b"{}")))
    api.world.give_tokens("at-1")
    body = b"from a pipe"
    path = api.world.egain.home / "body"
    if given == "fifo":
        make_fifo(path)
        threading.Thread(target=path.write_bytes, args=(body,), daemon=True).start()
    else:
        path.write_bytes(body)
    if given == "stdin is a file":
        done = api.world.egain.shell(f"egain call PUT /things -d @- < {path}")
    else:
        done = api.call("PUT", "/things", "-d", "@-" if given == "pipe" else f"@{path}", stdin=body)

    assert (done.status, done.out) == (0, "{}"), done.err
    assert [(one.body, one.header("Content-Length")) for one in api.requests] == [(body, [str(len(body))])] * 2
    assert [one.header("Transfer-Encoding") for one in api.requests] == [[], []]


def test_body_from_a_file_is_sent_whole_each_time(api: Api, tmp_path: Path) -> None:
    body = bytes(range(256)) * 1000
    (tmp_path / "body").write_bytes(body)
    api.answers(in_turn(Answer(status=503, headers=BUSY), Answer(status=401), api_answer(b"{}")))

    done = api.call("PUT", "/things", "-d", f"@{tmp_path / 'body'}")

    assert (done.status, [one.body for one in api.requests]) == (0, [body] * 3)


def when_asked(style: str) -> tuple[str, str]:
    """A header that asks to come back in one to three seconds."""
    moment = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)
    return {
        "seconds": ("Retry-After", "1"),
        "date": ("Retry-After", format_datetime(moment, usegmt=True)),
        "reset": ("X-RateLimit-Reset", moment.strftime("%Y-%m-%dT%H:%M:%SZ")),
        "reset with a blank": ("X-RateLimit-Reset", moment.strftime("%Y-%m-%d %H:%M:%S")),
    }[style]


@pytest.mark.parametrize("style", ["seconds", "date", "reset", "reset with a blank"])
def test_pause_that_the_api_asks_for_is_kept(api: Api, style: str) -> None:
    asked: list[tuple[float, float]] = []

    def handler(_: Recorded) -> Answer:
        if asked:
            asked.append((time.time(), 0.0))
            return api_answer(b"{}")
        header = when_asked(style)
        end = time.time() + 1 if style == "seconds" else int(time.time() + 2)
        asked.append((time.time(), float(end)))
        return Answer(status=429, headers=(header,))

    api.answers(handler)
    done = api.call("GET", "/things", "--timeout", "20")
    (_, end), (again, _) = asked

    assert done.shown == (0, "{}", "")
    assert end - 0.1 <= again < end + 3


@pytest.mark.parametrize(
    "header",
    [
        ("Retry-After", "3600"),
        ("Retry-After", "Fri, 31 Dec 2100 23:59:59 GMT"),
        ("X-RateLimit-Reset", "2100-12-31T23:59:59Z"),
        ("Retry-After", "9" * 40),
    ],
)
@pytest.mark.parametrize("argv", [[], ["--timeout", "30"]])
def test_pause_beyond_the_time_out_is_told_and_not_waited_for(
    api: Api, header: tuple[str, str], argv: list[str]
) -> None:
    api.answers(egain_error("429-001", **dict([header])))

    done = api.call("GET", "/things", *argv)

    assert (done.status, len(api.requests)) == (7, 1)
    assert f"until `{header[1]}`" in done.err


@pytest.mark.parametrize("value", ["", "soon", "-5", "1e9", "Thu, 99 Foo 2026", "0x10", "\u0661"])
def test_pause_that_cannot_be_read_is_the_usual_one(api: Api, value: str) -> None:
    header = ("Retry-After", value.encode().decode("latin-1"))
    api.answers(in_turn(Answer(status=429, headers=(header,)), api_answer(b"{}")))

    done = api.call("GET", "/things", "--timeout", "20")

    assert (done.shown, len(api.requests)) == ((0, "{}", ""), 2)


def test_time_out_covers_the_repeats(api: Api) -> None:
    api.answers(Answer(status=503, body=b"busy"))
    start = time.monotonic()

    done = api.call("GET", "/things", "--retry", "50", "--timeout", "2")

    assert (done.status, done.out) == (7, "busy")
    assert time.monotonic() - start < 10
    assert len(api.requests) < 10


def test_verbose_tells_of_repeats(api: Api) -> None:
    api.answers(in_turn(Answer(status=503, headers=BUSY), api_answer(b"{}")))

    done = api.call("GET", "/things", before=("-v",))

    assert (done.status, done.out) == (0, "{}")
    assert "egain: status 503; trying again\n" in done.err
