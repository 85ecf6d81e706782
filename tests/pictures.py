"""The README's pictures: what is run for each, and what of it is made the same every time."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fakes.stage import stage
from terminal_svg import terminal_svg

from egain_auth_cli.terminal.paint import Style, paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakes.stage import Stage

FOLDER = Path(__file__).resolve().parent.parent / ".github"
_CONFIG = "/home/alice/.config/egain"
_TEMPORARY = "/tmp/egain-shots-"
"""With the eight letters that are added as long as `_CONFIG`, so that lines break alike."""
_CHANGES = (
    (r"(?<=127\.0\.0\.1:)84[6-9]\d", "8460"),
    (r"(?<=waiting for )[^ ,]+", "http://localhost:8400/callback"),
    (r"(?<=valid until )(\d{4}-\d\d-\d\d )?\d\d:\d\d", "10:00"),  # the day is told where it is not today's
    (r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", lambda time: "2030-01-02 10:00" + (":00" if time[1] else "")),
    (r"\b\d+ min\b", "60 min"),
    (r"\b\d{4} s\b", "3599 s"),
    (re.escape(_TEMPORARY) + r"\w{8}", _CONFIG),
)
"""Ports, times and folders, each by another of its kind and length."""
_API = "/knowledge/portalmgr/v4/portals"
_ARTICLES = f"egain -p sandbox call GET {_API}/PROD-1001/articles"
_AS_HINTED = "-q '$filter[topicId]=PROD-4002' --filter 'articles[:3].name'"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture.

    Attributes:
        name: Of its file, and of the commands in it.
        description: What is to be seen.
        commands: What is run, as it is typed, each with the exit status that belongs to it.
        columns: Of the terminal: so many that no word breaks.
    """

    name: str
    description: str
    commands: Sequence[tuple[str, int]]
    columns: int = 80


PICTURES = (
    Picture(
        "sign-in",
        "A terminal. egain login --pkce opens the browser, waits, and says who signed in and until when; then egain "
        "call shows that person's record, as coloured JSON.",
        [("egain -p sandbox login --pkce", 0), (f"egain -p sandbox call GET {_API}/user", 0)],
    ),
    Picture(
        "error",
        "A terminal. A call lacks a parameter: a warning says so before the request, the API refuses it, and the error "
        "ends with a hint. The call is repeated as the hint says, and prints three articles.",
        [(_ARTICLES, 7), (f"{_ARTICLES} \\\n    {_AS_HINTED}", 0)],
        columns=84,
    ),
    Picture(
        "status",
        "A terminal. egain status lists every setting in use, each with the place that it comes from, where the client "
        "secret is kept, how long the token is good, and who is signed in.",
        [("egain -p sandbox status", 0)],
        columns=94,  # also so that a time, which changes, is on one line
    ),
)


def pictures() -> dict[Path, str]:
    """Run what the pictures show, once and in their order; their files, and what is to be in them.

    Raises:
        RuntimeError: A command ended with another status than it should.
    """
    with (
        tempfile.TemporaryDirectory(prefix=Path(_TEMPORARY).name, dir=Path(_TEMPORARY).parent) as folder,
        stage(Path(folder), environ={}) as place,
    ):
        return {FOLDER / f"{one.name}.svg": _draw(one, place) for one in PICTURES}


def _draw(picture: Picture, place: Stage) -> str:
    lines: list[str] = []
    for command, status in picture.commands:
        first, *others = command.split("\n")
        shown = place.run(command, columns=picture.columns)
        if shown.status != status:
            raise RuntimeError(f"`{command}` ended with {shown.status}: {shown.text}")
        lines += [""] if lines else []
        lines += [f"{paint('$', Style.ASIDE)} {paint(first, Style.HEADING)}"]
        lines += [paint(row, Style.HEADING) for row in others]
        lines += map(made_the_same, shown.lines)
    return terminal_svg(lines, title=f"egain: {picture.name}", description=picture.description, columns=picture.columns)


def made_the_same(line: str) -> str:
    """Return a line with what changes from run to run replaced by something of its kind."""
    for pattern, same in _CHANGES:
        line = re.sub(pattern, same, line)
    return line
