"""``egain login`` and the browser: what it is given, and that none is needed."""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from fakes.process import ended
from fakes.systems import NEEDS_POSIX
from fakes.world import (
    CLIENT_SECRET,
    World,
    authorization_url,
    redirect_of,
)

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)


def script(world: World, text: str) -> str:
    """Make a program of a shell script."""
    path = world.egain.home / "browser"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(stat.S_IRWXU)
    return str(path)


def test_browser_that_lives_on_holds_nothing_of_the_login(world: World) -> None:
    # neither the port nor a lock nor a terminal
    up = world.egain.home / "browser-is-up"
    browser = script(world, f"echo $$ > {up}.part; mv {up}.part {up}; exec sleep 60")
    world.give_tokens()
    with ended(world.egain.start("login", env={"BROWSER": browser})) as login:
        shown = login.read_error_until("=S256")
        with urlopen(redirect_of(shown), timeout=30):
            done = login.finish()
    pid = int(up.read_text())
    held = {entry.readlink() for entry in Path(f"/proc/{pid}/fd").iterdir()}
    os.kill(pid, signal.SIGKILL)

    assert done.status == 0, done.err
    assert held == {Path(os.devnull)}


@pytest.mark.parametrize(
    ("browser", "said"),
    [
        ("/bin/echo", None),
        ("no-such-browser-anywhere", "no browser was opened (`no-such-browser-anywhere` cannot be started)"),
        ("false", "the browser could not be started: open the address yourself"),
        ("'unbalanced", "no browser was opened"),
    ],
)
def test_no_browser_is_a_reason_to_fail(world: World, browser: str, said: str | None) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    with ended(world.egain.start("login", env={"BROWSER": browser})) as login:
        login.read_error_until(said or "=S256")
        shown = login.read_error_until("=S256")
        with urlopen(redirect_of(shown), timeout=30):
            done = login.finish()

    assert (done.status, done.out) == (0, "")
    assert done.seconds < 10


def test_without_a_display_the_address_is_left_to_the_person(world: World) -> None:
    world.give_tokens()
    with ended(world.egain.start("login", env={"BROWSER": None, "DISPLAY": None, "WAYLAND_DISPLAY": None})) as login:
        login.read_error_until("no browser was opened (there is no display); to sign in, open\n\n  http")
        shown = login.read_error_until("=S256")
        with urlopen(redirect_of(shown), timeout=30):
            done = login.finish()

    assert done.status == 0


def test_browser_gets_one_argument_and_none_of_the_secrets(world: World) -> None:
    seen = world.egain.home / "seen"
    browser = script(world, f'{{ echo "$#"; echo "$1"; env; }} > {seen}.part; mv {seen}.part {seen}; touch $(id)')
    world.give_tokens()
    environ = {
        "EGAIN_CLIENT_SECRET": CLIENT_SECRET,
        "EGAIN_ACCESS_TOKEN": "at-canary",
        "EGAIN_SUBJECT_TOKEN": "st-canary",
    }
    with ended(world.egain.start("login", "--auth-code", env={"BROWSER": browser, **environ})) as login:
        shown = login.read_error_until("knowledge.portalmgr.read&state=")
        shown += login.read_error_until("\n\n")
        with urlopen(redirect_of(shown), timeout=30):
            login.finish()
    said = seen.read_text()

    assert said.startswith(f"1\n{authorization_url(shown)}\n")
    assert [name for name in (CLIENT_SECRET, "at-canary", "st-canary") if name in said] == []
