"""The examples of scripts and jobs that the README and the help have, taken from their texts."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest
from fakes.readme import README, texts

from system.egain_command import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECTIONS = ("Scripts", "Jobs")
HELP = ("egain token", "egain export", "egain exec")
PLACEHOLDER = "https://…"
"""An address of the API, for the reader to fill in: the test fills in one of the sandbox."""

_IN_FISH = re.compile(r"^In fish: `(.+?)`", re.MULTILINE)
_SET = re.compile(r"(\w+)=\$\(")
_FOLD = re.compile(r" \\\n +")


class Example(NamedTuple):
    """An example, and who can run it."""

    text: str
    shell: str = "bash"


def _in_shell(text: str) -> Example:
    return Example(text, "fish" if "export fish" in text else "bash")


def _section_examples(name: str) -> Iterator[Example]:
    """Take each line of a section's blocks; one that reads a variable of the line before belongs to that one."""
    for block in texts(name):
        lines: list[str] = []
        for line in block.splitlines():
            before = _SET.match(lines[-1]) if lines else None
            if before and f"${before[1]}" in line:
                lines[-1] += f"\n{line}"
            else:
                lines.append(line)
        yield from map(_in_shell, lines)


def _help_examples(command: str) -> Iterator[Example]:
    """Take each of a command's examples; lines that were folded are one, and what is said about it stands above."""
    shown = subprocess.run([PROGRAM, *command.split()[1:], "--help"], capture_output=True, text=True, check=True)
    lines = _FOLD.sub(" ", shown.stdout.partition("\nExamples:\n")[2].partition("\n\n")[0]).splitlines()
    yield from (_in_shell(line.strip()) for line in lines if not line.strip().startswith("#"))


def _all_examples() -> list[Example]:
    found = [_section_examples(name) for name in SECTIONS] + [_help_examples(command) for command in HELP]
    in_fish = map(_in_shell, _IN_FISH.findall(README.read_text(encoding="utf-8")))
    return list(dict.fromkeys([*(example for some in found for example in some), *in_fish]))


EXAMPLES = _all_examples()
ran_examples: set[Example] = set()
"""The examples whose good case has a test."""


def examples(*beginnings: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark the test of the examples that begin with one of these words: it gets each as `example`."""
    chosen = [one for one in EXAMPLES if one.text.startswith(beginnings)]
    assert chosen, beginnings
    ran_examples.update(chosen)
    return each(chosen)


def each(chosen: list[Example]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark a test that gets each of these as `example`."""
    return pytest.mark.parametrize("example", chosen, ids=[" ".join(one.text.split())[:60] for one in chosen])
