"""What a profile has beside ``config.toml``: its client secret, logins, tokens and records of renewals.

A move is a copy, then the edit of ``config.toml``, then a clean-up: whatever fails, nothing is lost in between.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from egain_auth_cli.errors import EgainError, KeyringMissing
from egain_auth_cli.models.grants import SecretStoreKind, TokenCacheKind
from egain_auth_cli.stores.login_marks import NO_LOGIN
from egain_auth_cli.stores.secret_store import client_secret_item, login_items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from egain_auth_cli.settings.profile import Profile
    from egain_auth_cli.stores.secret_store import SecretStore
    from egain_auth_cli.tokens.credentials import Credentials


class ProfileData:
    """Lets what belongs to a profile follow it, or end with it.

    Args:
        credentials: Returns what is stored in a kind of secret store and of token cache.
        seconds: Returns the longest wait for a renewal.
    """

    def __init__(
        self,
        credentials: Callable[[SecretStoreKind, TokenCacheKind], Credentials],
        *,
        seconds: Callable[[], float],
    ) -> None:
        self._credentials = credentials
        self._seconds = seconds

    @contextlib.contextmanager
    def hold_logins(self, *profiles: Profile) -> Iterator[None]:
        """Hold every login of these profiles, each beside its store, while the body runs.

        Raises:
            TimedOut: Another process is renewing one, and does not come to an end.
            StoreError: A place beside a store is not writable.
        """
        held = {(_kind(one).value, item): one for one in profiles for item in login_items(one.name)}
        with contextlib.ExitStack() as stack:
            # In order: two processes that take several locks must not wait for each other.
            for (_, item), profile in sorted(held.items()):
                stack.enter_context(self._of(profile).place.hold(item, seconds=self._seconds()))
            yield

    def copy_to_name(self, profile: Profile, new: str) -> list[str]:
        """Copy secrets and logins to another profile's name, all or none, with what lies beside the logins.

        Returns:
            The items that are there now.

        Raises:
            StoreError: The store failed.
        """
        store = self._store(profile)
        renamed = replace(profile, name=new)
        copied = _copy(store, store, dict(zip(_items(profile), _items(renamed), strict=True)))
        self._copy_places(profile, renamed, copied)
        return copied

    def undo_copy(self, profile: Profile, items: list[str]) -> None:
        """Remove what ``copy_to_name`` or ``copy_to_store`` has copied, of the profile that was copied to."""
        _delete(self._store(profile), items)
        self._forget_places(profile)

    def forget(self, profile: Profile) -> None:
        """Remove everything.

        Raises:
            StoreError: Something could not be removed.
        """
        self._forget_places(profile)
        _delete(self._store(profile), list(_items(profile)))
        self._of(profile).cache.clear(profile.name)

    def copy_to_store(self, profile: Profile, kind: SecretStoreKind) -> tuple[list[str], str | None]:
        """Copy secrets and logins to a store of another kind, with what lies beside the logins.

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
        moved = replace(profile, secret_store=kind)
        copied = _copy(former, self._store(moved), {item: item for item in held})
        self._copy_places(profile, moved, copied)
        return copied, None

    def clean_up_old_name(self, profile: Profile) -> str | None:
        """Remove everything from the old name; return why that failed, in words, or None."""
        try:
            self.forget(profile)
        except EgainError as exc:
            return exc.message
        return None

    def clean_up_old_store(self, profile: Profile, items: list[str]) -> str | None:
        """Remove from its former store what was copied to another; return why that failed, in words, or None."""
        try:
            self._forget_places(profile)
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

    def _copy_places(self, source: Profile, target: Profile, copied: list[str]) -> None:
        here, there = self._of(source).place, self._of(target).place
        try:
            for item, name in zip(login_items(source.name), login_items(target.name), strict=True):
                here.journal.copy(item, there.journal, name)
                mark = here.marks.read(item)
                if mark != NO_LOGIN:
                    there.marks.write(name, mark)
        except EgainError:
            self.undo_copy(target, copied)
            raise

    def _forget_places(self, profile: Profile) -> None:
        place = self._of(profile).place
        for item in login_items(profile.name):
            place.journal.end(item)
            place.marks.remove(item)

    def _store(self, profile: Profile) -> SecretStore:
        return self._of(profile).secrets.store

    def _of(self, profile: Profile) -> Credentials:
        return self._credentials(_kind(profile), profile.token_cache or TokenCacheKind.FILE)


def _kind(profile: Profile) -> SecretStoreKind:
    return profile.secret_store or SecretStoreKind.KEYRING


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
