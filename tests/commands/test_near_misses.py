"""A command that does not exist is told with the one that was meant, at every level; `help` shows any of them."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.commands.usage_errors import _SYNONYMS

if TYPE_CHECKING:
    from fakes.command_line import CommandLine

MEANT = {
    "tokn": "egain token",
    "whoami": "egain status",
    "config": "egain profile list",
    "auth": "egain login",
    "version": "egain --version",
    "profile delete": "egain profile remove",
    "profile remov": "egain profile remove",
    "secret add": "egain secret set",
    "export bash": "egain export sh",
    "export dotevn": "egain export dotenv",
    "-V": "egain --version",
    "token --forse-refresh": "--force-refresh",
    "help tokn": "egain token",
    "profile add x --deployment selfservice": "--deployment self-service",
    "profile add x --flow clientcredentials": "--flow client-credentials",
    "profile add x --client-auth bod": "--client-auth body",
    "token --output jsn": "--output json",
    "token --json": "--output json",
    "call GET /x --actor custmer": "--actor customer",
    "login --client-credentials": "egain token --client-credentials",
    "login --on-behalf-of alice": "egain token --on-behalf-of USERNAME",
}


@pytest.mark.parametrize("line", MEANT)
def test_near_miss_names_the_nearest_right_one(configured: CommandLine, line: str) -> None:
    ran = configured(*line.split())

    assert (ran.status, ran.out) == (2, "")
    assert re.search(f"^hint: did you mean `{re.escape(MEANT[line])}`(, [a-z ]+)?[?] see `egain", ran.err, re.MULTILINE)
    assert (ran.err.count("\n"), "Possible" in ran.err, "Did you" in ran.err) == (3, False, False)


@pytest.mark.parametrize("line", ["xyzzy", "profile xyzzy", "export xyzzy"])
def test_what_resembles_nothing_is_sent_to_the_help(configured: CommandLine, line: str) -> None:
    assert "hint: see `egain" in configured(*line.split()).err


@pytest.mark.parametrize("line", ["login --json", "export sh --json", "token --output xyzzy", "-o"])
def test_option_that_resembles_none_is_no_other_one(configured: CommandLine, line: str) -> None:
    assert "hint: see `egain" in configured(*line.split()).err


@pytest.mark.parametrize("line", ["token --scope", "profile add x --flow", "-p"])
def test_option_without_its_value_is_sent_to_its_own_command_s_help(configured: CommandLine, line: str) -> None:
    command = " ".join(["egain", *itertools.takewhile(lambda word: word.isalpha() and word != "x", line.split())])

    assert f"hint: see `{command} --help`\n" in configured(*line.split()).err


@pytest.mark.parametrize("meant", sorted({one for table in _SYNONYMS.values() for one in table.values()}))
def test_every_command_that_is_named_exists(configured: CommandLine, meant: str) -> None:
    words = [word for word in meant.split()[1:] if not word.isupper()]  # METHOD of `call` is a value

    assert configured(*words, "--help").status == 0


@pytest.mark.parametrize("words", [[], ["token"], ["profile", "set"]], ids=" ".join)
def test_help_prints_what_the_option_prints(configured: CommandLine, words: list[str]) -> None:
    by_command, by_option = configured("help", *words), configured(*words, "--help")

    assert (by_command.status, by_command.err) == (0, "")
    assert by_command.out == by_option.out
