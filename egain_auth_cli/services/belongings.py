"""What a profile has beside ``config.toml``: secrets, logins, tokens and records of renewals."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from egain_auth_cli.errors import EgainError, KeyringMissing
from egain_auth_cli.models.grants import SecretStoreKind, TokenCacheKind
from egain_auth_cli.stores.secret_store import client_secret_item, login_items

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.profile import Profile
    from egain_auth_cli.stores.journal import Journal
    from egain_auth_cli.stores.secret_store import BoundSecrets, SecretStore
    from egain_auth_cli.stores.token_cache import TokenCache


class Belongings:
    """Lets what belongs to a profile follow it, or end with it.

    Args:
        secrets: Gives the secrets of a kind of store.
        cache: Gives the cache of a kind.
        journal: Records of renewals.
    """

    def __init__(
        self,
        *,
        secrets: Callable[[SecretStoreKind], BoundSecrets],
        cache: Callable[[TokenCacheKind], TokenCache],
        journal: Journal,
    ) -> None:
        self._secrets = secrets
        self._cache = cache
        self._journal = journal

    def copy_to_name(self, profile: Profile, new: str) -> list[str]:
        """Copy secrets and logins to another profile's name, all or none; the items that are there now.

        Raises:
            StoreError: The store failed.
        """
        store = self._store(profile)
        renamed = {item: item.replace(f"{profile.name}/", f"{new}/", 1) for item in _items(profile)}
        return _copy(store, store, renamed)

    def take_back(self, profile: Profile, items: list[str]) -> None:
        """Undo ``copy_to_name``."""
        _delete(self._store(profile), items)

    def leave_name(self, profile: Profile, new: str, copied: list[str]) -> None:
        """Let records follow to the new name, and remove what was copied, and cached tokens, under the old one."""
        for before, after in zip(login_items(profile.name), login_items(new), strict=True):
            self._journal.rename(before, after)
        _delete(self._store(profile), [item.replace(f"{new}/", f"{profile.name}/", 1) for item in copied])
        self._cache(profile.token_cache or TokenCacheKind.FILE).clear(profile.name)

    def forget(self, profile: Profile) -> None:
        """Remove everything.

        Raises:
            StoreError: Something could not be removed.
        """
        _delete(self._store(profile), list(_items(profile)))
        for item in login_items(profile.name):
            self._journal.end(item)
        self._cache(profile.token_cache or TokenCacheKind.FILE).clear(profile.name)

    def copy_to_store(self, profile: Profile, kind: SecretStoreKind) -> tuple[list[str], str | None]:
        """Copy secrets and logins to a store of another kind.

        Returns:
            The items that are there now, and what could not be looked at, in words.

        Raises:
            StoreError: The new store failed; nothing is in it then.
        """
        former = self._store(profile)
        try:
            held = [item for item in _items(profile) if former.get(item) is not None]
        except KeyringMissing:
            return [], None  # nothing can be stored in a keyring that is not there
        except EgainError as exc:
            return [], exc.message
        if kind is SecretStoreKind.NONE:
            return [], f"nothing was removed from {former.describe()}" if held else None
        return _copy(former, self._secrets(kind).store, {item: item for item in held}), None

    def leave_store(self, profile: Profile, items: list[str]) -> str | None:
        """Remove from its former store what was copied to another; why that failed, in words."""
        try:
            _delete(self._store(profile), items)
        except EgainError as exc:
            return exc.message
        return None

    def leave_cache(self, profile: Profile) -> str | None:
        """Remove the tokens from its former cache; why that failed, in words."""
        try:
            self._cache(profile.token_cache or TokenCacheKind.FILE).clear(profile.name)
        except KeyringMissing:
            return None
        except EgainError as exc:
            return exc.message
        return None

    def _store(self, profile: Profile) -> SecretStore:
        return self._secrets(profile.secret_store or SecretStoreKind.KEYRING).store


def _items(profile: Profile) -> tuple[str, ...]:
    return (client_secret_item(profile.name), *login_items(profile.name))


def _copy(source: SecretStore, target: SecretStore, names: dict[str, str]) -> list[str]:
    copied: list[str] = []
    try:
        for item, name in names.items():
            value = source.get(item)
            if value is not None:
                target.set(name, value)
                copied.append(name)
    except KeyringMissing:
        if target is not source:
            raise
        return copied  # nothing can be stored in a keyring that is not there
    except EgainError:
        _delete(target, copied)
        raise
    return copied


def _delete(store: SecretStore, items: list[str]) -> None:
    with contextlib.suppress(KeyringMissing):  # nothing can be stored in a keyring that is not there
        for item in items:
            store.delete(item)
