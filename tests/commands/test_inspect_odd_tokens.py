"""``egain inspect`` of tokens that are odd, hostile or none, as a process."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from fakes.process import Egain, Finished
    from fakes.world import World

SIGNATURE = "Y2FuYXJ5LXNpZ25hdHVyZQ"
HOSTILE = "a\x1b[2J\x1b]0;title\x07b\u202ec\u200bd\u2028e\r\nf\x9b31mg\x00h"


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
def test_opaque_token_says_nothing_and_is_not_shown(egain: Egain, token: str) -> None:
    done = egain.run("inspect", "--json", "-", stdin=token.encode())

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
def test_odd_claims_are_told_as_they_are(egain: Egain, claims: dict[str, object]) -> None:
    done = egain.run("inspect", "--json", "-", stdin=jwt(claims).encode())

    assert claims == claims_of(done)


@pytest.mark.parametrize("argv", [("inspect", "-"), ("inspect", "--json", "-")])
def test_hostile_claims_are_visible_on_a_terminal_and_move_nothing(world: World, argv: tuple[str, ...]) -> None:
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


@pytest.mark.parametrize(
    "junk", [b"\xff\xfe", b"\nmade-up-second-line", b"Bearer two words", b"a\tb c", "t\u00f6ken".encode()]
)
def test_what_no_token_can_look_like_is_an_error(egain: Egain, junk: bytes) -> None:
    done = egain.run("inspect", "--json", "-", stdin=junk)

    assert (2, "") == done.shown[:2]
    assert done.err.startswith("error: there is no token on standard input\n")


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity"])
def test_number_that_json_does_not_have_is_not_printed_as_json(egain: Egain, number: str) -> None:
    claims = part('{"sub": "alice", "exp": %s}' % number)  # noqa: UP031  braces

    done = egain.run("inspect", "--json", "-", stdin=f"{part({'alg': 'none'})}.{claims}.{SIGNATURE}".encode())

    assert {"sub": "alice", "exp": number} == claims_of(done)


@pytest.mark.parametrize(
    "junk", [b"a\x00b", b"a\x1b[2Jb", b"a\x7fb", b"Bearer \n", b"Basic abc", b"Authorization: Bearer"]
)
def test_what_is_no_token_is_refused(egain: Egain, junk: bytes) -> None:
    done = egain.run("inspect", "--json", "-", stdin=junk)

    assert (2, "") == done.shown[:2]
