"""Tokens kept in files or in the keyring: private, told apart, and none where they are torn."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from fakes.secret_store import FakeSecretStore
from fakes.tokens import make_token

from egain_auth_cli.errors import StoreError
from egain_auth_cli.stores.lock import Locks
from egain_auth_cli.stores.secret_store import tokens_item
from egain_auth_cli.stores.token_cache import CacheKey, FileTokenCache, KeyringTokenCache, NoTokenCache

if TYPE_CHECKING:
    from pathlib import Path

KEY = CacheKey(owner="acme", made_of={"flow": "pkce"})
TORN = [
    b"",
    b"{",
    b"[]",
    b"5",
    b"null",
    b"\xff",
    b"{}",
    b'{"v": 2}',
    b'{"v": 1}',
    b'{"v": 1, "access_token": 5, "expires_at": 1, "obtained_at": 1, "scope": null}',
    b'{"v": 1, "access_token": "x", "expires_at": "1", "obtained_at": 1, "scope": null}',
    b'{"v": 1, "access_token": "x", "expires_at": 1e400, "obtained_at": 1, "scope": null}',
    b"[" * 100000,
]


def keyring_cache(store: FakeSecretStore, folder: Path, *, seconds: float = 5.0) -> KeyringTokenCache:
    return KeyringTokenCache(store, Locks(lambda: folder), seconds=lambda: seconds)


@pytest.fixture
def cache(tmp_path: Path) -> FileTokenCache:
    return FileTokenCache(lambda: tmp_path / "tokens")


def file_of(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "tokens").iterdir()
    return path


def test_refresh_token_never_reaches_the_cache(cache: FileTokenCache, tmp_path: Path) -> None:
    cache.save(KEY, make_token(refresh="made-up-refresh-token"))

    assert b"made-up-refresh-token" not in file_of(tmp_path).read_bytes()
    found = cache.load(KEY)
    assert found is not None
    assert found.refresh_token is None


@pytest.mark.parametrize("torn", TORN)
def test_torn_file_counts_as_none(cache: FileTokenCache, tmp_path: Path, torn: bytes) -> None:
    cache.save(KEY, make_token())
    file_of(tmp_path).write_bytes(torn)

    assert cache.load(KEY) is None


def test_odd_scope_counts_as_none_said(cache: FileTokenCache, tmp_path: Path) -> None:
    cache.save(KEY, make_token(scope="a"))
    record = json.loads(file_of(tmp_path).read_bytes())
    file_of(tmp_path).write_text(json.dumps(record | {"scope": 5}))

    found = cache.load(KEY)
    assert found is not None
    assert found.scope is None


def test_files_are_private_and_named_by_digests(cache: FileTokenCache, tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        cache.save(CacheKey(owner="../../x", made_of={}), make_token())
    finally:
        os.umask(former)

    path = file_of(tmp_path)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]
    assert path.name.replace("-", "").isalnum()


def test_clearing_takes_left_over_temporary_files_of_the_owner_along(cache: FileTokenCache, tmp_path: Path) -> None:
    cache.save(KEY, make_token("made-up-access-token"))
    path = file_of(tmp_path)
    left = path.with_name(f".{path.name}.0123456789ab.tmp")
    left.write_bytes(path.read_bytes())
    left.chmod(0o600)

    cache.clear("acme")

    assert list((tmp_path / "tokens").iterdir()) == []


def test_token_that_cannot_be_removed_is_told(cache: FileTokenCache, tmp_path: Path) -> None:
    cache.save(KEY, make_token())
    path = file_of(tmp_path)
    path.unlink()
    path.mkdir()

    with pytest.raises(StoreError, match="cannot clear"):
        cache.clear("acme")


@pytest.mark.parametrize("raw", ["", "{", "[]", '{"x": 5}', "[" * 100000, '{"x": "y"}'])
def test_broken_item_in_the_keyring_counts_as_none(tmp_path: Path, raw: str) -> None:
    store = FakeSecretStore()
    store.items[tokens_item("acme")] = raw
    cache = keyring_cache(store, tmp_path)

    assert cache.load(KEY) is None
    cache.save(KEY, make_token())
    assert cache.load(KEY) is not None


def test_keyring_keeps_the_latest_sixteen_tokens_of_a_profile(tmp_path: Path) -> None:
    cache = keyring_cache(FakeSecretStore(), tmp_path)
    keys = [CacheKey(owner="acme", made_of={"number": number}) for number in range(20)]
    for key in keys:
        cache.save(key, make_token())

    assert [cache.load(key) is not None for key in keys] == [False] * 4 + [True] * 16


def test_processes_that_save_at_once_keep_both_tokens_in_the_keyring(tmp_path: Path) -> None:
    both_have_read = threading.Barrier(2)

    class MeetingStore(FakeSecretStore):
        def get(self, item: str) -> str | None:
            found = super().get(item)
            with contextlib.suppress(threading.BrokenBarrierError):  # broken by a lock that lets one in alone
                both_have_read.wait(0.2)
            return found

    keys = [CacheKey(owner="acme", made_of={"number": number}) for number in range(2)]
    store = MeetingStore()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda key: keyring_cache(store, tmp_path).save(key, make_token()), keys))

    assert [keyring_cache(store, tmp_path).load(key) is not None for key in keys] == [True, True]


def test_token_that_cannot_be_saved_beside_another_s_is_a_store_s_error(tmp_path: Path) -> None:
    store = FakeSecretStore()
    with (
        Locks(lambda: tmp_path).hold(tokens_item("acme"), seconds=1),
        pytest.raises(StoreError, match="saving a token"),
    ):
        keyring_cache(store, tmp_path, seconds=0.1).save(KEY, make_token())

    assert store.items == {}


def test_cache_that_keeps_nothing_keeps_nothing() -> None:
    cache = NoTokenCache()
    cache.save(KEY, make_token())

    assert (cache.load(KEY), cache.clear("acme")) == (None, 0)
