"""Lines put together from keys, as a terminal's own line mode does it."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING

import pytest
from fakes.systems import NEEDS_POSIX
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from egain_auth_cli.terminal.line_editor import Keys, LineEditor

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

ERASE, WORD, KILL = b"\x7f", b"\x17", b"\x15"


@pytest.fixture
def kernel() -> Iterator[tuple[int, int]]:
    """A terminal in its line mode that shows nothing."""
    import termios

    master, slave = os.openpty()
    mode = termios.tcgetattr(slave)
    mode[0] |= getattr(termios, "IUTF8", 0x4000)
    mode[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, mode)
    yield master, slave
    os.close(master)
    os.close(slave)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from([ERASE, WORD, KILL, b"\n", b"a", b"B", b"_", b"-", b" ", b"7", "é".encode()])))
def test_keys_do_what_they_do_in_the_terminals_own_line_mode(kernel: tuple[int, int], keys: list[bytes]) -> None:
    typed = b"".join([*keys, b"\n"])
    master, slave = kernel
    os.write(master, typed)
    lines = b""
    while lines.count(b"\n") < typed.count(b"\n") and select.select([slave], [], [], 10)[0]:
        lines += os.read(slave, 65536)

    assert LineEditor(Keys(), show=None).feed(typed) == lines.decode().removesuffix("\n").split("\n")


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(1, 7))
def test_pieces_do_not_matter_and_the_screen_never_loses_more_than_was_shown(raw: bytes, size: int) -> None:
    shown: list[bytes] = []
    whole, piecewise = LineEditor(Keys(), show=None), LineEditor(Keys(), show=shown.append)
    lines = [line for start in range(0, len(raw), size) for line in piecewise.feed(raw[start : start + size])]

    assert lines == whole.feed(raw)
    assert len(piecewise) == len(whole) <= len(raw)
    assert b"".join(shown).count(b"\b \b") <= 2 * len(raw)


@pytest.mark.parametrize(
    ("typed", "rubbed_out"),
    [(b"abc\x7f", 3), (b"abc\x08", 3), ("é\x7f".encode(), 3), (b"\x1b\x7f", 4), (b"abc\x15", 5), (b"\x7f", 2)],
)
def test_screen_follows(typed: bytes, rubbed_out: int) -> None:
    shown: list[bytes] = []
    LineEditor(Keys(), show=shown.append).feed(typed)

    assert b"".join(shown) == b"\b \b" * rubbed_out


def test_end_key_ends_an_empty_line_alone() -> None:
    editor = LineEditor(Keys(), show=None)

    assert (editor.feed(b"a\x04b"), editor.ended) == ([], False)
    assert (editor.feed(b"\n\x04"), editor.ended) == (["ab"], True)


def test_marks_of_a_paste_are_no_text() -> None:
    assert LineEditor(Keys(), show=None).feed(b"\x1b[200~a\x1b[20b\x1b[201~\r") == ["a\x1b[20b"]
