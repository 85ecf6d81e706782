"""The README's blocks, taken from its text, and a mark for the test that runs each of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

README = Path(__file__).parents[2] / "README.md"
ran: set[str] = set()
"""The names of the blocks for which there is a test: a recipe's own, else that of its section."""

_HEADING = re.compile(r"##? (.+)")
_MARK = re.compile(r"<!-- recipe: ([a-z-]+) -->")
_FENCE = re.compile(r"( *)```([a-z]*)")


class Block(NamedTuple):
    """A fenced block: what it is called, its language and its text."""

    name: str
    language: str
    text: str


def _read_blocks() -> Iterator[Block]:
    section, mark, lines = "", "", iter(README.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if found := _HEADING.fullmatch(line):
            section = found[1]
        elif found := _MARK.fullmatch(line):
            mark = found[1]
        elif found := _FENCE.fullmatch(line):
            indent, language = len(found[1]), found[2]
            text = "".join(f"{one[indent:]}\n" for one in iter(lambda: next(lines), f"{found[1]}```"))
            yield Block(mark or section, language, text)
            mark = ""


BLOCKS = list(_read_blocks())


def texts(name: str) -> list[str]:
    """Return the blocks of a name, and hold them for run by whoever asks."""
    found = [one.text for one in BLOCKS if one.name == name]
    assert found, name
    ran.add(name)
    return found


def recipe(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Mark the test of the one block of this name, which it gets as `block`."""
    (text,) = texts(name)
    return pytest.mark.parametrize("block", [text], ids=[name])
