"""``egain exec`` where the system is as Windows documents itself: the console tells the command, not we."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from fakes.systems import NEEDS_POSIX

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

AS_ON_WINDOWS = """
import os, signal, subprocess, sys
del signal.SIGCHLD
signal.SIGBREAK = signal.SIGUSR1
sys.platform = "win32"
def send_signal(self, number):  # CPython's: what is no end is refused
    raise ValueError(f"Unsupported signal: {number}")
subprocess.Popen.send_signal = send_signal
from egain_auth_cli.exec_.child import Job
from egain_auth_cli.exec_.parent import Parent
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import TokenSet
token = TokenSet(access_token=Secret("made-up"), expires_at=9_000_000_000, obtained_at=0)
job = Job(command=sys.argv[1:], name="EGAIN_ACCESS_TOKEN", api_url=None)
parent = Parent(lambda _: token, clock=lambda: 1.0, warn=print)
sys.exit(parent.run(sys.argv[1], job, os.environ, token))
"""
MINDS_CTRL_C = """
import signal, sys
got = []
signal.signal(int(sys.argv[1]), lambda number, _: got.append(number))
print("ready", flush=True)
while not got:
    signal.pause()
sys.exit(5)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1], ids=["Ctrl-C", "Ctrl-Break"])
def test_console_s_keys_on_windows_are_the_command_s_own(number: signal.Signals) -> None:
    words = [sys.executable, "-c", MINDS_CTRL_C, str(int(number))]
    with subprocess.Popen(
        [sys.executable, "-c", AS_ON_WINDOWS, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        os.killpg(child.pid, number)  # as the console does: every process of it
        _, err = child.communicate(timeout=30)

    assert (child.returncode, err) == (5, "")
