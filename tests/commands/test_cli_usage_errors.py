"""Wrong command lines: one shape as text, one as JSON, exit status 2, nothing on standard output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fakes.command_line import CommandLine

WRONG = {
    "no such command": ["nothing"],
    "no such option": ["token", "--nothing"],
    "no such global option": ["--nothing", "token"],
    "missing argument": ["call", "GET"],
    "too many arguments": ["status", "more"],
    "no such format": ["export", "perl"],
    "no such output": ["token", "--output", "xml"],
    "not a number": ["token", "--min-valid", "soon"],
    "negative number": ["token", "--min-valid", "-1"],
    "two flows": ["token", "--pkce", "--client-credentials"],
    "two subjects": ["token", "--on-behalf-of", "a", "--on-behalf-of-email", "b@c.example"],
    "flow and subject": ["token", "--anonymous", "--on-behalf-of-userid", "1"],
    "empty subject": ["token", "--on-behalf-of", ""],
    "bad actor": ["token", "--actor", "nobody"],
    "bad scope": ["token", "--scope", 'a"b'],
    "bad error format": ["--error-format", "xml", "status"],
    "bad method": ["call", "FETCH", "/things", "--client-credentials"],
    "no path": ["call", "GET", "things", "--client-credentials"],
    "bad query": ["call", "GET", "/things", "-q", "nothing"],
    "bad header": ["call", "GET", "/things", "-H", "nothing"],
    "bad time-out": ["call", "GET", "/things", "--timeout", "-1"],
    "bad name": ["export", "sh", "--name", "lower case"],
    "loader name": ["export", "sh", "--name", "LD_PRELOAD"],
    "token as an argument": ["inspect", "a.b.c"],
    "no such key": ["profile", "set", "acme", "client_idd", "x"],
    "no list": ["profile", "set", "acme", "redirect_uris", "[1"],
    "both deployments": ["profile", "add", "x", "--tenant", "T", "--domain", "d.example"],
    "subject file missing": ["token", "--token-exchange", "--subject-token-file", "/nonexistent"],
    "login of a client": ["-p", "ci", "login"],
    "option without value": ["-p"],
}


@pytest.mark.parametrize("argv", WRONG.values(), ids=WRONG)
def test_wrong_use_has_the_shape_of_every_error(configured: CommandLine, argv: list[str]) -> None:
    ran = configured(*argv)
    said, _, hint = ran.err.partition("\n\n")

    assert (ran.status, ran.out) == (2, "")
    assert said.startswith("error: ")
    assert hint.startswith("hint: ")
    assert hint.endswith("\n")
    assert [said.count("\n"), hint.count("\n")] == [0, 1]
    assert said[7] == said[7].lower()
    assert not said.endswith(".")


@pytest.mark.parametrize("kind", ["no such option", "two flows", "loader name"])
def test_wrong_use_as_json_is_one_line_with_every_key(configured: CommandLine, kind: str) -> None:
    ran = configured("--error-format", "json", *WRONG[kind])
    document = json.loads(ran.err)

    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert list(document) == ["error"]
    assert list(document["error"]) == ["code", "message", "hint", "exit", "status", "oauth_error"]
    assert (document["error"]["code"], document["error"]["exit"]) == ("usage", 2)
    assert document["error"]["hint"]


@pytest.mark.parametrize("bad", ["\x1b[31mred", "a\u202eb", "a\nb", "\x9b", "x" * 5000], ids=ascii)
@pytest.mark.parametrize("place", ["command", "option", "format", "profile", "key", "path", "method", "name"])
def test_what_was_typed_is_shown_without_its_control_characters(configured: CommandLine, bad: str, place: str) -> None:
    argv = {
        "command": [bad],
        "option": ["token", f"--{bad}"],
        "format": ["export", bad],
        "profile": ["-p", bad, "status"],
        "key": ["profile", "set", "acme", bad, "x"],
        "path": ["call", "GET", bad, "--client-credentials"],
        "method": ["call", bad, "/x", "--client-credentials"],
        "name": ["export", "sh", "--name", bad],
    }[place]

    ran = configured(*argv)

    assert ran.status in {2, 3}
    assert ran.out == ""
    assert "".join(ran.err.split("\n")).isprintable()
    assert len(ran.err) < 10_000


def test_json_errors_can_be_asked_for_by_the_environment(
    configured: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EGAIN_ERROR_FORMAT", "json")
    as_json, as_text = configured("nothing"), configured("--error-format", "text", "nothing")

    assert json.loads(as_json.err)["error"]["code"] == "usage"
    assert as_text.err.startswith("error: ")


def test_slip_in_a_key_is_answered_with_the_nearest(configured: CommandLine) -> None:
    ran = configured("profile", "set", "acme", "client_idd", "x")

    assert ran.err.endswith("hint: did you mean `egain profile set acme client_id x`?\n")


def test_key_of_a_table_is_answered_with_the_table_of_the_profiles_flow(configured: CommandLine) -> None:
    ran = configured("profile", "set", "acme", "scopes", "a.read b.read")

    assert ran.err.endswith("hint: did you mean `egain profile set acme flows.pkce.scopes 'a.read b.read'`?\n")
