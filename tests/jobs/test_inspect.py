"""``egain inspect`` as a process: what a token says of itself, unverified, unable to harm a terminal."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from process import Egain, Finished, LoadedProgram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from world import World

    from egain_auth_cli.sandbox.server import SandboxServer

SIGNATURE = "Y2FuYXJ5LXNpZ25hdHVyZQ"
HOSTILE = "a\x1b[2J\x1b]0;title\x07b\u202ec\u200bd\u2028e\r\nf\x9b31mg\x00h"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedProgram]:
    """The program, loaded once and forked for each run."""
    with LoadedProgram(tmp_path_factory.mktemp("streams")) as one:
        yield one


def part(value: object) -> str:
    """A part of a JWT; a text is taken as it is."""
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii").rstrip("=")


def jwt(claims: object) -> str:
    """A JWT whose signature nobody could verify."""
    return f"{part({'alg': 'RS256', 'kid': 'k1'})}.{part(claims)}.{SIGNATURE}"


def strict_json(text: str) -> Any:
    """JSON of RFC 8259 alone, as other programs read it."""

    def refuse(name: str) -> NoReturn:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def claims_of(done: Finished) -> Any:
    """The claims that were printed."""
    assert (0, "") == (done.status, done.err)
    assert done.out.isascii()
    assert 1 == done.out.count("\n")
    return strict_json(done.out)["claims"]


def test_profile_s_token_is_told_from_the_cache_and_says_that_it_is_unverified(
    egain: Egain, sandbox: SandboxServer, program: LoadedProgram
) -> None:
    token = program.run(egain, "token", "--client-credentials", "--output", "json").out
    issued = json.loads(token)

    done = egain.run("inspect", "--client-credentials", env={"EGAIN_CLIENT_SECRET": None})

    report = strict_json(done.out)
    assert (0, "") == (done.status, done.err)
    assert (False, False, False) == (report["verified"], report["opaque"], report["expired"])
    assert ("sandbox-app", sandbox.url) == (report["claims"]["client_id"], report["claims"]["aud"])
    assert (issued["expires_at"], issued["expires"]) == (report["expires_at"], report["expires"])
    assert issued["scope"].split() == report["scopes"]
    assert issued["access_token"].rpartition(".")[2] not in done.out


@pytest.mark.parametrize("prefix", ["", "Bearer ", "Authorization: Bearer ", "  "])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_token_of_standard_input_is_taken_as_it_was_copied(
    egain: Egain, program: LoadedProgram, prefix: str, end: str
) -> None:
    token = jwt({"sub": "alice", "exp": 4102444800})

    done = program.run(egain, "inspect", "-", stdin=f"{prefix}{token}{end}".encode())

    assert {"sub": "alice", "exp": 4102444800} == claims_of(done)
    assert SIGNATURE not in done.out
    assert "2100-01-01T00:00:00Z" == strict_json(done.out)["expires"]


@pytest.mark.parametrize(
    "token",
    [
        "made-up-opaque-1",
        "a.b.c",
        f"{part('x')}.{part('y')}.{SIGNATURE}",
        f"{part([1])}.{part({})}.{SIGNATURE}",
        "....",
    ],
)
def test_opaque_token_says_nothing_and_is_not_shown(egain: Egain, program: LoadedProgram, token: str) -> None:
    done = program.run(egain, "inspect", "-", stdin=token.encode())

    report = strict_json(done.out)
    assert (0, "") == (done.status, done.err)
    assert (True, None, [], None) == (report["opaque"], report["claims"], report["scopes"], report["expired"])
    assert token not in done.out
    assert SIGNATURE not in done.out


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": None, "iat": True, "scope": 7, "aud": []},
        {"exp": "tomorrow", "scp": ["a", 1, None]},
        {"exp": -1, "nbf": 10**30, "scope": ""},
        {"deep": [[[[{"a": [{}]}]]]], "": "", "\u00e9": "\U0001f600"},
        {"sub": HOSTILE, HOSTILE: 1},
        {"sub": "\ud800"},
        {"sub": "x" * 40_000},
    ],
    ids=["none", "wrong kinds", "words", "beyond time", "deep", "hostile", "surrogate", "long"],
)
def test_odd_claims_are_told_as_they_are(egain: Egain, program: LoadedProgram, claims: dict[str, object]) -> None:
    done = program.run(egain, "inspect", "-", stdin=jwt(claims).encode())

    assert claims == claims_of(done)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity"])
def test_number_that_json_does_not_have_is_not_printed_as_json(
    egain: Egain, program: LoadedProgram, number: str
) -> None:
    claims = part('{"sub": "alice", "exp": %s}' % number)  # noqa: UP031  braces

    done = program.run(egain, "inspect", "-", stdin=f"{part({'alg': 'none'})}.{claims}.{SIGNATURE}".encode())

    assert (0, "") == (done.status, done.err)
    assert isinstance(strict_json(done.out), dict)


@pytest.mark.parametrize("argv", [("inspect", "-"), ("inspect", "--json", "-")])
def test_hostile_claims_are_visible_on_a_terminal_and_move_nothing(world: World, argv: tuple[str, ...]) -> None:
    # O01
    claims = {"sub": HOSTILE, HOSTILE: [HOSTILE], "scope": f"a.read {HOSTILE}", "exp": 1_000_000_000}
    with world.egain.on_terminal(*argv) as screen:
        screen.read_until("token: ")
        screen.send(jwt(claims).encode() + b"\n")
        done = screen.finish()

    shown = done.out.removeprefix("token: ").replace("\r\n", "\n")
    assert 0 == done.status
    assert [] == [char for char in shown if not char.isprintable() and char != "\n"]
    assert "[2J" in shown
    assert SIGNATURE not in shown
    assert "nverified" in shown or '"verified": false' in shown


def test_terminal_says_that_nothing_is_verified_and_when_the_token_ends(world: World) -> None:
    with world.egain.on_terminal("inspect", "-") as screen:
        screen.read_until("token: ")
        screen.send(jwt({"sub": "alice", "exp": 1_000_000_000, "scope": "a.read b.read"}).encode() + b"\n")
        lines = screen.finish().out.replace("\r\n", "\n").splitlines()[1:]

    assert lines[0].startswith("Unverified: ")
    assert ["sub", "alice"] == lines[2].split()
    assert "2001-09-09 01:46:40 UTC" in lines[3]
    assert " ago)" in lines[3]
    assert ["  a.read", "  b.read"] == lines[-2:]


@pytest.mark.parametrize(
    "junk",
    [b"", b"\n", b"   \n", b"Bearer \n", b"two words", b"\xff\xfe", "t\u00f6ken".encode(), b"\nmade-up-second-line"],
)
def test_junk_on_standard_input_is_an_error(egain: Egain, program: LoadedProgram, junk: bytes) -> None:
    done = program.run(egain, "inspect", "-", stdin=junk)

    assert (2, "") == done.shown[:2]
    assert done.err.startswith("error: there is no token on standard input\n")


@pytest.mark.parametrize("junk", [b"a\x00b", b"a\x1b[2Jb", b"a\x7fb"])
def test_control_characters_are_no_token(egain: Egain, program: LoadedProgram, junk: bytes) -> None:
    done = program.run(egain, "inspect", "-", stdin=junk)

    assert (2, "") == done.shown[:2]


def test_token_as_an_argument_is_refused_and_not_repeated(egain: Egain) -> None:  # O08
    token = jwt({"sub": "alice"})

    done = egain.run("inspect", token)

    assert (2, "") == done.shown[:2]
    assert token not in done.err
    assert SIGNATURE not in done.err
