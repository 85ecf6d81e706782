"""What a terminal shows in the end, which the demo and the pictures show."""

from __future__ import annotations

import io

import pytest
from fakes.screen import shown_lines

from egain_auth_cli.terminal.display import LiveLine


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_of_progress_is_gone_and_what_was_said_meanwhile_stays() -> None:
    screen = Screen()
    screen.write("before\n")
    line = LiveLine(screen, "egain: asking …", total=None, counts_bytes=False, color=True)
    line.start()
    line.write("meanwhile\n")
    line.update("egain: still asking …", 0)
    line.stop()
    screen.write("after\n")

    assert "asking" in screen.getvalue()
    assert shown_lines(screen.getvalue()) == ["before", "meanwhile", "after"]


def test_colours_stay_and_a_link_is_its_words() -> None:
    written = "\x1b[32mgood\x1b[0m \x1b]8;;http://127.0.0.1/\x1b\\this link\x1b]8;;\x1b\\\r\n\r\nend\r\n\r\n"

    assert shown_lines(written) == ["\x1b[32mgood\x1b[0m this link", "", "end"]


def test_a_code_that_is_not_known_is_no_text() -> None:
    with pytest.raises(ValueError, match="not known"):
        shown_lines("a\x1b[2Jb")
