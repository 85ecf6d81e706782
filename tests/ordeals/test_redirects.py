"""Every redirect, for every request that carries a credential: nothing of it goes anywhere else."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer
from fakes.ordeal import answer_browser
from figures import amount

if TYPE_CHECKING:
    from fakes.process import LoadedProgram
    from fakes.world import World
    from figures import Measured

STATUSES = (301, 302, 303, 307, 308)
TARGETS = (
    "http://localhost:ELSE/x",
    "http://127.0.0.1:ELSE/x",
    "http://sub.localhost:ELSE/x",
    "https://127.0.0.1:HERE/x",
    "http://127.0.0.1:HERE/x",
)
REDIRECTS = list(product(STATUSES, TARGETS))[:: amount(6, 1)]  # every sixth: each status once, each target once
CALL = ("call", "GET", "/things", "-H", "X-Api-Key: mine")
COMMANDS = [  # what is run, and the path whose request is answered by a redirect
    (("token", "--force-refresh"), "/token"),
    (("login", "--force"), "/token"),
    (("logout",), "/revoke"),
    (CALL, "/things"),
]


@pytest.mark.figure("redirects to another place", "5 statuses x 5 targets x 4 commands, nothing sent there")
@pytest.mark.parametrize(("argv", "path"), COMMANDS)
def test_no_redirect_is_followed(
    world: World, program: LoadedProgram, measured: Measured, argv: tuple[str, ...], path: str
) -> None:
    urls = world.profile()["endpoints"]["user"] | {"revocation_url": f"{world.server.url}/revoke"}
    world.add_profile(endpoints={"user": urls})
    world.egain.environ["BROWSER"] = "true"
    for number, (status, target) in enumerate(REDIRECTS):
        world.sign_in(left=3000)
        location = target.replace("ELSE", str(world.elsewhere.port)).replace("HERE", str(world.server.port))
        world.server.on(path, Answer(status=status, headers=(("Location", location),)))
        run = program.start(world.egain, argv, stdin=None, env={}, fault=None)
        if argv[0] == "login":
            answer_browser(run)
        done = run.finish()

        assert done.status == (7 if argv == CALL else 5), done.shown
        assert [one.path for one in world.server.requests] == [path] * (number + 1)
    measured(len(REDIRECTS), "redirects")
    measured(world.elsewhere.connections, "connections elsewhere")
