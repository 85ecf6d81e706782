"""Git Bash's window, as Cygwin's library documents its pipes: nothing is asked there that would be shown."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.errors import UsageError
from egain_auth_cli.terminal import Terminal, mintty

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYBOARD = r"\msys-1888ae32e00d56aa-pty0-from-master"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A terminal on Windows whose standard input is a pipe."""
    monkeypatch.setattr(sys, "platform", "win32")
    reading, writing = os.pipe()
    os.write(writing, b"made-up\n")
    os.close(writing)
    with os.fdopen(reading) as stdin:
        yield Terminal({}, stdin=stdin, stdout=io.StringIO(), stderr=io.StringIO())


@pytest.mark.parametrize("name", [KEYBOARD, KEYBOARD.replace("msys", "cygwin")])
def test_secret_is_not_read_where_it_would_be_shown(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(mintty, "_pipe_name", lambda _: name)

    with pytest.raises(UsageError, match="would be shown as it is typed") as caught:
        terminal.read_secret_line("client secret")

    assert "`winpty`" in (caught.value.hint or "")


@pytest.mark.parametrize("name", ["", r"\msys-1888ae32e00d56aa-1234-pipe-0x1", r"\Win32Pipes.00001234.00000001"])
def test_secret_comes_by_any_other_pipe(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(mintty, "_pipe_name", lambda _: name)

    assert terminal.read_secret_line("client secret") == "made-up"


def test_question_that_cannot_be_asked_says_why(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mintty, "_pipe_name", lambda _: KEYBOARD)

    with pytest.raises(UsageError) as caught:
        terminal.ask("Name")

    assert "`winpty`" in (caught.value.hint or "")
