"""What every token cache does, whichever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.secret_store import FakeSecretStore
from fakes.token_cache import FakeTokenCache
from fakes.tokens import make_token

from egain_auth_cli.stores.lock import Locks
from egain_auth_cli.stores.token_cache import CacheKey, FileTokenCache, KeyringTokenCache

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.stores.token_cache import TokenCache

KEY = CacheKey(owner="acme", made_of={"flow": "pkce", "scopes": ["a", "b"]})


@pytest.fixture(params=["file", "keyring", "fake"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> TokenCache:
    if request.param == "file":
        return FileTokenCache(lambda: tmp_path / "tokens")
    if request.param == "keyring":
        return KeyringTokenCache(FakeSecretStore(), Locks(lambda: tmp_path / "locks"), seconds=lambda: 5.0)
    return FakeTokenCache()


def test_nothing_is_there_before_it_is_saved(cache: TokenCache) -> None:
    assert (cache.load(KEY), cache.clear("acme")) == (None, 0)


def test_saved_token_is_given_back_even_when_it_has_expired(cache: TokenCache) -> None:
    token = make_token(lives=-100, scope="a b")
    cache.save(KEY, token)

    assert token == cache.load(KEY)


@pytest.mark.parametrize(
    "other",
    [
        CacheKey(owner="acme", made_of={"flow": "pkce", "scopes": ["b", "a"]}),
        CacheKey(owner="acme", made_of={"flow": "pkce", "scopes": ["a"]}),
        CacheKey(owner="acme", made_of={"flow": "anonymous", "scopes": ["a", "b"]}),
        CacheKey(owner="acme2", made_of=KEY.made_of),
        CacheKey(owner="", made_of={}),
    ],
)
def test_whatever_shapes_a_token_tells_it_apart(cache: TokenCache, other: CacheKey) -> None:
    cache.save(KEY, make_token())

    assert cache.load(other) is None
    assert cache.load(CacheKey(owner="acme", made_of={"scopes": ["a", "b"], "flow": "pkce"})) is not None


def test_clearing_forgets_the_tokens_of_one_owner_alone(cache: TokenCache) -> None:
    keys = [CacheKey(owner="acme", made_of={"number": number}) for number in range(3)]
    other = CacheKey(owner="acme-2", made_of={})
    for key in (*keys, other):
        cache.save(key, make_token())

    assert (cache.clear("acme"), cache.clear("acme")) == (3, 0)
    assert [cache.load(key) for key in keys] == [None, None, None]
    assert cache.load(other) is not None
