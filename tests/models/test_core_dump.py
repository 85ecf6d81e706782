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

resource = pytest.importorskip("resource", reason=NEEDS_POSIX)

LIMITS = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])"


@pytest.fixture
def cores() -> None:
    """Let what the test starts dump cores, where that can be; its own limit is the worker's."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells what a process may dump")
def test_process_that_asks_for_a_token_dumps_no_core(world: World, cores: None) -> None:
    world.add_profile(flow="client-credentials")
    world.server.on("/token", Answer(until=threading.Event()))

    with ended(world.egain.start("token", env={"EGAIN_CLIENT_SECRET": "made-up"})) as running:
        world.server.wait_for(1)
        limits = Path(f"/proc/{running.pid}/limits").read_text()
        os.kill(running.pid, signal.SIGABRT)
        _, status = os.waitpid(running.pid, 0)

    assert (os.WTERMSIG(status), os.WCOREDUMP(status)) == (signal.SIGABRT, False)
    assert [line.split()[4] for line in limits.splitlines() if line.startswith("Max core")] in (["1"], ["0"])


@pytest.mark.parametrize("option", [(), ("--watch-expiry",), ("--refresh-file", "token")])
def test_command_has_the_limit_that_the_person_has(world: World, cores: None, option: tuple[str, ...]) -> None:
    world.add_profile(flow="client-credentials")
    cache_token(world.egain, "made-up-token")

    done = world.egain.run("exec", *option, "--", sys.executable, "-c", LIMITS, env={"EGAIN_CLIENT_SECRET": "made-up"})

    assert int(done.out) == resource.getrlimit(resource.RLIMIT_CORE)[0]
