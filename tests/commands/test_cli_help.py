"""What ``--help`` shows: for every command there is, now and later."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from egain_auth_cli import __version__
from egain_auth_cli.cli import LazyGroup
from egain_auth_cli.commands import COMMANDS

if TYPE_CHECKING:
    from fakes.command_line import CommandLine
    from fakes.process import Egain


def every_command() -> list[tuple[str, ...]]:
    """Every command that runs something, by its words."""
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        command: Any = LazyGroup().get_command(None, name)
        inner = getattr(command, "commands", None)
        found += [(name, sub) for sub in inner] if inner else [(name,)]
    return found


EVERY = every_command()
PAGES = [(), *EVERY, ("profile",), ("secret",)]
ADD = ("profile", "add")


def command_of(words: tuple[str, ...]) -> Any:
    """The command itself, with what its help is made of."""
    command: Any = LazyGroup().get_command(None, words[0])
    return command.commands[words[1]] if len(words) > 1 else command


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


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_every_option_is_described_and_none_takes_a_secret(program_line: CommandLine, words: tuple[str, ...]) -> None:
    page = program_line(*words, "--help").out.partition("\nExamples:")[0]
    rows = re.findall(r"^  (-.*?)(?:  +|\n {10,})(\S.*)$", page, re.MULTILINE)
    names = [row[0] for row in rows]

    assert len(names) == len(re.findall(r"^  -", page, re.MULTILINE)) > 0
    assert [name for name in names if _TAKES_A_SECRET.search(name)] == []


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_help_says_defaults_and_bounds_as_a_person_would(program_line: CommandLine, words: tuple[str, ...]) -> None:
    page = program_line(*words, "--help").out

    assert re.findall(r"\[default|\[required|x[<>]=|<=x|default \d+\.0|\w\.\.\.$", page, re.MULTILINE) == []
    assert "{" not in page.partition("\n")[0]


def test_defaults_and_bounds_are_told(program_line: CommandLine) -> None:
    call, login, add = (" ".join(program_line(*one, "--help").out.split()) for one in (("call",), ("login",), ADD))

    assert "N pages at a time (1 to 32, default 1)." in call
    assert "a lost connection (default 2)." in call
    assert "wait for the person (default 300)." in login
    assert "--flow FLOW " in add
    assert "(one of pkce, authorization-code, client-credentials, anonymous, on-behalf-of, token-exchange)." in add


@pytest.mark.parametrize("words", PAGES[1:], ids=" ".join)
def test_help_ends_with_the_global_options(program_line: CommandLine, words: tuple[str, ...]) -> None:
    *_, blank, last = program_line(*words, "--help").out.splitlines()
    profile = "" if words == ("sandbox",) else "-p, "  # it has one of its own

    assert (blank, last) == (
        "",
        f"Global options: {profile}-v, --quiet, --error-format, --no-color (`egain --help`).",
    )


@pytest.mark.parametrize(
    ("words", "headings"),
    [
        (("token",), ["Output", "Flow", "Token", "Options"]),
        (("export",), ["Arguments", "Output", "Flow", "Token", "Options"]),
        (("exec",), ["Arguments", "Command", "Flow", "Token", "Options"]),
        (("login",), ["Flow", "Sign-in", "Options"]),
        (ADD, ["Arguments", "Instance", "Client application", "Flow", "URLs", "Options"]),
        (
            ("call",),
            ["Arguments", "Request", "Body", "Output", "Pages and jobs", "Flow", "Token", "Documented operations",
             "Options"],
        ),
        (("profile",), ["Commands", "Options"]),
        (("secret",), ["Commands", "Options"]),
        (("profile", "use"), ["Arguments", "Options"]),
        (("secret", "delete"), ["Options"]),
        ((), ["Commands", "Global options", "Options"]),
    ],
    ids=str,
)  # fmt: skip
def test_options_are_in_groups(program_line: CommandLine, words: tuple[str, ...], headings: list[str]) -> None:
    page = program_line(*words, "--help").out

    assert [*headings, "Examples"] == re.findall(r"^([A-Z].*):$", page, re.MULTILINE)
    assert re.findall(r"^Options:\n((?:  .*\n)+)", page, re.MULTILINE)[0].count("\n  -") == (3 if not words else 0)


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
@pytest.mark.parametrize("width", [80, 100, 200])
def test_help_uses_the_terminals_width_up_to_a_hundred_columns(
    program_line: CommandLine, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = program_line(*words, "--help").out.splitlines()

    assert [line for line in lines if len(line) > min(width, 100)] == []
    assert width == 80 or words != ("call",) or max(map(len, lines)) > 90


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_examples_run_as_they_are_copied(
    program_line: CommandLine, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    whole, folded = command_of(words).epilog, program_line(*words, "--help").out
    (asked,), (shown,) = (re.findall(r"^Examples?:\n((?:  .*\n?)+)", text, re.MULTILINE) for text in (whole, folded))
    commands = [line for line in shown.replace("\\\n", "").splitlines() if not line.startswith("  # ")]

    assert [shlex.split(line) for line in commands] == [
        shlex.split(line) for line in asked.replace("\\\n", "").splitlines() if not line.startswith("  # ")
    ]
    assert re.findall(r" -\S+ \\\n +[^ -].*", shown) == []  # an option's value stays beside it
    assert re.findall(r"\S {3,}\S", asked) == []  # an explanation beside a command would be copied with it


def test_lists_of_commands_are_whole(program_line: CommandLine) -> None:
    shown = {name: " ".join(program_line(name, "--help").out.split()) for name in ("profile", "secret")}

    for words in EVERY:
        line = command_of(words).get_short_help_str()
        assert re.fullmatch(r"[A-Z].{,68}[^.]\.", line)
        assert len(words) == 1 or f" {words[1]} {line} " in shown[words[0]]


@pytest.mark.parametrize(
    ("env", "argv", "bold"),
    [({}, (), True), ({"NO_COLOR": "1"}, (), False), ({"TERM": "dumb"}, (), False), ({}, ("--no-color",), False)],
)
def test_help_on_a_terminal_is_that_of_a_pipe_with_bold_headings(
    egain: Egain, env: dict[str, str], argv: tuple[str, ...], bold: bool
) -> None:
    shown = {"TERM": "xterm-256color", "NO_COLOR": None, "COLUMNS": "80", **env}
    with egain.on_terminal("token", "--help", *argv, env=shown) as terminal:
        page = terminal.finish().out.replace("\r\n", "\n")

    assert ("\x1b[1mUsage\x1b[0m: egain token" in page, "\x1b[1mFlow\x1b[0m:\n" in page) == (bold, bold)
    assert re.sub(r"\x1b\[\d?m", "", page) == egain.run("token", "--help", env=shown).out
    assert bold or "\x1b" not in page


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
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
