"""The program as a process, the servers it talks to, and profiles for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.sandbox.profile_document import profile_document
from egain_auth_cli.sandbox.server import SandboxServer
from fakes.hostile_server import HostileServer
from fakes.process import Egain, LoadedProgram, loaded_program
from fakes.sandbox_person import BROWSER
from fakes.world import World, add_profile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def egain(tmp_path: Path) -> Egain:
    """The program, with folders of its own."""
    return Egain.in_folder(tmp_path / "person")


@pytest.fixture
def program() -> LoadedProgram:
    """The program, loaded once, for tests that run it very often."""
    return loaded_program()


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
    """A local eGain, and a profile ``sandbox`` for it; the person at the browser is a program."""
    with SandboxServer() as one:
        values = profile_document(one.url) | {"redirect_uris": ["http://127.0.0.1/callback"]}
        add_profile(egain, "sandbox", values)
        egain.environ["BROWSER"] = BROWSER
        yield one


@pytest.fixture
def acme_sandbox(egain: Egain) -> Iterator[SandboxServer]:
    """A local eGain, and a profile ``acme`` for it, whose secret the environment has."""
    with SandboxServer() as one:
        add_profile(egain, "acme", profile_document(one.url) | {"redirect_uris": ["http://127.0.0.1/callback"]})
        egain.environ["EGAIN_CLIENT_SECRET"] = "sandbox-secret"
        yield one
