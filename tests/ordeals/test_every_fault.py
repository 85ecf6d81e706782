"""Every command, struck at its calls to disk, lock and keyring: at each of them in a soak; and kills at any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.ordeal import COMMANDS, LOST, Ordeal, kill_at_random, walk
from figures import amount

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.process import LoadedProgram
    from fakes.world import World
    from figures import Measured

MOST_POINTS = 300
"""More than any command has; a walk ends where the program gets through."""
STRIDE = amount(7, 1)
STORES = amount(["keyring", "keychain"], ["file", "keyring", "keychain"])  # `tests/tokens/test_faults.py` has the file
# A secret whose setting is killed between the keychain's delete and add is gone; whoever sets it has it at hand.
CASES = [(command, store) for command in COMMANDS for store in STORES if (command, store) != ("secret set", "keychain")]
FIRST = {"kill": 1, "full": 3, "broken": 5}
TIMES = amount(1, 25)
"""At each point of what takes a refresh token and keeps its successor."""
KILLS, SEEDS = amount(100, 500), range(amount(2, 4))


@pytest.mark.figure("struck at every call of every command", "nothing torn or lost but at the one instant of a renewal")
@pytest.mark.parametrize("mode", FIRST)
@pytest.mark.parametrize(("command", "store"), CASES)
def test_command_that_is_struck_anywhere_loses_nothing(
    world: World, program: LoadedProgram, tmp_path: Path, measured: Measured, command: str, mode: str, store: str
) -> None:
    points = range(min(FIRST[mode], STRIDE), MOST_POINTS, STRIDE)
    times = TIMES if (store, mode) == ("file", "kill") and command in {"token", "login"} else 1

    struck, wrong = walk(Ordeal(world, program, store), command, mode, tmp_path, points=points, times=times)

    # The one instant: the server has taken the refresh token back, and its successor is in no file yet.
    allowed = [[LOST]] if (command, mode) == ("token", "kill") else []
    measured(struck, "strikes")
    measured(len(wrong), "points that lost it")
    assert struck >= 1
    assert list(wrong.values()) in amount(([], allowed), (allowed,)), wrong


@pytest.mark.figure("kill -9 at random moments", "2,000 kills, nothing torn, lost at the one instant alone")
@pytest.mark.parametrize("seed", SEEDS)
def test_kills_at_random_moments_lose_nothing_but_at_the_one_instant(
    world: World, program: LoadedProgram, measured: Measured, seed: int
) -> None:
    lost, wrong = kill_at_random(Ordeal(world, program), KILLS, seed=seed)

    measured(KILLS, "kills")
    measured(lost, "at the one instant")
    measured(len(wrong), "wrong")
    assert wrong == {}
    assert lost < KILLS
