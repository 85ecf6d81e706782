"""No core of a process that holds a secret, and those of a command that it runs as they were."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer
from fakes.process import ended
from fakes.systems import NEEDS_POSIX
from fakes.world import cache_token

if TYPE_CHECKING:
    from fakes.world import World

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

DUMPING = ("sh", "-c", 'ulimit -S -c $(ulimit -H -c); exec "$@"', "sh", sys.executable, "-m", "egain_auth_cli")
"""The program where cores are dumped, if the system dumps any."""
SECRET = {"EGAIN_CLIENT_SECRET": "made-up"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells what a process may dump")
def test_process_that_asks_for_a_token_dumps_no_core(world: World) -> None:
    world.add_profile(flow="client-credentials")
    world.server.on("/token", Answer(until=threading.Event()))

    with ended(world.egain.start("token", program=DUMPING, piped=False, env=SECRET)) as running:
        world.server.wait_for(1)
        limits = Path(f"/proc/{running.pid}/limits").read_text()
        os.kill(running.pid, signal.SIGABRT)
        _, status = os.waitpid(running.pid, 0)

    assert (os.WTERMSIG(status), os.WCOREDUMP(status)) == (signal.SIGABRT, False)
    assert [line.split()[4] for line in limits.splitlines() if line.startswith("Max core")] in (["1"], ["0"])


@pytest.mark.parametrize("option", [(), ("--watch-expiry",), ("--refresh-file", "token")])
def test_command_has_the_limit_that_the_person_has(world: World, option: tuple[str, ...]) -> None:
    world.add_profile(flow="client-credentials")
    cache_token(world.egain, "made-up-token")
    words = ("exec", *option, "--", "sh", "-c", "ulimit -S -c; ulimit -H -c")

    done = world.egain.start(*words, program=DUMPING, piped=False, env=SECRET).finish()
    soft, hard = done.out.split()

    assert (done.status, soft) == (0, hard)
