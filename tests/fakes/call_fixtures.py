"""A profile with a token and an API of one resource, for ``egain call``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.call_world import RENEWED, TOKEN, Api
from fakes.world import World, api_answer, cache_token

if TYPE_CHECKING:
    from fakes.process import LoadedProgram


@pytest.fixture
def calling(world: World) -> World:
    """A profile for client credentials with a cached token, and one resource, ``/things``."""
    world.add_profile(flow="client-credentials")
    world.egain.environ["EGAIN_CLIENT_SECRET"] = "secret-canary-1"
    cache_token(world.egain, TOKEN)
    world.give_tokens(RENEWED)
    world.server.on("/things", api_answer())
    return world


@pytest.fixture
def api(calling: World, program: LoadedProgram) -> Api:
    """The same, called by the program that is loaded once."""
    calling.server.on("/things", api_answer(b'{"name":"one"}'))
    return Api(calling, program)
