"""Token endpoints that redirect, throttle, drip, inflate, lie or are gone."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from fakes.hostile_server import Answer, first_line_of, in_turn, json_answer, refusal, token_answer
from fakes.world import CLIENT_SECRET, SCOPE, World, cache_token, stored_refresh_token

from egain_auth_cli.models.grants import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.process import LoadedProgram
    from figures import Measured


CLIENT_TOKEN = ("token", "--client-credentials")


def failure(err: str) -> dict[str, Any]:
    """The error object of ``--error-format json``; anything beside it on standard error fails the test."""
    document: dict[str, dict[str, Any]] = json.loads(err)
    return document["error"]


@pytest.mark.parametrize(
    ("status", "target"),
    [*((status, "elsewhere") for status in (301, 302, 303, 307, 308)), (307, "same"), (308, "https")],
)
def test_redirect_of_the_token_endpoint_is_never_followed(world: World, status: int, target: str) -> None:
    location = {
        "elsewhere": f"{world.elsewhere.url}/token",
        "same": f"{world.server.url}/other",
        "https": "https://127.0.0.1:1/token",
    }[target]
    world.server.on("/token", Answer(status=status, headers=(("Location", location),)))

    done = world.client_token("--error-format", "json")
    said = failure(done.err)

    assert (done.status, done.out) == (5, "")
    assert ("bad-answer", status) == (said["code"], said["status"])
    assert first_line_of(world.server.requests) == ["POST /token"]


def test_redirect_of_a_refresh_keeps_the_login(world: World) -> None:
    world.sign_in()
    world.server.on("/token", Answer(status=307, headers=(("Location", f"{world.elsewhere.url}/token"),)))
    refused = world.egain.run("token")
    world.rotate()

    done = world.egain.run("token")

    assert refused.status == 5
    assert done.shown == (0, "at-1\n", "")


def test_redirect_of_the_revocation_endpoint_is_never_followed(world: World) -> None:
    urls = world.profile()["endpoints"]["user"] | {"revocation_url": f"{world.server.url}/revoke"}
    world.add_profile(endpoints={"user": urls})
    world.server.on("/revoke", Answer(status=308, headers=(("Location", f"{world.elsewhere.url}/revoke"),)))
    world.sign_in()

    done = world.egain.run("logout")

    assert done.status == 5
    assert "may still be live" in done.err
    assert first_line_of(world.server.requests) == ["POST /revoke"]


@pytest.mark.parametrize(
    ("status", "retry_after", "tries"),
    [
        (429, "0", 3),
        (503, "0", 3),
        (429, formatdate(0, usegmt=True), 3),
        (429, "1000000000", 1),
        (429, "-1", 3),
        (502, None, 3),
        (500, None, 1),
    ],
)
def test_client_credentials_are_tried_again_twice_at_most(
    world: World, status: int, retry_after: str | None, tries: int
) -> None:
    headers = (("Retry-After", retry_after),) if retry_after is not None else ()
    world.server.on("/token", Answer(status=status, headers=headers))

    done = world.client_token()

    assert done.status == 5
    assert len(world.server.to("/token")) == tries


def test_second_try_that_succeeds_gives_the_token(world: World) -> None:
    world.server.on("/token", in_turn(Answer(status=429, headers=(("Retry-After", "0"),)), token_answer("at-second")))

    done = world.client_token()

    assert done.shown == (0, "at-second\n", "")


@pytest.mark.parametrize("answer", [Answer(status=503), Answer(status=502), Answer(cut=40, body=b"x" * 100)])
def test_refresh_that_may_have_been_used_is_not_sent_twice(world: World, answer: Answer) -> None:
    world.sign_in()
    world.server.on("/token", answer)

    done = world.egain.run("token")

    assert done.status == 5
    assert len(world.server.to("/token")) == 1


def test_wait_that_the_server_asks_for_is_bounded_by_the_deadline(world: World) -> None:
    world.server.on("/token", Answer(status=429, headers=(("Retry-After", "20"),)))

    done = world.client_token(env={"EGAIN_TIMEOUT": "2"})

    assert done.status == 5
    assert done.seconds < 4


def test_nearly_expired_token_is_used_with_a_warning_when_the_network_is_down(world: World) -> None:
    cache_token(world.egain, "at-old", left=30, flow=Flow.CLIENT_CREDENTIALS)
    world.server.on("/token", Answer(status=503))

    done = world.client_token()

    assert (done.status, done.out) == (0, "at-old\n")
    assert done.err.startswith("warning: the token could not be renewed")
    assert done.err.count("\n") == 1


def test_expired_token_is_not_used_when_the_network_is_down(world: World) -> None:
    cache_token(world.egain, "at-old", left=-1, flow=Flow.CLIENT_CREDENTIALS)
    world.server.on("/token", Answer(status=503))

    done = world.client_token()

    assert (done.status, done.out) == (5, "")


def test_token_endpoint_that_nobody_listens_on_is_a_network_failure(world: World) -> None:
    world.add_profile(endpoints={"client": {"token_url": "http://127.0.0.1:9/token"}})

    done = world.client_token()

    assert (done.status, done.out) == (5, "")
    assert done.err.startswith("error: cannot connect to `http://127.0.0.1:9`: connection refused\n\nhint: ")


@pytest.mark.figure("a server that drips", "deadline + 0.5 s", most={"s beyond it": 0.5})
def test_dripping_server_ends_at_the_deadline(world: World, measured: Measured) -> None:
    world.server.on("/token", Answer(body=b"{" + b" " * 5000 + b"}", drip=0.05))

    done = world.client_token(env={"EGAIN_TIMEOUT": "1"})

    assert (done.status, done.out) == (5, "")
    measured(done.seconds - 1, "s beyond it")
    assert "did not answer within 1 s" in done.err


def test_server_that_accepts_and_says_nothing_ends_at_the_deadline(world: World) -> None:
    world.server.on("/token", Answer(until=world.server.closing))

    done = world.client_token(env={"EGAIN_TIMEOUT": "1"})

    assert (done.status, done.out) == (5, "")
    assert done.seconds < 3


def test_endless_headers_are_refused(world: World) -> None:
    world.server.on("/token", Answer(headers=tuple(("X-Filler", "y" * 8000) for _ in range(200))))

    done = world.client_token()

    assert (done.status, done.out) == (5, "")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("identity", b" " * (1024 * 1024 + 1)),
        ("gzip", gzip.compress(b" " * 100 * 1024 * 1024, 9, mtime=0)),
        ("deflate", gzip.compress(b"no deflate at all", mtime=0)),
        ("br", b"\x8b\x00\x80"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
    ],
)
def test_body_beyond_a_mebibyte_or_in_a_strange_encoding_is_refused(world: World, encoding: str, body: bytes) -> None:
    world.server.on("/token", Answer(headers=(("Content-Encoding", encoding),), body=body))

    done = world.client_token("--error-format", "json")

    assert (done.status, done.out) == (5, "")
    assert failure(done.err)["code"] == "bad-answer"


@pytest.mark.figure("200 MiB out of a small answer", "16 MiB more memory at most", most={"MiB": 16})
def test_bomb_takes_no_memory(world: World, measured: Measured) -> None:
    world.give_tokens()
    usual = most_memory(world, status=0)
    bomb = b"".join(zlib_pieces(200))
    world.server.on("/token", Answer(headers=(("Content-Encoding", "gzip"),), body=bomb))

    more = most_memory(world, status=5) - usual
    measured(more / 1024, "MiB")
    assert more < 16 * 1024


def zlib_pieces(mebibytes: int) -> Iterator[bytes]:
    """A gzip body that inflates to so many mebibytes."""
    squeezer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    for _ in range(mebibytes):
        yield squeezer.compress(b" " * 1024 * 1024)
    yield squeezer.flush()


def most_memory(world: World, *, status: int) -> int:
    """The most memory that one run of ``token`` has held, in KiB, measured by a parent that is small itself."""
    measure = (
        "import resource, subprocess, sys; status = subprocess.call(sys.argv[1:], stdout=2); "
        "print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    program = (sys.executable, "-c", measure, sys.executable, "-m", "egain_auth_cli")
    argv = ("token", "--client-credentials", "--no-store")
    done = world.egain.start(*argv, program=program, env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET}).finish()
    ended_with, kibibytes = done.out.split()
    assert int(ended_with) == status, done.err
    return int(kibibytes)


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize(
    "error", ["invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client", "unsupported_grant_type"]
)
def test_oauth_error_is_named_and_ends_with_authentication(
    world: World, program: LoadedProgram, status: int, error: str
) -> None:
    world.server.on("/token", refusal(error, status=status, error_description="no\x1b[31m \u202e way"))

    done = program.run(world.egain, *CLIENT_TOKEN, "--error-format", "json", env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET})
    said = failure(done.err)

    assert (done.status, done.out) == (4, "")
    assert (said["code"], said["oauth_error"], said["status"], said["exit"]) == ("grant-refused", error, status, 4)
    assert said["message"].isprintable()
    assert r"\x1b[31m \u202e way" in said["message"]


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (Answer(status=401), 4, "authentication"),
        (Answer(status=403), 4, "authentication"),
        (refusal("server_error", status=500), 5, "bad-answer"),
        (Answer(headers=(("Content-Type", "text/html"),), body=b"<html>sign in</html>"), 5, "bad-answer"),
        (Answer(body=b""), 5, "bad-answer"),
        (Answer(body=b'{"access_token": "at-'), 5, "bad-answer"),
        (Answer(body=b'["at-1"]'), 5, "bad-answer"),
        (Answer(body=b"null"), 5, "bad-answer"),
        (Answer(body=b"access_token=at-1&token_type=Bearer"), 5, "bad-answer"),
        (Answer(body=b"[" * 100_000), 5, "bad-answer"),
        (Answer(body=b'{"access_token":"a","access_token":"b","token_type":"Bearer"}'), 5, "bad-answer"),
        (json_answer({"token_type": "Bearer", "expires_in": 1}), 5, "bad-answer"),
        (token_answer("with space"), 5, "bad-answer"),
        (token_answer("line\nbreak"), 5, "bad-answer"),
        (token_answer("\u00fcml\u00e4ut"), 5, "bad-answer"),
        (token_answer("$(id)"), 5, "bad-answer"),
        (token_answer(token_type="mac"), 5, "bad-answer"),
        (token_answer(expires_in=0), 5, "bad-answer"),
        (token_answer(expires_in=-1), 5, "bad-answer"),
        (token_answer(expires_in=True), 5, "bad-answer"),
        (token_answer(expires_in=[3600]), 5, "bad-answer"),
        (Answer(body=b'{"access_token":"a","token_type":"Bearer","expires_in":1e400}'), 5, "bad-answer"),
        (Answer(body=b'{"access_token":"a","token_type":"Bearer","expires_in":' + b"9" * 5000 + b"}"), 5, "bad-answer"),
    ],
)
def test_answer_that_is_no_token_is_refused_and_nothing_is_stored(
    world: World, program: LoadedProgram, answer: Answer, status: int, code: str
) -> None:
    world.server.on("/token", answer)

    done = program.run(world.egain, *CLIENT_TOKEN, "--error-format", "json", env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET})

    assert (done.status, done.out) == (status, "")
    assert failure(done.err)["code"] == code
    assert [path for path in world.egain.files() if path.parent.name == "tokens"] == []


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (token_answer(expires_in="3600"), 3600),
        (token_answer(expires_in=None), 3600),
        (token_answer(expires_in=7200), 7200),
        (token_answer(token_type="BEARER", expires_in=600), 600),
        (Answer(body=b'\xef\xbb\xbf{"access_token":"at-1","expires_in":900}'), 900),
    ],
)
def test_lenient_answers_give_a_token(world: World, answer: Answer, seconds: int) -> None:
    world.server.on("/token", answer)

    done = world.client_token("--output", "json")
    given = json.loads(done.out)

    assert done.status == 0, done.err
    assert (given["access_token"], given["token_type"], given["scope"]) == ("at-1", "Bearer", SCOPE)
    assert seconds - 30 <= given["expires_in"] <= seconds


def test_scope_that_was_not_granted_is_told(world: World) -> None:
    world.give_tokens(scope="something.else")

    done = world.client_token()

    assert done.shown == (0, "at-1\n", f"warning: the server did not grant `{SCOPE}`\n")


def test_refresh_without_a_new_refresh_token_keeps_the_old_one(world: World) -> None:
    world.sign_in()
    world.give_tokens("at-1", expires_in=30)
    world.egain.run("token")
    world.egain.run("token")

    sent = [one.form["refresh_token"] for one in world.server.to("/token")]

    assert sent == ["rt-0", "rt-0"]


def test_refresh_with_a_new_refresh_token_replaces_the_old_one(world: World) -> None:
    world.sign_in()
    world.rotate(expires_in=30)
    world.egain.run("token")
    world.egain.run("token")

    sent = [one.form["refresh_token"] for one in world.server.to("/token")]

    assert sent == ["rt-0", "rt-1"]


def test_refused_refresh_ends_the_login_and_the_next_run_sends_nothing(world: World) -> None:
    world.sign_in()
    world.server.on("/token", refusal("invalid_grant"))

    first, second = (world.egain.run("token", "--error-format", "json") for _ in range(2))

    assert [(first.status, failure(first.err)["code"]), (second.status, failure(second.err)["code"])] == [
        (4, "login-required"),
        (4, "login-required"),
    ]
    assert len(world.server.to("/token")) == 1
    assert (first.out, second.out) == ("", "")


GOOD = b'{"access_token":"at-1","token_type":"Bearer","expires_in":3600,"refresh_token":"rt-1"}'
ODD = {
    "error of nothing": Answer(body=GOOD.replace(b'{"acc', b'{"error":null,"acc')),
    "raw tab": Answer(body=GOOD.replace(b'"Bearer"', b'"Bearer","x":"a\tb"')),
    "no UTF-8": Answer(body=GOOD.replace(b'"Bearer"', b'"Bearer","x":"\xfc"')),
    "doubled key": Answer(body=GOOD.replace(b'"Bearer"', b'"Bearer","x":1,"x":2')),
    "text after it": Answer(body=GOOD + b"\0 trailing"),
    "server error": Answer(status=500, body=GOOD),
    "redirect": Answer(status=302, headers=(("Location", "/other"),), body=GOOD),
    "last bytes missing": Answer(headers=(("Content-Length", str(len(GOOD) + 9)),), body=GOOD, cut=10_000),
    "last chunk missing": Answer(
        headers=(("Transfer-Encoding", "chunked"),), body=b"%x\r\n%b\r\n" % (len(GOOD), GOOD), cut=10_000
    ),
    "too long": Answer(body=GOOD + b" " * 2_000_000),
    "escapes": Answer(body=GOOD.replace(b"rt-1", b"rt\\u002d1").replace(b'"Bearer"', b"5")),
}


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD)
def test_successor_is_kept_however_odd_the_answer_is(world: World, answer: Answer) -> None:
    world.sign_in()
    world.server.on("/token", answer)
    first = world.egain.run("token")
    world.give_tokens("at-2")
    kept = stored_refresh_token(world.egain)

    done = world.egain.run("token", "--force-refresh")

    assert (kept, done.shown) == ("rt-1", (0, "at-2\n", ""))
    assert first.status in (0, 5)
    assert [one.form["refresh_token"] for one in world.server.to("/token")] == ["rt-0", "rt-1"]
