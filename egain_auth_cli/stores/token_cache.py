"""The cache of access tokens: a file, the keyring, or nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.token import TokenSet
from egain_auth_cli.stores.atomic import (
    ensure_private_folder,
    read_private,
    remove_file,
    remove_left,
    write_private,
)
from egain_auth_cli.stores.file_errors import file_errors
from egain_auth_cli.stores.secret_store import tokens_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from egain_auth_cli.stores.lock import Locks
    from egain_auth_cli.stores.secret_store import SecretStore

_FORMAT = 1
_LIMIT = 256 * 1024
_KEPT = 16
"""Tokens of one profile kept in the keyring, all in one item: an item's size has a bound on some systems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """Names a token by everything that shapes it.

    Attributes:
        owner: The profile, for ``logout``.
        made_of: Flow, client, endpoint, scopes, subject and so on; anything else gives another token.
    """

    owner: str
    made_of: Mapping[str, object]

    @property
    def owner_digest(self) -> str:
        """The owner as part of a file's name."""
        return sha256(self.owner.encode()).hexdigest()[:16]

    @property
    def digest(self) -> str:
        """SHA-256 over owner and ``made_of``, in hex."""
        # NOTE: whatever changes the token changes the name of its file: a changed profile never finds another's token.
        text = json.dumps([self.owner, self.made_of], sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()


class TokenCache(Protocol):
    """Where access tokens wait for their next use."""

    def load(self, key: CacheKey) -> TokenSet | None:
        """Return the token, expired or not, or None."""
        ...

    def save(self, key: CacheKey, token: TokenSet) -> None:
        """Keep the token's access token, never its refresh token."""
        ...

    def clear(self, owner: str) -> int:
        """Remove every token of a profile; return how many there were."""
        ...


class NoTokenCache:
    """Keeps nothing."""

    def load(self, key: CacheKey) -> TokenSet | None:  # noqa: ARG002
        """Return nothing."""
        return None

    def save(self, key: CacheKey, token: TokenSet) -> None:
        """Do nothing."""

    def clear(self, owner: str) -> int:  # noqa: ARG002
        """Do nothing."""
        return 0


class FileTokenCache:
    """One file of mode 0600 a token, in a 0700 folder.

    Args:
        folder: Names the folder, which is made when the first token is saved.
        forget_fast: Forgets the copies that the fast path reads.
    """

    def __init__(self, folder: Callable[[], Path], *, forget_fast: Callable[[], None] = lambda: None) -> None:
        self._find_folder = folder
        self._forget_fast = forget_fast

    def load(self, key: CacheKey) -> TokenSet | None:
        """Return the token, or None; a file that is damaged or of another format counts as none.

        Raises:
            StoreError: The file is a link, of the wrong kind, readable by others or somebody else's.
        """
        path = self.path_of(key)
        with file_errors(path, "read", StoreError):
            raw = read_private(path, limit=_LIMIT)
        return None if raw is None else _decode(raw)

    def save(self, key: CacheKey, token: TokenSet) -> None:
        """Keep the access token.

        Raises:
            StoreError: It cannot be written.
        """
        path = self.path_of(key)
        with file_errors(path, "write", StoreError):
            ensure_private_folder(path.parent)
            write_private(path, _encode(token))

    def clear(self, owner: str) -> int:
        """Forget every token of a profile.

        Raises:
            StoreError: A file cannot be removed.
        """
        prefix = CacheKey(owner=owner, made_of={}).owner_digest
        folder = self._folder
        with file_errors(folder, "clear", StoreError):
            self._forget_fast()  # first: no copy may outlive the token that it was made from
            if not folder.is_dir():
                return 0
            remove_left(folder, f"{prefix}-")
            return sum(remove_file(path) for path in sorted(folder.glob(f"{prefix}-*")))

    def path_of(self, key: CacheKey) -> Path:
        """Return the file of a token."""
        return self._folder / f"{key.owner_digest}-{key.digest}"

    @cached_property
    def _folder(self) -> Path:
        return self._find_folder()


class KeyringTokenCache:
    """Access tokens in the secret store, one item a profile.

    Args:
        store: The keyring.
        locks: Guard the item of a profile, which processes with different tokens change; they lie where the keyring's
            logins have theirs.
        seconds: Returns the longest wait for another's change.
    """

    def __init__(self, store: SecretStore, locks: Locks, *, seconds: Callable[[], float]) -> None:
        self._store = store
        self._locks = locks
        self._seconds = seconds

    def load(self, key: CacheKey) -> TokenSet | None:
        """Return the token, or None."""
        entry = self._entries(key.owner).get(key.digest)
        return None if entry is None else _decode(entry.encode())

    def save(self, key: CacheKey, token: TokenSet) -> None:
        """Keep the access token, and the most recent ones of this profile beside it."""
        item = tokens_item(key.owner)
        with self._locks.hold(item, seconds=self._seconds(), doing="saving a token", error=StoreError):
            entries = self._entries(key.owner)
            entries.pop(key.digest, None)
            recent = dict(list(entries.items())[-_KEPT + 1 :])
            recent[key.digest] = _encode(token).decode()
            self._store.set(item, json.dumps(recent, separators=(",", ":")))

    def clear(self, owner: str) -> int:
        """Forget every token of a profile."""
        item = tokens_item(owner)
        with self._locks.hold(item, seconds=self._seconds(), doing="saving a token", error=StoreError):
            count = len(self._entries(owner))
            self._store.delete(item)
        return count

    def _entries(self, owner: str) -> dict[str, str]:
        raw = self._store.get(tokens_item(owner))
        try:
            value = json.loads(raw) if raw is not None else {}
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) and all(isinstance(entry, str) for entry in value.values()) else {}


def _encode(token: TokenSet) -> bytes:
    return json.dumps({"v": _FORMAT, **token.as_record()}, separators=(",", ":")).encode()


def _decode(raw: bytes) -> TokenSet | None:
    try:
        record = json.loads(raw)
        return TokenSet.from_record(record) if record["v"] == _FORMAT else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
