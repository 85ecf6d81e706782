"""What every secret store does, whichever it is."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from fakes.keyring_backends import MemoryKeyring
from fakes.secret_store import FakeSecretStore
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.stores.file_secret_store import FileSecretStore
from egain_auth_cli.stores.keyring_store import KeyringStore

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.stores.secret_store import SecretStore

MEMORY = "fakes.keyring_backends.MemoryKeyring"
ITEMS = [
    "acme/client-secret",
    "ACME/client-secret",
    "acme/login/pkce/user",
    "acme/login/pkce/customer",
    "@environment/a b:c;d'e\"f",
    "ацме/секрет",
    "アクメ/秘密",
    "عمل/سر",
    "../../etc/passwd",
    "a" * 300,
    "a" * 299 + "b",
    "acme-client-secret",
]


@pytest.fixture(params=["file", "keyring", "fake"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SecretStore:
    if request.param == "file":
        return FileSecretStore(tmp_path / "secrets")
    if request.param == "fake":
        return FakeSecretStore()
    monkeypatch.setattr(MemoryKeyring, "kept", {})
    return KeyringStore({"PYTHON_KEYRING_BACKEND": MEMORY, "EGAIN_KEYRING_ALLOW": MEMORY})


def test_nothing_is_there_before_it_is_set(store: SecretStore) -> None:
    assert (store.get("acme/client-secret"), store.delete("acme/client-secret")) == (None, False)


def test_what_is_set_is_given_back(store: SecretStore) -> None:
    store.set("acme/client-secret", "made-up-secret")

    assert store.get("acme/client-secret") == "made-up-secret"


def test_later_value_replaces_the_former(store: SecretStore) -> None:
    store.set("acme/client-secret", "made-up-secret-1" * 100)
    store.set("acme/client-secret", "made-up-secret-2")

    assert store.get("acme/client-secret") == "made-up-secret-2"


def test_deleted_value_is_gone_and_deleting_again_says_so(store: SecretStore) -> None:
    store.set("acme/client-secret", "made-up-secret")

    assert [store.delete("acme/client-secret"), store.delete("acme/client-secret")] == [True, False]
    assert store.get("acme/client-secret") is None


def test_items_of_every_name_keep_their_own_values(store: SecretStore) -> None:
    names = [*ITEMS, *(f"profile {number}/client-secret" for number in range(50))]
    order = random.Random(7)
    order.shuffle(names)
    for name in names:
        store.set(name, f"made-up value of {name}")
    order.shuffle(names)

    assert {name: f"made-up value of {name}" for name in names} == {name: store.get(name) for name in names}
    gone = names[: len(names) // 2]
    for name in gone:
        store.delete(name)
    assert [None if name in gone else f"made-up value of {name}" for name in names] == [
        store.get(name) for name in names
    ]


@pytest.mark.parametrize("length", [1, 1280, 1281, 16384])
def test_value_of_any_length_makes_the_round_trip(store: SecretStore, length: int) -> None:
    value = "é" * length
    store.set("acme/client-secret", value)

    assert value == store.get("acme/client-secret")


@settings(deadline=None)
@given(st.text(min_size=1, max_size=50))
def test_file_keeps_any_text(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    store = FileSecretStore(tmp_path_factory.mktemp("kept") / "secrets")
    store.set("item", value)

    assert value == store.get("item")


def test_place_is_described_without_any_value(store: SecretStore) -> None:
    store.set("acme/client-secret", "made-up-secret")

    described = store.describe()
    assert described
    assert "made-up-secret" not in described
