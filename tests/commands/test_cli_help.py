"""What ``--help`` shows: for every command there is, now and later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from egain_auth_cli import __version__
from egain_auth_cli.cli import LazyGroup
from egain_auth_cli.commands import COMMANDS

if TYPE_CHECKING:
    from fakes.command_line import CommandLine


def every_command() -> list[tuple[str, ...]]:
    """Every command that runs something, by its words."""
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command: Any = LazyGroup().get_command(None, name)
        inner = getattr(command, "commands", None)
        found += [(name, sub) for sub in inner] if inner else [(name,)]
    return found


EVERY = every_command()
_TAKES_A_SECRET = re.compile(r"--(client-)?secret(?!-)\b|password|passphrase|--([a-z]+-)?token(?!-)\b")


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_help_has_examples_and_fits_a_hundred_columns(program_line: CommandLine, words: tuple[str, ...]) -> None:
    ran = program_line(*words, "--help")
    example = re.search(r"^ *Examples?:\n((?:  .*\n)+)", ran.out, re.MULTILINE)

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: egain {' '.join(words)} ")
    assert example is not None
    assert " ".join(("egain", *words)) in re.sub(r"egain -p \S+", "egain", example[1])
    assert [line for line in ran.out.splitlines() if len(line) > 100] == []


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_option_is_described_and_none_takes_a_secret(program_line: CommandLine, words: tuple[str, ...]) -> None:
    options = program_line(*words, "--help").out.partition("Options:\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^  (-.*?)(?:  +|\n {10,})(\S.*)$", options, re.MULTILINE)
    names = [row[0] for row in rows]

    assert len(names) == len(re.findall(r"^  -", options, re.MULTILINE))
    assert [name for name in names if _TAKES_A_SECRET.search(name)] == []


@pytest.mark.parametrize("words", [(), *EVERY, ("profile",), ("secret",)], ids=" ".join)
def test_short_help_option_shows_the_same(program_line: CommandLine, words: tuple[str, ...]) -> None:
    long, short = program_line(*words, "--help"), program_line(*words, "-h")

    assert long == short


def test_help_of_the_program_lists_every_command_and_the_exit_statuses(program_line: CommandLine) -> None:
    ran = program_line("--help")

    assert ran.status == 0
    assert [name for name in COMMANDS if f"\n  {name} " not in ran.out] == []
    assert "130 interrupted" in ran.out
    assert [line for line in ran.out.splitlines() if len(line) > 100] == []


@pytest.mark.parametrize("words", [(), ("profile",), ("secret",)], ids=" ".join)
def test_without_a_command_the_help_is_shown(program_line: CommandLine, words: tuple[str, ...]) -> None:
    assert program_line(*words) == program_line(*words, "--help")


def test_line_in_the_list_is_the_command_s_own_kind(program_line: CommandLine) -> None:
    lines = [line for _, line in COMMANDS.values()]

    assert [line for line in lines if not line.endswith(".") or not line[0].isupper() or len(line) > 60] == []


@pytest.mark.parametrize("argv", [("--version",), ("--version", "token"), ("-v", "--version")], ids=" ".join)
def test_version_is_one_line(program_line: CommandLine, argv: tuple[str, ...]) -> None:
    assert program_line(*argv) == (0, f"egain {__version__}\n", "")
