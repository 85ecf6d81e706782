"""200 processes at one login, twenty times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.rush import CHANGES, rush

if TYPE_CHECKING:
    from fakes.process import LoadedProgram
    from fakes.world import World

PROCESSES = 200
ROUNDS = range(20)
KINDS = [(), *((one,) for one in CHANGES), tuple(CHANGES)]


@pytest.mark.parametrize("number", ROUNDS)
def test_processes_are_right_or_told_why_and_renew_once(world: World, program: LoadedProgram, number: int) -> None:
    changes = KINDS[number % len(KINDS)]

    came = rush(world, program, PROCESSES, changes=changes, seed=number)

    assert (came.refused, came.spent_twice) == ([], 0)
    assert came.refreshes <= 1 + ("rename" in changes)
    if not {"logout", "rename"} & set(changes):  # after which most are told, it depends on who comes first
        assert came.used == PROCESSES
