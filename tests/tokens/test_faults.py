"""Commands that are killed, or whose disk or keyring fails, at any call: nothing torn, nothing lost but what must be.

Here at every tenth call, with the login in a file; ``tests/ordeals`` has the keyrings, and in a soak every call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.ordeal import COMMANDS, LOST, Ordeal, kill_at_random, walk

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.process import LoadedProgram
    from fakes.world import World

STRIDE = 10
FIRST = {"kill": 1, "full": 2, "broken": 4}
LIMIT = 300


@pytest.mark.parametrize("mode", FIRST)
@pytest.mark.parametrize("command", COMMANDS)
def test_command_that_is_struck_loses_nothing(
    world: World, program: LoadedProgram, tmp_path: Path, command: str, mode: str
) -> None:
    points = range(FIRST[mode], LIMIT, STRIDE)

    struck, wrong = walk(Ordeal(world, program), command, mode, tmp_path, points=points)

    # The one instant: the server has taken the refresh token back, and its successor is in no file yet.
    at_most_one = [[LOST]] if (command, mode) == ("token", "kill") else []
    assert struck >= 1
    assert list(wrong.values()) in ([], at_most_one), wrong


@pytest.mark.timeout(600)
def test_kills_at_random_moments_lose_nothing_but_at_the_one_instant(world: World, program: LoadedProgram) -> None:
    lost, wrong = kill_at_random(Ordeal(world, program), 40, seed=20_240_901)

    assert wrong == {}
    assert lost < 40
