from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.profiles import ACME
from fakes.secret_store import FakeSecretStore, LosingSecretStore, locked_store, missing_store
from fakes.systems import NEEDS_POSIX
from fakes.token_cache import FakeTokenCache
from fakes.tokens import make_token, receive

from egain_auth_cli.commands.profile_make import profile_editor
from egain_auth_cli.errors import ConfigError, StoreError, TimedOut
from egain_auth_cli.models.grants import Actor, Flow, SecretStoreKind, TokenCacheKind
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.stores import paths
from egain_auth_cli.stores.login_marks import NO_LOGIN, LoginMark
from egain_auth_cli.stores.profile_store import ProfileStore
from egain_auth_cli.stores.secret_store import client_secret_item, login_item
from egain_auth_cli.stores.token_cache import CacheKey
from egain_auth_cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from egain_auth_cli.profiles.edit import ProfileEditor

OWN = {
    client_secret_item("acme"): "made-up-client-secret",
    login_item("acme", Flow.PKCE, Actor.USER): "made-up-login",
    login_item("acme", Flow.AUTHORIZATION_CODE, Actor.CUSTOMER): "made-up-other-login",
}
OTHERS = {"other/client-secret": "made-up-other"}


class House:
    """A profile with a keyring, a file store and a cache of each kind, all in memory."""

    def __init__(self, tmp_path: Path) -> None:
        self.stores = {
            SecretStoreKind.KEYRING: FakeSecretStore(),
            SecretStoreKind.FILE: FakeSecretStore(SecretStoreKind.FILE),
            SecretStoreKind.NONE: FakeSecretStore(SecretStoreKind.NONE),
        }
        self.caches = {kind: FakeTokenCache() for kind in TokenCacheKind}
        environ = {"EGAIN_CONFIG_DIR": str(tmp_path / "config"), "EGAIN_CACHE_DIR": str(tmp_path / "cache")}
        self.runtime = Runtime(environ, Terminal({}), clock=FakeClock())
        self.runtime.secret_store = lambda kind: self.stores[kind]  # type: ignore[method-assign]
        self.runtime.token_cache = lambda kind: self.caches[kind]  # type: ignore[method-assign]
        self.path = tmp_path / "config" / "config.toml"
        self.path.parent.mkdir()
        self.path.write_text(ACME)
        self.keyring.items = OWN | OTHERS

    @property
    def service(self) -> ProfileEditor:
        return profile_editor(self.runtime)

    @property
    def keyring(self) -> FakeSecretStore:
        return self.stores[SecretStoreKind.KEYRING]

    @property
    def files(self) -> FakeSecretStore:
        return self.stores[SecretStoreKind.FILE]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_secrets_and_logins_move_to_the_store_that_is_chosen_and_back(house: House) -> None:
    left = house.service.set("acme", "secret_store", "file")
    moved = dict(house.files.items), dict(house.keyring.items)
    back = house.service.set("acme", "secret_store", "")

    assert ((OWN, OTHERS), None, None) == (moved, left, back)
    assert (OWN | OTHERS, {}) == (house.keyring.items, house.files.items)


@pytest.mark.parametrize("call", range(1, 5))
def test_new_store_that_fails_leaves_everything_as_it_was(house: House, call: int) -> None:
    house.files.fail_at(call)
    failed = False
    try:
        house.service.set("acme", "secret_store", "file")
    except StoreError:
        failed = True

    expected = (OWN | OTHERS, {}, ACME) if failed else (OTHERS, OWN, house.path.read_text())
    assert expected == (house.keyring.items, house.files.items, house.path.read_text())
    assert failed == (call <= len(OWN))


def test_store_that_loses_what_it_is_given_is_not_moved_to(house: House) -> None:
    house.stores[SecretStoreKind.FILE] = LosingSecretStore(SecretStoreKind.FILE)

    with pytest.raises(StoreError):
        house.service.set("acme", "secret_store", "file")
    assert (OWN | OTHERS, ACME) == (house.keyring.items, house.path.read_text())


def test_configuration_that_cannot_be_written_leaves_nothing_in_the_new_store(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ProfileStore, "edit", lambda *_: (_ for _ in ()).throw(ConfigError("full")))

    with pytest.raises(ConfigError):
        house.service.set("acme", "secret_store", "file")
    assert (OWN | OTHERS, {}) == (house.keyring.items, house.files.items)


def test_keyring_that_is_not_there_is_left_without_a_word(house: House) -> None:
    house.stores[SecretStoreKind.KEYRING] = missing_store()

    assert house.service.set("acme", "secret_store", "file") is None
    assert SecretStoreKind.FILE is house.runtime.config().profile("acme").secret_store


def test_keyring_that_is_locked_is_left_and_it_is_said_what_may_be_in_it(house: House) -> None:
    house.stores[SecretStoreKind.KEYRING] = locked_store()

    assert house.service.set("acme", "secret_store", "file") == "the keyring is locked"
    assert SecretStoreKind.FILE is house.runtime.config().profile("acme").secret_store


def test_former_store_that_keeps_what_was_moved_is_told(house: House) -> None:
    house.keyring.fail("delete", StoreError("it still holds it"))

    assert house.service.set("acme", "secret_store", "file") == "it still holds it"
    assert house.files.items == OWN


