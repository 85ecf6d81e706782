"""The README's pictures: they say the truth, stand alone, and are the same wherever they are made."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from fakes.systems import NEEDS_POSIX
from pictures import FOLDER, PICTURES, made_the_same
from terminal_svg import terminal_svg

GENERATED = Path(__file__).parent / "generated.py"
SVG = "{http://www.w3.org/2000/svg}"
FILES = sorted(FOLDER.glob("*.svg"))


def luminance(colour: str) -> float:
    """As WCAG 2.2 has it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def read(picture: str) -> Element:
    return fromstring(picture)  # noqa: S314  our own


def texts_of(root: Element) -> list[Element]:
    """Those of the lines, without the title of the window."""
    return root.findall(f"{SVG}text")[1:]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def picture(request: pytest.FixtureRequest) -> tuple[str, Element]:
    """A picture's name and its document."""
    return request.param.stem, read(request.param.read_text(encoding="utf-8"))


@pytest.mark.skipif(sys.platform == "win32", reason=NEEDS_POSIX)
def test_they_are_the_same_whatever_the_environment(tmp_path: Path) -> None:
    odd = {
        "TZ": "Asia/Tokyo", "LC_ALL": "C", "COLUMNS": "40", "NO_COLOR": "1", "TERM": "dumb", "HOME": "/nowhere",
        "TMPDIR": str(tmp_path), "EGAIN_PROFILE": "acme", "HTTP_PROXY": "http://proxy.example:1", "PYTHONUTF8": "0",
    }  # fmt: skip
    command = [sys.executable, str(GENERATED), "--check", "pictures"]
    done = subprocess.run(command, env={**os.environ, **odd}, capture_output=True, text=True, timeout=100, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_picture_needs_nothing_from_outside_and_runs_nothing(picture: tuple[str, Element]) -> None:
    _, root = picture
    attributes = {name for element in root.iter() for name in element.attrib}

    tags = {f"{SVG}{tag}" for tag in ("svg", "title", "desc", "style", "rect", "circle", "text")}
    assert {element.tag for element in root.iter()} == tags
    assert not {name for name in attributes if "href" in name or name.startswith("on")}
    assert not re.search(r"url|@import|@font-face", root.findtext(f"{SVG}style") or "")


def test_a_picture_is_named_and_described_for_who_does_not_see_it(picture: tuple[str, Element]) -> None:
    name, root = picture
    named = root.attrib["aria-labelledby"].split()

    assert root.attrib["role"] == "img"
    assert [root.findtext(f"{SVG}{tag}[@id='{id_}']") for tag, id_ in zip(("title", "desc"), named, strict=True)] == [
        f"egain: {name}",
        next(one.description for one in PICTURES if one.name == name),
    ]


def test_all_of_a_picture_is_within_its_frame(picture: tuple[str, Element]) -> None:
    _, root = picture
    ends = [float(one.attrib["x"]) + float(one.attrib["textLength"]) for one in texts_of(root)]
    lowest = max(float(one.attrib["y"]) for one in texts_of(root))

    assert max(ends) <= float(root.attrib["width"]) - 20
    assert lowest < float(root.attrib["height"]) - 10


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("error", "is missing:"),
        ("error", "$filter[topicId]"),
        ("status", "-U/oauth2/authorize"),
        ("status", "(in 60 min"),
    ],
)
def test_no_word_is_broken_at_the_frame(name: str, whole: str) -> None:
    root = read((FOLDER / f"{name}.svg").read_text(encoding="utf-8"))

    assert [one for one in texts_of(root) if whole in (one.text or "")] != []


def test_blanks_between_columns_are_kept_by_renderers_without_css(picture: tuple[str, Element]) -> None:
    _, root = picture
    spaced = [one for one in texts_of(root) if "  " in (one.text or "")]

    assert [one.text for one in spaced if one.get("{http://www.w3.org/XML/1998/namespace}space") != "preserve"] == []


def test_every_colour_can_be_read_on_its_ground() -> None:
    style = read(terminal_svg([], title="t", description="d", columns=80)).findtext(f"{SVG}style") or ""
    ground, *inks = re.findall(r"fill: (#\w{6})", style)
    contrasts = [(luminance(ink) + 0.05) / (luminance(ground) + 0.05) for ink in inks]

    assert len(inks) > 5
    assert min(contrasts) >= 7


def test_a_line_that_is_too_long_goes_on_below_as_on_a_terminal() -> None:
    drawn = terminal_svg(["\x1b[31m" + "a" * 79 + "\x1b[0mbcd & <e>"], title="t", description="d", columns=80)

    assert [(one.text, one.attrib["x"], one.attrib["y"], one.get("class")) for one in texts_of(read(drawn))] == [
        ("a" * 79, "20", "54", "colour1"),
        ("b", "683.6", "54", None),
        ("cd & <e>", "20", "74", None),
    ]


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ("open this link to 127.0.0.1:8461", "open this link to 127.0.0.1:8460"),
        ("waiting for http://127.0.0.1:8401/callback, Ctrl-C", "waiting for http://localhost:8400/callback, Ctrl-C"),
        ("http://localhost:8400/callback http://127.0.0.1:8401/callback", None),
        ("valid until 2026-11-28 23:59", "valid until 10:00"),
        ("expires 2026-11-28 23:59:59 UTC (in 59 min, 3541 s)", "expires 2030-01-02 10:00:00 UTC (in 60 min, 3599 s)"),
        ("in /tmp/egain-shots-a_b1c2d3/secrets", "in /home/alice/.config/egain/secrets"),
        ('"createdDate": "2030-01-02T03:04:05Z"', None),
    ],
)
def test_what_changes_is_replaced_by_its_like_and_nothing_else_is(shown: str, same: str | None) -> None:
    assert made_the_same(shown) == (same or shown)
