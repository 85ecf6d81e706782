"""How long a new refresh token is known to the server and to the memory of one process alone."""

from __future__ import annotations

import os
import statistics
import sys
import time
from typing import TYPE_CHECKING

import pytest
from fakes.systems import NEEDS_LINUX
from fakes.world import World, settings_of
from figures import amount

from egain_auth_cli.tokens.request import TokenRequest

if TYPE_CHECKING:
    from figures import Measured

RENEWALS = amount(3, 1000)
BOUNDS = {"ms median": 5, "ms p99": 50}


@pytest.mark.skipif(sys.platform != "linux", reason=NEEDS_LINUX)
@pytest.mark.figure("a new refresh token in no file", "5 ms median, 50 ms p99, loopback included", most=BOUNDS)
def test_first_thing_that_is_synced_after_the_answer_is_the_new_refresh_token(
    world: World, monkeypatch: pytest.MonkeyPatch, measured: Measured
) -> None:
    answered: list[float] = []
    exposed: list[float] = []
    sync = os.fsync

    def fsync(handle: int) -> None:
        sync(handle)
        if len(exposed) < len(answered):
            exposed.append(1000 * (time.monotonic() - answered[-1]))
            held.append(any(tokens.current.encode() in path.read_bytes() for path in world.egain.files()))

    held: list[bool] = []
    tokens = world.rotate(after=lambda: answered.append(time.monotonic()))
    world.sign_in()
    monkeypatch.setattr(os, "fsync", fsync)
    for _ in range(RENEWALS):
        runtime, settings = settings_of(world.egain)
        runtime.token_service(settings).acquire_token(TokenRequest(settings=settings, force_refresh=True))

    measured(len(held), "renewals")
    measured(statistics.median(exposed), "ms median")
    measured(statistics.quantiles(exposed, n=100)[-1], "ms p99")
    assert held == [True] * RENEWALS
