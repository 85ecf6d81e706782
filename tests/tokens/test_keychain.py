"""macOS' keyring deletes before it adds: a process that is killed in between loses no login, and brings none back."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from fakes.bench import Bench
from fakes.secret_store import FakeSecretStore
from fakes.tokens import make_token, receive

from egain_auth_cli.errors import BindingChanged, LoginRequired, StoreError
from egain_auth_cli.models.grants import SecretStoreKind
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.stores.login_marks import LoginMark
from egain_auth_cli.tokens.logins import Logins

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Killed(BaseException):
    """The process ends here."""


class Keychain(FakeSecretStore):
    """Replaces an item as keyring's back-end for macOS does: SecItemDelete, then SecItemAdd.

    Attributes:
        kills: The item that is not added any more once it is deleted.
    """

    kills = ""

    def set(self, item: str, value: str) -> None:
        self._enter("set", item)
        self.items.pop(item, None)
        if item == self.kills:
            raise Killed
        self.items[item] = value

    def changes(self, item: str) -> list[str]:
        """How an item was changed since the last time this was asked."""
        done = [verb for verb, name in self.calls if name == item and verb != "get"]
        self.calls.clear()
        return done


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    one = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2"), make_token("made-up-2"))
    one.store = Keychain()
    one.signed_in("made-up-refresh-1")
    return one


def item(bench: Bench) -> str:
    return Logins.item(bench.settings())


@contextlib.contextmanager
def killed(bench: Bench) -> Iterator[None]:
    keychain = bench.store
    assert isinstance(keychain, Keychain)
    keychain.kills = item(bench)
    with pytest.raises(Killed):
        yield
    keychain.kills = ""
    assert item(bench) not in keychain.items


def test_renewal_that_is_killed_between_delete_and_add_is_taken_up(bench: Bench) -> None:
    with killed(bench):
        bench.acquire()
    token = bench.acquire()

    assert (token.access_token.reveal(), len(bench.sender.forms)) == ("made-up-1", 1)
    assert bench.refresh_token() == "made-up-refresh-2"
    assert bench.journal.recover(item(bench)) is None


def test_sign_in_that_is_killed_between_delete_and_add_is_the_new_login(bench: Bench) -> None:
    bench.sender.script[:] = [make_token("made-up-fresh")]
    with killed(bench):
        bench.logins.store(bench.settings(), make_token("made-up-theirs", refresh="made-up-refresh-theirs"))
    bench.acquire()

    assert bench.sender.sent[0]["refresh_token"] == "made-up-refresh-theirs"
    assert bench.refresh_token() == "made-up-refresh-theirs"


@pytest.mark.parametrize("fails", [[], ["set"], ["set", "get"]])
def test_sign_in_leaves_no_record_whatever_came_of_it(bench: Bench, tmp_path: Path, fails: list[str]) -> None:
    for verb in fails:
        bench.store.fail(verb)
    with pytest.raises(StoreError) if fails else contextlib.nullcontext():
        bench.logins.store(bench.settings(), make_token("made-up-theirs", refresh="made-up-refresh-theirs"))

    assert list((tmp_path / "logins").glob("*.renewal")) == []


@pytest.mark.parametrize("first", [False, True])
def test_sign_in_whose_add_fails_after_the_delete_is_the_new_login_unless_it_was_the_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    if first:
        bench.logins.forget(bench.settings())

    def refused(name: str, _: str) -> None:
        bench.store.items.pop(name, None)
        raise StoreError("not added")

    with monkeypatch.context() as patch:
        patch.setattr(bench.store, "set", refused)
        with pytest.raises(StoreError):
            bench.logins.store(bench.settings(), make_token("made-up-theirs", refresh="made-up-refresh-theirs"))
    bench.sender.script[:] = [make_token("made-up-fresh")]
    if first:
        assert bench.journal.recover(item(bench)) is None
        return
    bench.acquire()

    assert bench.sender.sent[0]["refresh_token"] == "made-up-refresh-theirs"


def test_sign_in_that_cannot_be_kept_leaves_the_record_of_the_former_login(bench: Bench) -> None:
    with killed(bench):
        bench.acquire()  # from now on the record is all that there is of it
    bench.store.fail("set")
    with pytest.raises(StoreError):
        bench.logins.store(bench.settings(), make_token("made-up-theirs", refresh="made-up-refresh-theirs"))
    found = bench.journal.recover(item(bench))

    assert found is not None
    assert found.refresh_token == Secret("made-up-refresh-2")


@pytest.mark.parametrize("logout", ["whole", "killed after its mark"])
def test_sign_out_is_not_undone_by_a_record(bench: Bench, monkeypatch: pytest.MonkeyPatch, logout: str) -> None:
    with killed(bench):
        bench.acquire()
    if logout == "whole":
        bench.logins.forget(bench.settings())
    else:
        with monkeypatch.context() as patch:
            patch.setattr(bench.store, "delete", lambda _: (_ for _ in ()).throw(Killed))
            with pytest.raises(Killed):
                bench.logins.forget(bench.settings())

    with pytest.raises(LoginRequired):
        bench.acquire()
    assert (bench.store.items, len(bench.sender.forms)) == ({}, 1)


def test_record_of_a_former_login_brings_nobody_back(bench: Bench) -> None:
    with killed(bench):
        bench.acquire()
    bench.place.marks.write(item(bench), LoginMark("made-up-other-login", None))

    with pytest.raises(LoginRequired):
        bench.acquire()


def test_record_that_says_no_login_is_not_taken_up(bench: Bench) -> None:
    bench.logins.forget(bench.settings())
    token = make_token(refresh="made-up-refresh-2")
    receive(bench.journal, item(bench), token, key="k", replaces=Secret("made-up-refresh-1"), login="")

    with pytest.raises(LoginRequired):
        bench.acquire()


def test_login_that_is_taken_up_stays_bound_to_its_use(bench: Bench) -> None:
    with killed(bench):
        bench.acquire()
    bench.environ["EGAIN_CLIENT_ID"] = "made-up-other-client"

    with pytest.raises(BindingChanged):
        bench.acquire()
    assert len(bench.sender.forms) == 1


def test_profile_that_keeps_nothing_takes_nothing_up(bench: Bench) -> None:
    with killed(bench):
        bench.acquire()
    bench.store.kind = SecretStoreKind.NONE

    with pytest.raises(LoginRequired):
        bench.acquire()
    assert bench.store.items == {}


def test_item_is_written_once_by_a_sign_in_and_by_a_renewal_and_by_nothing_else(bench: Bench) -> None:
    keychain = bench.store
    assert isinstance(keychain, Keychain)
    same = make_token("made-up-same", refresh="made-up-refresh-3")
    bench.sender.script[:] = [make_token("made-up-1", refresh="made-up-refresh-2"), make_token("made-up-2"), same]
    settings = bench.settings()
    keychain.calls.clear()
    bench.logins.prove_place(settings)
    bench.logins.store(settings, make_token(refresh="made-up-refresh-3"))
    sign_in = keychain.changes(item(bench))
    bench.acquire()
    rotated = keychain.changes(item(bench))
    bench.acquire()
    cached = list(keychain.calls)
    bench.acquire(force_refresh=True)
    not_rotated = keychain.changes(item(bench))
    bench.logins.store(settings, make_token(refresh="made-up-refresh-3"))
    keychain.calls.clear()
    bench.acquire(force_refresh=True)
    given_again = keychain.changes(item(bench))
    bench.logins.forget(settings)

    assert (sign_in, rotated, cached) == (["set"], ["set"], [])
    assert (not_rotated, given_again, keychain.changes(item(bench))) == ([], [], ["delete"])
