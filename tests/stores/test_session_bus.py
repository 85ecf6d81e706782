"""The user's own bus is found where `gdbus` finds it, and a dead address is named."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.systems import unix_socket

from egain_auth_cli.errors import KeyringMissing
from egain_auth_cli.stores.keyring_store import KeyringStore
from egain_auth_cli.stores.session_bus import VARIABLE, dead_address, find_session_bus

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A runtime folder: a short name, since the address of a socket has room for little."""
    with tempfile.TemporaryDirectory(prefix="egain-") as folder:
        yield Path(folder)


@pytest.fixture
def bus(runtime: Path) -> Iterator[Path]:
    with unix_socket() as one:
        one.bind(str(runtime / "bus"))
        one.listen()
        yield runtime / "bus"


def test_bus_of_the_runtime_folder_is_found_where_no_variable_has_one(runtime: Path, bus: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": str(runtime)}

    assert find_session_bus(environ) == f"unix:path={bus}"
    assert find_session_bus(environ | {VARIABLE: "unix:path=/other"}) is None


def test_what_is_no_socket_is_no_bus(runtime: Path) -> None:
    (runtime / "bus").touch()

    assert find_session_bus({"XDG_RUNTIME_DIR": str(runtime)}) is None


def test_address_at_which_nobody_listens_is_dead(bus: Path) -> None:
    assert dead_address({VARIABLE: f"unix:path={bus},guid=0"}) is None
    assert dead_address({VARIABLE: f"unix:path={bus}x"}) == f"unix:path={bus}x"
    assert dead_address({VARIABLE: "tcp:host=x"}) is None
    assert dead_address({}) is None


def test_dead_address_is_named_with_the_way_on() -> None:
    with pytest.raises(KeyringMissing, match="nobody listens at `unix:path=/nowhere/bus`") as caught:
        KeyringStore({VARIABLE: "unix:path=/nowhere/bus"}).get("acme/login/pkce/user")

    assert f"unset `{VARIABLE}`" in (caught.value.hint or "")
