"""What a profile has beside ``config.toml``: its client secret, logins, tokens and records of renewals.

A move is a copy, then the edit of ``config.toml``, then a clean-up: whatever fails, nothing is lost in between.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from egain_auth_cli.errors import EgainError, KeyringMissing
from egain_auth_cli.models.grants import SecretStoreKind, TokenCacheKind
from egain_auth_cli.stores.secret_store import client_secret_item, login_items
from egain_auth_cli.tokens.stored_login import journal_item, login_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from egain_auth_cli.settings.profile import Profile
    from egain_auth_cli.stores.lock import Locks
    from egain_auth_cli.stores.secret_store import SecretStore
    from egain_auth_cli.tokens.credentials import Credentials


class ProfileData:
    """Lets what belongs to a profile follow it, or end with it.

    Args:
        credentials: Returns what is stored in a kind of secret store and of token cache.
        locks: Of logins; a renewal meanwhile would be lost.
        seconds: Returns the longest wait for a renewal.
        home: The configuration folder, which names the records of logins kept in it.
    """

    def __init__(
        self,
        credentials: Callable[[SecretStoreKind, TokenCacheKind], Credentials],
        *,
        locks: Locks,
        seconds: Callable[[], float],
        home: str,
    ) -> None:
        self._credentials = credentials
        self._locks = locks
        self._seconds = seconds
        self._home = home

    @contextlib.contextmanager
    def hold_logins(self, *names: str) -> Iterator[None]:
        """Hold every login of these profiles while the body runs.

        Raises:
            TimedOut: Another process is renewing one, and does not come to an end.
        """
        with contextlib.ExitStack() as stack:
            # In order: two processes that take several locks must not wait for each other.
            for item in sorted(item for name in names for item in login_items(name)):
                stack.enter_context(self._locks.hold(login_lock(item), seconds=self._seconds()))
            yield

    def copy_to_name(self, profile: Profile, new: str) -> list[str]:
        """Copy secrets and logins to another profile's name, all or none.

        Returns:
            The items that are there now.

        Raises:
            StoreError: The store failed.
        """
        store = self._store(profile)
        renamed = {item: item.replace(f"{profile.name}/", f"{new}/", 1) for item in _items(profile)}
        return _copy(store, store, renamed)

    def undo_copy(self, profile: Profile, items: list[str]) -> None:
        """Remove what ``copy_to_name`` or ``copy_to_store`` has copied."""
        _delete(self._store(profile), items)

    def clean_up_old_name(self, profile: Profile, new: str, copied: list[str]) -> None:
        """Move records to the new name, and remove what was copied, and cached tokens, from the old one."""
        home = self._home_of(profile.secret_store)
        for before, after in zip(login_items(profile.name), login_items(new), strict=True):
            self._of(profile).journal.rename(journal_item(home, before), journal_item(home, after))
        _delete(self._store(profile), [item.replace(f"{new}/", f"{profile.name}/", 1) for item in copied])
        self._of(profile).cache.clear(profile.name)

    def forget(self, profile: Profile) -> None:
        """Remove everything.

        Raises:
            StoreError: Something could not be removed.
        """
        _delete(self._store(profile), list(_items(profile)))
        for item in login_items(profile.name):
            self._of(profile).journal.end(journal_item(self._home_of(profile.secret_store), item))
        self._of(profile).cache.clear(profile.name)

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
            return [], f"they stay in {former.describe()}" if held else None
        return _copy(former, self._store(replace(profile, secret_store=kind)), {item: item for item in held}), None

    def clean_up_old_store(self, profile: Profile, items: list[str], kind: SecretStoreKind) -> str | None:
        """Remove from its former store what was copied to another; return why that failed, in words, or None."""
        former, home = self._home_of(profile.secret_store), self._home_of(kind)
        try:
            for item in login_items(profile.name):
                self._of(profile).journal.rename(journal_item(former, item), journal_item(home, item))
            _delete(self._store(profile), items)
        except EgainError as exc:
            return exc.message
        return None

    def clear_old_cache(self, profile: Profile) -> str | None:
        """Remove the tokens from its former cache; return why that failed, in words, or None."""
        try:
            self._of(profile).cache.clear(profile.name)
        except KeyringMissing:
            return None
        except EgainError as exc:
            return exc.message
        return None

    def _home_of(self, kind: SecretStoreKind | None) -> str:
        return self._home if kind is SecretStoreKind.FILE else ""

    def _store(self, profile: Profile) -> SecretStore:
        return self._of(profile).secrets.store

    def _of(self, profile: Profile) -> Credentials:
        return self._credentials(
            profile.secret_store or SecretStoreKind.KEYRING, profile.token_cache or TokenCacheKind.FILE
        )


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
