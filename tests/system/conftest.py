"""What every system test gets: a server a module, and folders, environment and person of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from system.authorization_server import AuthorizationServer, free_port, serving
from system.egain_command import Egain, own_egain
from system.keyring_session import KeyringSession, own_session, shared_session
from system.person import Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    """Settings of the module's server; a module with other needs has a fixture of this name."""
    return {}


@pytest.fixture(scope="module")
def web_port() -> int:
    """The port of the redirect URI that the client `web` has registered."""
    return free_port()


@pytest.fixture(scope="module")
def module_server(
    tmp_path_factory: pytest.TempPathFactory, server_environ: dict[str, str], web_port: int
) -> Iterator[AuthorizationServer]:
    with serving(tmp_path_factory.mktemp("server"), server_environ | {"WEB_PORT": str(web_port)}) as server:
        yield server


@pytest.fixture
def server(module_server: AuthorizationServer) -> AuthorizationServer:
    """The module's authorization server, with a log that begins with the test."""
    module_server.forget_requests()
    return module_server


@pytest.fixture
def keyring() -> Iterator[KeyringSession]:
    """The unlocked keyring that all tests share, empty of ours before and after."""
    session = shared_session()
    session.clear()
    yield session
    session.clear()


@pytest.fixture
def own_keyring() -> Iterator[KeyringSession]:
    """A keyring that the test may lock, stop and kill."""
    with own_session() as session:
        yield session


@pytest.fixture
def egain(tmp_path: Path, keyring: KeyringSession) -> Egain:
    """The command in an environment that holds nothing but this: no proxy, no certificates, no display."""
    return own_egain(tmp_path / "home").within(
        {name: keyring.environ[name] for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")}
    )


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """Somebody who signs in where they are asked to."""
    person = Person(tmp_path / "person.jsonl")
    yield person
    person.leave()
