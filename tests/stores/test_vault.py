"""Windows' Credential Manager, by keyring's own back-end on a stand-in for the system that enforces its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.credential_manager import Credentials, Killed, install
from hypothesis import given
from hypothesis import strategies as st
from keyring.backends import Windows

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.token import LONGEST_TOKEN
from egain_auth_cli.stores.keyring_store import KeyringStore
from egain_auth_cli.stores.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ITEM = "acme/login/pkce/user"
LENGTHS = [0, 1, 1279, 1280, 1281, 2560, 2561, 5000, LONGEST_TOKEN]
pytest_plugins = ("fakes.credential_manager",)


def store() -> KeyringStore:
    return KeyringStore({"PYTHON_KEYRING_BACKEND": "keyring.backends.Windows.WinVaultKeyring"})


@pytest.mark.parametrize("length", LENGTHS)
def test_secret_of_any_length_comes_back_and_goes_without_a_trace(credentials: Credentials, length: int) -> None:
    value = "x" * length
    store().set(ITEM, value)
    back = store().get(ITEM)
    store().delete(ITEM)

    assert back == value
    assert (store().get(ITEM), credentials.kept) == (None, {})


# Without byte order marks and half pairs, which keyring takes for what they are; what is kept is JSON in ASCII.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\ufffe"), max_size=4000)


@given(values=st.lists(TEXTS, min_size=1, max_size=3))
def test_secrets_of_any_characters_replace_each_other_and_leave_nothing_behind(values: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        credentials = install(patch)
        for value in values:
            store().set(ITEM, value)
            assert store().get(ITEM) == value
        store().delete(ITEM)

    assert credentials.kept == {}


def test_secret_that_looks_like_the_entry_of_a_split_one_comes_back(credentials: Credentials) -> None:
    value = "parts 0 1 " + "0" * 64
    store().set(ITEM, value)

    assert store().get(ITEM) == value


@pytest.mark.parametrize("former", [10, 3000, 6000])
@pytest.mark.parametrize("new", [10, 3000, 6000])
def test_half_written_secret_is_never_read(credentials: Credentials, former: int, new: int) -> None:
    whole = 0
    for number in range(1, 30):
        credentials.kept.clear()
        store().set(ITEM, "f" * former)
        credentials.changes, credentials.fail_at = 0, number
        try:
            store().set(ITEM, "n" * new)
            whole += 1
        except StoreError:
            pass
        credentials.fail_at = 0
        assert store().get(ITEM) in ("f" * former, "n" * new)
        if number % 2:
            store().set(ITEM, "a" * 10)
            assert list(credentials.kept) == [f"egain/{ITEM}"]
        store().delete(ITEM)
        assert credentials.kept == {}

    assert 0 < whole < 29


@pytest.mark.parametrize("lost", range(5))
def test_secret_of_which_a_part_is_lost_is_none_and_goes_without_a_trace(credentials: Credentials, lost: int) -> None:
    store().set(ITEM, "x" * 5000)
    del credentials.kept[sorted(credentials.kept)[lost]]
    found = store().get(ITEM)
    store().delete(ITEM)

    assert (found, credentials.kept) == (None, {})


@pytest.mark.parametrize("read", range(1, 9))
def test_two_processes_that_write_different_secrets_lose_none(credentials: Credentials, read: int) -> None:
    # keyring's back-end moves what is stored under the same service name
    store().set("other/login", "first")
    store().set(ITEM, "former")
    credentials.meanwhile(read, lambda: store().set("other/login", "second"))
    store().set(ITEM, "mine")

    assert (store().get(ITEM), store().get("other/login")) == ("mine", "second")


def test_reader_that_meets_a_writer_reads_one_of_the_two(credentials: Credentials) -> None:
    store().set(ITEM, "f" * 5000)
    credentials.meanwhile(2, lambda: store().set(ITEM, "n" * 5000))

    assert store().get(ITEM) == "n" * 5000


def test_description_names_the_entries_as_they_are_seen_there(credentials: Credentials) -> None:
    one = store()
    one.set(ITEM, "x" * 2000)

    assert one.describe() == "OS keyring (Windows), entries `egain/…`"
    assert all(name.startswith("egain/") for name in credentials.kept)


def entries() -> Vault:
    return Vault(Windows.WinVaultKeyring())  # type: ignore[no-untyped-call]


def killed_at_each_call(
    credentials: Credentials, prepare: Callable[[], object], act: Callable[[], object]
) -> Iterator[int]:
    """Do the act again and again from the same beginning, ended at one call after the other."""
    prepare()
    beginning = dict(credentials.kept)
    for number in range(1, 5000):
        credentials.kept = dict(beginning)
        credentials.calls, credentials.kill_at = 0, number
        try:
            act()
        except Killed:
            credentials.kill_at = 0
            yield number
        else:
            credentials.kill_at = 0
            return


@pytest.mark.parametrize("former", [10, 3000])
@pytest.mark.parametrize("new", [10, 3000, 6000])
def test_process_that_is_killed_while_it_keeps_a_secret_leaves_the_former_or_the_new_one(
    credentials: Credentials, former: int, new: int
) -> None:
    def prepare() -> None:
        entries().set_password("egain", ITEM, "o" * former)
        entries().set_password("egain", ITEM, "f" * former)

    found = []
    for _ in killed_at_each_call(credentials, prepare, lambda: entries().set_password("egain", ITEM, "n" * new)):
        found.append(entries().get_password("egain", ITEM))
        entries().set_password("egain", ITEM, "short")
        assert credentials.values() == ["short"]

    assert {*found} == {"f" * former, "n" * new}
    assert found == sorted(found, key=lambda one: one == "n" * new)


@pytest.mark.parametrize("length", [10, 3000])
def test_process_that_is_killed_while_it_removes_a_secret_brings_no_older_one_back(
    credentials: Credentials, length: int
) -> None:
    def prepare() -> None:
        entries().set_password("egain", ITEM, "o" * length)
        entries().set_password("egain", ITEM, "f" * length)
        credentials.kept[f"{ITEM}@egain/{ITEM}"] = {  # as a process left it that was killed before
            "UserName": ITEM,
            "CredentialBlob": "older".encode("utf-16-le"),
        }

    found = []
    for _ in killed_at_each_call(credentials, prepare, lambda: entries().delete_password("egain", ITEM)):
        found.append(entries().get_password("egain", ITEM))
        store().delete(ITEM)
        assert credentials.kept == {}

    assert {*found} == {"f" * length, None}


def test_replaced_secret_lies_nowhere_any_more(credentials: Credentials) -> None:
    store().set(ITEM, "former")
    store().set(ITEM, "new")

    assert credentials.values() == ["new"]
