"""What commands that show a state look like: on a terminal of any width, with and without colour, and in a pipe."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakes.process import Egain, Env, Finished

    from egain_auth_cli.sandbox.server import SandboxServer

pytestmark = pytest.mark.usefixtures("settled")
STATES = {
    "status": ("status", "-p", "acme"),
    "flows": ("flows",),
    "doctor": ("doctor", "--offline"),
    "inspect": ("inspect", "--client-credentials"),
    "profile list": ("profile", "list"),
    "profile show": ("profile", "show", "acme"),
    "secret status": ("secret", "status"),
    "call --list": ("call", "--list", "portals"),
}
"""Every command that shows a state."""
COLOURED = [name for name in STATES if name != "secret status"]
ON_TERMINAL: Env = {"TERM": "xterm-256color", "NO_COLOR": None, "COLUMNS": None}
_CODES = re.compile(r"\x1b\[[\d;]*m")
_FOR_PROGRAMS = ("--json",)


class Screen(NamedTuple):
    """What a terminal showed.

    Attributes:
        raw: With every code.
        lines: As a person reads them.
        status: The exit status.
    """

    raw: str
    lines: list[str]
    status: int


@pytest.fixture
def settled(egain: Egain, acme_sandbox: SandboxServer) -> None:
    """A profile beside one with a long name, and a token in the cache."""
    long = ("profile", "add", "a-profile-with-a-long-name", "--tenant", "TMPRODB88619984", "--client-id", "x" * 36)
    assert egain.run(*long).status == 0
    assert egain.run("-p", "acme", "token", "--client-credentials").status == 0
    egain.environ["EGAIN_PROFILE"] = "acme"


def shown(egain: Egain, *argv: str, columns: int = 80, env: Env = ON_TERMINAL) -> Screen:
    with egain.on_terminal(*argv, columns=columns, env=env) as terminal:
        done = terminal.finish()
    return Screen(done.out, _CODES.sub("", done.out).splitlines(), done.status)


def with_closed_reader(egain: Egain, *argv: str) -> Finished:
    """Run a command whose reader has gone before it writes."""
    reading, writing = os.pipe()
    running = egain.start(*argv, stdout=writing, piped=False)
    os.close(writing)
    os.close(reading)
    return running.finish()


@pytest.mark.parametrize("columns", [60, 80, 100])
@pytest.mark.parametrize("name", STATES)
def test_no_line_is_wider_than_the_terminal(egain: Egain, name: str, columns: int) -> None:
    screen = shown(egain, *STATES[name], columns=columns)

    assert screen.status in (0, 3, 4)
    assert screen.lines != []
    # But for an operation's path, which is to be copied whole.
    assert [line for line in screen.lines if len(line) > columns and not re.fullmatch(r"[A-Z]+ +/\S+", line)] == []


@pytest.mark.parametrize("name", COLOURED)
def test_states_have_colour_on_a_terminal(egain: Egain, name: str) -> None:
    assert _CODES.search(shown(egain, *STATES[name]).raw)


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize(
    ("env", "option"),
    [({"NO_COLOR": "1"}, ()), ({"TERM": "dumb"}, ()), ({}, ("--no-color",))],
    ids=["NO_COLOR", "TERM=dumb", "--no-color"],
)
def test_nothing_is_told_by_colour_alone(egain: Egain, name: str, env: Env, option: Sequence[str]) -> None:
    plain = shown(egain, *STATES[name], *option, env={**ON_TERMINAL, **env})

    assert "\x1b" not in plain.raw
    assert without_moments(plain.lines) == without_moments(shown(egain, *STATES[name]).lines)


@pytest.mark.parametrize("name", STATES)
def test_text_goes_to_a_pipe_plain_and_json_with_json_alone(egain: Egain, name: str) -> None:
    environ: Env = {**ON_TERMINAL, "COLUMNS": "40", "FORCE_COLOR": "1"}
    text, document = egain.run(*STATES[name], env=environ), egain.run(*STATES[name], "--json", env=environ)

    assert "\x1b" not in text.out + text.err + document.out
    assert text.out[:1] not in ("{", "[")
    assert isinstance(json.loads(document.out), (dict, list))
    assert text.status == document.status


@pytest.mark.parametrize("option", [(), _FOR_PROGRAMS], ids=["text", "json"])
@pytest.mark.parametrize("name", STATES)
def test_reader_that_goes_away_ends_it_in_silence(egain: Egain, name: str, option: Sequence[str]) -> None:
    done = with_closed_reader(egain, *STATES[name], *option)

    assert (done.status, done.err) == (141, "")


@pytest.mark.parametrize("name", ["profile show", "status"])
def test_values_stand_below_one_another(egain: Egain, name: str) -> None:
    piped = egain.run(*STATES[name]).out.splitlines()
    wide, narrow = (shown(egain, *STATES[name], columns=columns).lines for columns in (250, 60))
    column = piped[0].index(" acme") + 1

    assert all(line[column - 1] == " " and line[column] != " " for line in piped)
    assert without_moments(wide[: len(piped)]) == without_moments(piped)
    assert [line for line in narrow if re.search(r"\((profile|option|default)\b[^)]*$", line)] == []
    values = [line for line in narrow[: narrow.index("") - 1 if "" in narrow else None] if "." not in line[:10]]
    assert {(line[22], line[23] != " ") for line in values} == {(" ", True)}


def test_flows_are_blocks_where_a_table_would_be_cramped(egain: Egain) -> None:
    narrow, wide = shown(egain, "flows", columns=60).lines, shown(egain, "flows", columns=160).lines

    assert narrow[:2] == ["FLOW      pkce", "OPTION    --pkce"]
    assert sum(line.startswith("READY     ") for line in narrow) == sum(line == "" for line in narrow) + 1 == 6
    assert wide[0].split() == ["FLOW", "OPTION", "FOR", "PLATFORM", "READY"]
    assert len(wide) == 7


def test_flows_that_are_ready_are_green_and_others_yellow(egain: Egain) -> None:
    screen = shown(egain, "-p", "a-profile-with-a-long-name", "flows", columns=60)

    assert "\x1b[32myes" in shown(egain, "flows", columns=60).raw
    assert re.search(r"\x1b\[33mneeds ", screen.raw)


def test_profiles_are_blocks_where_their_names_would_be_broken(egain: Egain) -> None:
    narrow = shown(egain, "profile", "list", columns=60).lines

    assert "NAME        * acme" in narrow
    assert any(line.endswith("a-profile-with-a-long-name") for line in narrow)


def test_doctor_gives_the_state_in_words_and_colour_and_its_fix_a_line(egain: Egain) -> None:
    argv = ("-p", "a-profile-with-a-long-name", *STATES["doctor"])
    screen, piped = shown(egain, *argv, columns=100), egain.run(*argv).out

    assert "\x1b[32mok " in screen.raw
    assert "\x1b[31mFAILURE" in screen.raw
    assert re.search(r"^FAILURE  \S+ +\S.*  -> \S", piped, re.MULTILINE)
    assert {line.index("->") for line in screen.lines if "->" in line} == {25}


@pytest.mark.parametrize(("argv", "code"), [(("tokn",), "1;31"), (("-p", "acne", "status"), "1;31")])
def test_errors_and_hints_have_colour(egain: Egain, argv: Sequence[str], code: str) -> None:
    screen = shown(egain, *argv)
    plain = [shown(egain, *argv, env={**ON_TERMINAL, "NO_COLOR": "1"}), shown(egain, *argv, "--no-color")]

    assert f"\x1b[{code}merror:\x1b[0m " in screen.raw
    assert "\x1b[36mhint:\x1b[0m " in screen.raw
    assert [one.raw for one in plain] == [_CODES.sub("", screen.raw)] * 2
    assert "\x1b" not in egain.run(*argv, env=ON_TERMINAL).err


def without_moments(lines: Sequence[str]) -> list[str]:
    """Lines without what changes from one second to the next."""
    return [re.sub(r"\d+ (s|min)\b", "…", line) for line in lines]
