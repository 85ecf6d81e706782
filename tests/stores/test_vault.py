"""Windows' Credential Manager, by keyring's own back-end on a stand-in for the system that enforces its limit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backends import Windows

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.token import LONGEST_TOKEN
from egain_auth_cli.stores.keyring_store import KeyringStore

ITEM = "acme/login/pkce/user"
MOST_BYTES = 2560
"""Windows' CRED_MAX_CREDENTIAL_BLOB_SIZE."""
LENGTHS = [0, 1, 1279, 1280, 1281, 2560, 2561, 5000, LONGEST_TOKEN]


class VaultError(Exception):
    """The system's own error."""

    def __init__(self, winerror: int, funcname: str) -> None:
        super().__init__(winerror, funcname)
        self.winerror = winerror
        self.funcname = funcname


class Credentials:
    """What pywin32 offers of the Credential Manager; ``fail_at`` makes the n-th change fail."""

    CRED_TYPE_GENERIC, CRED_PERSIST_ENTERPRISE = 1, 3

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.fail_at = 0
        self.changes = 0

    def CredRead(self, *, Type: int, TargetName: str) -> dict[str, Any]:  # noqa: N802, N803
        if TargetName not in self.kept:
            raise VaultError(1168, "CredRead")
        return dict(self.kept[TargetName])

    def CredWrite(self, credential: dict[str, Any], _: int) -> None:  # noqa: N802
        blob = credential["CredentialBlob"].encode("utf-16-le", "surrogatepass")
        if len(blob) > MOST_BYTES:
            raise VaultError(1783, "CredWrite")  # the stub received bad data
        self._change()
        self.kept[credential["TargetName"]] = {**credential, "CredentialBlob": blob}

    def CredDelete(self, *, Type: int, TargetName: str) -> None:  # noqa: N802, N803
        self._change()
        if self.kept.pop(TargetName, None) is None:
            raise VaultError(1168, "CredDelete")

    def _change(self) -> None:
        self.changes += 1
        if self.changes == self.fail_at:
            raise VaultError(5, "access is denied")


class Types:
    """What pywin32 calls its error."""

    error = VaultError


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Credentials:
    one = Credentials()
    monkeypatch.setattr(Windows, "win32cred", one, raising=False)
    monkeypatch.setattr(Windows, "pywintypes", Types, raising=False)
    monkeypatch.setattr(Windows, "missing_deps", None)
    return one


def store() -> KeyringStore:
    return KeyringStore({"PYTHON_KEYRING_BACKEND": "keyring.backends.Windows.WinVaultKeyring"})


@pytest.mark.parametrize("length", LENGTHS)
def test_secret_of_any_length_comes_back_and_goes_without_a_trace(system: Credentials, length: int) -> None:
    value = "x" * length
    store().set(ITEM, value)
    back = store().get(ITEM)
    store().delete(ITEM)

    assert back == value
    assert (store().get(ITEM), system.kept) == (None, {})


# Without byte order marks and half pairs, which keyring takes for what they are; what is kept is JSON in ASCII.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\ufffe"), max_size=4000)


@given(values=st.lists(TEXTS, min_size=1, max_size=3))
def test_secrets_of_any_characters_replace_each_other_and_leave_nothing_behind(values: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        system = Credentials()
        patch.setattr(Windows, "win32cred", system, raising=False)
        patch.setattr(Windows, "pywintypes", Types, raising=False)
        patch.setattr(Windows, "missing_deps", None)
        for value in values:
            store().set(ITEM, value)
            assert store().get(ITEM) == value
        store().delete(ITEM)

    assert system.kept == {}


def test_secret_that_looks_like_the_entry_of_a_split_one_comes_back(system: Credentials) -> None:
    value = "parts 0 1 " + "0" * 64
    store().set(ITEM, value)

    assert store().get(ITEM) == value


@pytest.mark.parametrize("former", [10, 3000, 6000])
@pytest.mark.parametrize("new", [10, 3000, 6000])
def test_half_written_secret_is_never_read(system: Credentials, former: int, new: int) -> None:
    whole = 0
    for number in range(1, 30):
        system.kept.clear()
        store().set(ITEM, "f" * former)
        system.changes, system.fail_at = 0, number
        try:
            store().set(ITEM, "n" * new)
            whole += 1
        except StoreError:
            pass
        system.fail_at = 0
        assert store().get(ITEM) in ("f" * former, "n" * new)
        if number % 2:
            store().set(ITEM, "a" * 10)
            # keyring's back-end keeps the former value under a name of its own until both are deleted
            assert [name for name in system.kept if "@" not in name] == [f"egain/{ITEM}"]
        store().delete(ITEM)
        assert system.kept == {}

    assert 0 < whole < 29


@pytest.mark.parametrize("lost", range(5))
def test_secret_of_which_a_part_is_lost_is_none_and_goes_without_a_trace(system: Credentials, lost: int) -> None:
    store().set(ITEM, "x" * 5000)
    del system.kept[sorted(system.kept)[lost]]
    found = store().get(ITEM)
    store().delete(ITEM)

    assert (found, system.kept) == (None, {})


def test_two_processes_that_write_different_secrets_lose_none(system: Credentials) -> None:
    # keyring's back-end moves what is stored under the same service name
    real = system.CredRead

    def write_in_between(**wanted: Any) -> dict[str, Any]:
        system.CredRead = real  # type: ignore[method-assign]
        found = None
        try:
            found = real(**wanted)
        finally:
            store().set("other/login", "second")
        return found

    store().set("other/login", "first")
    system.CredRead = write_in_between  # type: ignore[method-assign]
    store().set(ITEM, "mine")

    assert (store().get(ITEM), store().get("other/login")) == ("mine", "second")


def test_reader_that_meets_a_writer_reads_one_of_the_two(system: Credentials) -> None:
    store().set(ITEM, "f" * 5000)
    real, reads = system.CredRead, []

    def write_in_between(**wanted: Any) -> dict[str, Any]:
        reads.append(wanted)
        if len(reads) == 3:
            system.CredRead = real  # type: ignore[method-assign]
            store().set(ITEM, "n" * 5000)
        return real(**wanted)

    system.CredRead = write_in_between  # type: ignore[method-assign]

    assert store().get(ITEM) == "n" * 5000
