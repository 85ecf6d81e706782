"""Secrets that are asked for on a terminal: of any length, never shown, and the terminal is given back."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from fakes.process import INTERRUPT
from fakes.systems import NEEDS_POSIX
from fakes.world import CLIENT_SECRET, World

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

ALL = {"ICANON", "ECHO", "ISIG"}
HIDDEN = {"ISIG"}
STOP = b"\x1a"
SECRET = "".join(f"{number:05x}" for number in range(1600))
"""8,000 characters: the kernel's line has 4,095, that of macOS 1,024."""


def test_long_client_secret_is_stored_whole_and_not_shown(world: World) -> None:
    with world.egain.on_terminal("secret", "set") as asked:
        asked.read_until("client secret of profile acme: ")
        assert asked.modes == HIDDEN
        asked.send(f"{SECRET}x\x7f\n".encode())
        done = asked.finish()
        assert asked.modes == ALL
    world.give_tokens()
    token = world.egain.run("token", "--client-credentials")

    assert (done.status, token.status) == (0, 0), done.out
    assert SECRET[:5] not in done.out
    assert world.server.to("/token")[0].form["client_secret"] == SECRET


def test_long_subject_token_is_sent_whole_and_not_shown(world: World) -> None:
    world.give_tokens()
    environ = {"EGAIN_CLIENT_SECRET": CLIENT_SECRET, "EGAIN_REGISTRATION_ID": "registration-1"}
    with world.egain.on_terminal("token", "--token-exchange", "--subject-token-file", "-", env=environ) as asked:
        asked.read_until("subject token: ")
        asked.send(f"{SECRET}\n".encode())
        done = asked.finish()

    assert done.status == 0, done.out
    assert SECRET[:5] not in done.out
    assert world.server.to("/token")[0].form["subject_token"] == SECRET


def test_line_beyond_every_secret_is_refused_and_not_cut(world: World) -> None:
    with world.egain.on_terminal("secret", "set") as asked:
        asked.read_until("client secret of profile acme: ")
        asked.send(b"x" * (64 * 1024 + 1))
        done = asked.finish()

    assert done.status == 2
    assert "longer than 65536 bytes" in done.out


@pytest.mark.parametrize(
    ("end", "status"), [(INTERRUPT, 130), (b"\x04", 130), ("SIGTERM", -signal.SIGTERM), ("SIGHUP", -signal.SIGHUP)]
)
def test_terminal_is_left_as_it_was_whatever_ends_the_question(world: World, end: bytes | str, status: int) -> None:
    with world.egain.on_terminal("secret", "set") as asked:
        asked.read_until("client secret of profile acme: ")
        if isinstance(end, bytes):
            asked.send(end)
        else:
            asked.signal(signal.Signals[end])
        done = asked.finish()

        assert (asked.modes, done.status) == (ALL, status)


@pytest.mark.parametrize("meanwhile", ["", "bg;"])
def test_stopped_question_gives_the_terminal_back_and_hides_again(world: World, meanwhile: str) -> None:
    with world.egain.shell_on_terminal() as shell:
        shell.send(b"egain secret set\n")
        shell.read_until("client secret of profile acme: ")
        shell.send(STOP)
        shell.read_until("Stopped")
        shell.send(b"stty -a; echo that was st''ty\n")
        said = shell.read_after("Stopped", "that was stty")
        shell.send(f"{meanwhile} fg\n".encode())
        shell.wait_for_modes(HIDDEN)
        shell.send(f"{SECRET}\n".encode())
        shown = shell.read_until("is stored")

    assert " icanon" in said
    assert " echo " in said
    assert SECRET[:5] not in shown


def test_question_in_the_background_waits_for_the_foreground(world: World) -> None:
    with world.egain.shell_on_terminal() as shell:
        shell.send(b"egain secret set & wait; echo wait is ov''er\n")
        shell.read_until("wait is over")
        shell.send(b"fg\n")
        shell.wait_for_modes(HIDDEN)
        shell.read_until("client secret of profile acme: ")
        shell.send(f"{SECRET}\n".encode())
        shown = shell.read_until("is stored")

    assert SECRET[:5] not in shown


def test_system_without_such_terminals_has_no_keyboard() -> None:
    script = (
        "import sys, signal, socket, select, threading; sys.platform = 'win32'; sys.modules['termios'] = None\n"
        "from egain_auth_cli.sign_in.paste import PasteReader\n"
        "from egain_auth_cli.terminal.keyboard import keyboard_at\n"
        "PasteReader(0, on_text=print, on_end=print); assert keyboard_at(0, echo=True, waits=True) is None"
    )

    subprocess.run([sys.executable, "-c", script], check=True)
