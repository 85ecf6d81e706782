"""Makes the integration tests' helpers importable, and gives the fixtures of jobs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

_INTEGRATION = str(Path(__file__).parents[1] / "integration")
if _INTEGRATION not in sys.path:
    sys.path.append(_INTEGRATION)

from hostile_server import HostileServer  # noqa: E402
from process import Egain  # noqa: E402
from world import World, add_profile  # noqa: E402

from egain_auth_cli.sandbox.profile_document import profile_document  # noqa: E402
from egain_auth_cli.sandbox.server import SandboxServer  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def egain(tmp_path: Path) -> Egain:
    """The program, with folders of its own."""
    return Egain.in_folder(tmp_path / "person")


@pytest.fixture
def server() -> Iterator[HostileServer]:
    """A scripted server."""
    with HostileServer() as one:
        yield one


@pytest.fixture
def elsewhere() -> Iterator[HostileServer]:
    """Another origin. Nothing may ever connect to it."""
    with HostileServer() as one:
        yield one
        connections = one.connections

    assert connections == 0


@pytest.fixture
def world(egain: Egain, server: HostileServer, elsewhere: HostileServer) -> World:
    """A profile ``acme`` whose every address is the scripted server."""
    one = World(egain, server, elsewhere)
    one.add_profile()
    return one


@pytest.fixture
def sandbox(egain: Egain) -> Iterator[SandboxServer]:
    """A local eGain, and a profile ``acme`` for it, whose secret the environment has."""
    with SandboxServer() as one:
        add_profile(egain, "acme", profile_document(one.url) | {"redirect_uris": ["http://127.0.0.1/callback"]})
        egain.environ["EGAIN_CLIENT_SECRET"] = "sandbox-secret"
        yield one
