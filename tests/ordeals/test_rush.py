"""200 processes at one login, and somebody who changes it in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.rush import CHANGES, rush
from figures import amount

if TYPE_CHECKING:
    from fakes.process import LoadedProgram
    from fakes.world import World
    from figures import Measured

PROCESSES = 200
CHANGED = [tuple(CHANGES), *((one,) for one in CHANGES)]
ROUNDS = amount([(), *CHANGED[:2]], [()] * 50 + CHANGED * 5)


@pytest.mark.figure(
    "200 processes at one expired login", "one renewal a round, none spent twice; 50 rounds, 20 more with changes"
)
@pytest.mark.parametrize(("number", "changes"), list(enumerate(ROUNDS)))
def test_processes_are_right_or_told_why_and_renew_once(
    world: World, program: LoadedProgram, measured: Measured, number: int, changes: tuple[str, ...]
) -> None:
    came = rush(world, program, PROCESSES, changes=changes, seed=number)

    measured(1, "rounds")
    measured(came.refreshes, "renewals")
    measured(came.spent_twice, "spent twice")
    measured(len(came.refused), "failures")
    assert (came.refused, came.spent_twice) == ([], 0)
    assert came.refreshes <= 1 + ("rename" in changes)
    if not {"logout", "rename"} & set(changes):  # after which most are told, it depends on who comes first
        assert came.used == PROCESSES