@pytest.mark.parametrize(("held", "said"), [(OWN, "they stay in memory"), ({}, None)])
def test_nothing_is_thrown_away_where_no_store_is_chosen(house: House, held: dict[str, str], said: str | None) -> None:
    house.keyring.items = dict(held)

    assert said == house.service.set("acme", "secret_store", "none")
    assert held == house.keyring.items


def test_same_store_again_moves_nothing(house: House) -> None:
    house.service.set("acme", "secret_store", "keyring")

    assert ([], []) == (house.keyring.calls, house.files.calls)


def test_tokens_leave_the_cache_that_is_left(house: House) -> None:
    former = house.caches[TokenCacheKind.FILE]
    former.save(CacheKey(owner="acme", made_of={}), make_token())
    kept = house.service.set("acme", "token_cache", "file"), len(former.kept)
    left = house.service.set("acme", "token_cache", "none"), len(former.kept)

    assert ((None, 1), (None, 0)) == (kept, left)


def test_cache_that_cannot_be_cleared_is_told(house: House) -> None:
    house.caches[TokenCacheKind.FILE].error = StoreError("not writable")

    assert house.service.set("acme", "token_cache", "keyring") == "not writable"


@pytest.mark.parametrize("verb", ["set", "rename", "remove"])
def test_renewal_under_way_is_waited_for(house: House, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.setattr(house.runtime, "seconds", 0.1)  # EGAIN_TIMEOUT
    calls: dict[str, Callable[[], object]] = {
        "set": lambda: house.service.set("acme", "secret_store", "file"),
        "rename": lambda: house.service.rename("acme", "new"),
        "remove": lambda: house.service.remove("acme"),
    }
    place = house.runtime.login_place(SecretStoreKind.KEYRING)
    with place.hold(login_item("acme", Flow.PKCE, Actor.USER), seconds=1), pytest.raises(TimedOut):
        calls[verb]()

    assert (OWN | OTHERS, {}, ACME) == (house.keyring.items, house.files.items, house.path.read_text())


def test_what_lies_beside_a_login_follows_it_to_another_store_and_back(house: House) -> None:
    keyring, files = (house.runtime.login_place(kind) for kind in (SecretStoreKind.KEYRING, SecretStoreKind.FILE))
    item, mark = login_item("acme", Flow.PKCE, Actor.USER), LoginMark("made-up-id", "alice")
    receive(keyring.journal, item, make_token(refresh="made-up-2"), key="k", replaces=Secret("made-up-1"))
    keyring.marks.write(item, mark)
    seen = []
    for store in ("file", ""):
        house.service.set("acme", "secret_store", store)
        seen += [(place.journal.recover(item) is not None, place.marks.read(item)) for place in (keyring, files)]

    here, gone = (True, mark), (False, NO_LOGIN)
    assert [gone, here, here, gone] == seen


def test_place_that_takes_no_mark_leaves_everything_as_it_was(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    item = login_item("acme", Flow.PKCE, Actor.USER)
    place = house.runtime.login_place(SecretStoreKind.KEYRING)
    place.marks.write(item, LoginMark("made-up-id", "alice"))
    files = house.runtime.login_place(SecretStoreKind.FILE)
    monkeypatch.setattr(files.marks, "write", lambda *_: (_ for _ in ()).throw(StoreError("full")))

    with pytest.raises(StoreError):
        house.service.set("acme", "secret_store", "file")

    assert (OWN | OTHERS, {}, ACME) == (house.keyring.items, house.files.items, house.path.read_text())
    assert place.marks.read(item).person == "alice"


@pytest.mark.parametrize("store", ["none", "file"])
def test_what_stays_behind_keeps_what_lies_beside_it(house: House, store: str) -> None:
    item = login_item("acme", Flow.PKCE, Actor.USER)
    place = house.runtime.login_place(SecretStoreKind.KEYRING)
    receive(place.journal, item, make_token(refresh="made-up-2"), key="k", replaces=Secret("made-up-1"))
    if store == "file":
        house.stores[SecretStoreKind.KEYRING] = locked_store()

    assert house.service.set("acme", "secret_store", store) is not None
    assert place.journal.recover(item) is not None


@pytest.mark.parametrize("store", ["none", "keyring"])
def test_stores_that_have_one_place_move_nothing_out_of_it(
    house: House, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    import pwd

    # a user of whom the system's list names no home folder
    monkeypatch.setattr(pwd, "getpwuid", lambda _: (_ for _ in ()).throw(KeyError("no such user")))
    monkeypatch.setattr(paths, "_SHARED", house.path.parent)
    monkeypatch.setattr(house.runtime, "seconds", 0.5)
    house.keyring.items = {}
    item, mark = login_item("acme", Flow.PKCE, Actor.USER), LoginMark("made-up-id", "alice")
    place = house.runtime.login_place(SecretStoreKind.KEYRING)
    place.marks.write(item, mark)
    house.service.set("acme", "secret_store", "none" if store == "keyring" else "")

    assert house.service.set("acme", "secret_store", store) is None
    assert place.marks.read(item) == mark


def test_profile_of_a_name_that_another_had_is_not_taken_for_it(house: House) -> None:
    marks = house.runtime.login_place(SecretStoreKind.KEYRING).marks
    marks.write(login_item("new", Flow.PKCE, Actor.USER), LoginMark("made-up-left", "somebody"))
    house.service.rename("acme", "new")

    assert marks.read(login_item("new", Flow.PKCE, Actor.USER)) == NO_LOGIN
