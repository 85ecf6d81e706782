"""Options that every command takes, before its name and after it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fakes.command_line import CommandLine, Ran


def both(program_line: CommandLine, options: tuple[str, ...], *words: str) -> tuple[Ran, Ran]:
    return program_line(*options, *words), program_line(*words, *options)


@pytest.mark.parametrize("option", [("-p", "ci"), ("--profile", "ci"), ("--profile=ci",)], ids=" ".join)
def test_profile_is_taken_before_and_after_the_command(configured: CommandLine, option: tuple[str, ...]) -> None:
    before, after = both(configured, option, "status", "--json")

    assert before == after
    assert json.loads(before.out)["settings"]["profile"]["value"] == "ci"


def test_profile_after_the_command_wins(configured: CommandLine) -> None:
    ran = configured("-p", "acme", "status", "-p", "ci", "--json")

    assert json.loads(ran.out)["settings"]["profile"]["value"] == "ci"


@pytest.mark.parametrize(
    "words",
    [
        ("token",),
        ("call", "GET", "/x"),
        ("export", "sh"),
        ("login",),
        ("inspect",),
        ("profile", "show"),
        ("secret", "status"),
    ],
    ids=" ".join,
)
def test_json_errors_are_taken_before_and_after_every_command(configured: CommandLine, words: tuple[str, ...]) -> None:
    before, after = both(configured, ("--error-format", "json", "-p", "nobody"), *words)
    equals = configured(*words, "--error-format=json", "-p", "nobody")

    assert before == after == equals
    assert (before.status, before.out) == (3, "")
    assert json.loads(before.err)["error"]["code"] == "profile-missing"


def test_quiet_silences_what_is_no_error_before_and_after(configured: CommandLine) -> None:
    loud = configured("profile", "use", "ci")
    before, after = both(configured, ("--quiet",), "profile", "use", "ci")

    assert loud.err == "profile `ci` is the default\n"
    assert [before, after] == [(0, "", ""), (0, "", "")]


def test_words_after_two_dashes_are_not_options_of_ours(configured: CommandLine) -> None:
    ran = configured("call", "--client-credentials", "--", "GET", "--error-format=json")

    assert ran.status == 2
    assert ran.err.startswith("error: ")


def test_profile_of_the_environment_gives_way_to_the_option(
    configured: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EGAIN_PROFILE", "acme")
    ran = configured("-p", "ci", "status", "--json")
    chosen = json.loads(ran.out)["settings"]["profile"]

    assert chosen == {"value": "ci", "source": "option -p", "passed_over": ["environment EGAIN_PROFILE"]}


@pytest.mark.parametrize("option", ["-v", "-vv", "--verbose", "--no-color"])
def test_the_rest_is_taken_before_and_after(configured: CommandLine, option: str) -> None:
    before, after = both(configured, (option,), "profile", "list")

    assert before == after
    assert before.status == 0
