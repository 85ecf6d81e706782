"""Colour on Windows: the old console shows a code as the characters that it is made of, so it gets none."""

from __future__ import annotations

import io
import sys

import pytest

from egain_auth_cli.terminal import Terminal


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("platform", "environ", "coloured"),
    [("win32", {}, False), ("win32", {"WT_SESSION": "made-up"}, True), ("linux", {}, True)],
)
def test_only_a_console_that_reads_codes_gets_them(
    monkeypatch: pytest.MonkeyPatch, platform: str, environ: dict[str, str], coloured: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    screen = Screen()

    Terminal(environ, stdin=None, stdout=screen, stderr=screen).warn("mind this")

    assert ("\x1b" in screen.getvalue()) == coloured
    assert "mind this" in screen.getvalue()
