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
from egain_auth_cli.tokens.stored_login import StoredLogin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from egain_auth_cli.settings.profile import Profile
    from egain_auth_cli.stores.login_place import LoginPlace
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
        """Hold every login and client secret of these profiles, each beside its store, while the body runs.

        Raises:
            TimedOut: Another process is renewing one, and does not come to an end.
            StoreError: A place beside a store is not writable.
        """
        places = {self._folder(one): self._of(one).place for one in profiles}
        # Once each: two kinds of store may have one place.
        held = {(self._folder(one), item) for one in profiles for item in _items(one)}
        with contextlib.ExitStack() as stack:
            # In order: two processes that take several locks must not wait for each other.
            for folder, item in sorted(held):
                stack.enter_context(places[folder].hold(item, seconds=self._seconds()))
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
        try:
            copied = _copy(store, store, dict(zip(_items(profile), _items(renamed), strict=True)))
        except KeyringMissing:
            if self._somebody_signed_in(profile):
                raise
            copied = []  # nothing can be stored in a keyring that is not there
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
        try:
            _delete(self._store(profile), list(_items(profile)))
        except KeyringMissing:
            if self._somebody_signed_in(profile):
                raise
        self._forget_places(profile)
        self._of(profile).cache.clear(profile.name)

    def copy_to_store(self, profile: Profile, kind: SecretStoreKind) -> tuple[list[str], str | None]:
        """Copy secrets and logins to a store of another kind, with what lies beside the logins.

        Returns:
            The items that are there now, and what could not be looked at, in words.

        Raises:
            StoreError: The new store failed; nothing is in it then.
        """
        former, moved = self._store(profile), replace(profile, secret_store=kind)
        try:
            held = [item for item in _items(profile) if former.get(item) is not None]
        except EgainError as exc:
            # Nothing can be stored in a keyring that is not there, unless it was there when somebody signed in.
            gone = isinstance(exc, KeyringMissing) and not self._somebody_signed_in(profile)
            return [], None if gone else exc.message
        if kind is SecretStoreKind.NONE and held:
            self._copy_marks(profile, moved)  # by which a login meanwhile is known when the profile comes back
            return [], f"they stay in {former.describe()}"
        copied = _copy(former, self._store(moved), {item: item for item in held})
        if profile.secret_store is SecretStoreKind.NONE:
            self._drop_other_logins(moved, self._of(profile).place)
            self._copy_marks(profile, moved)
        else:
            self._copy_places(profile, moved, copied)
        return copied, None

    def _somebody_signed_in(self, profile: Profile) -> bool:
        place = self._of(profile).place
        return any(
            place.marks.read(item) != NO_LOGIN or place.journal.recover(item) is not None
            for item in login_items(profile.name)
        )

    def _drop_other_logins(self, profile: Profile, since: LoginPlace) -> None:
        """Remove logins that stayed in a store while somebody else signed in, or the person out."""
        secrets, place = self._of(profile).secrets, self._of(profile).place
        for item in login_items(profile.name):
            kept = secrets.unbound(item)
            if kept is not None and StoredLogin.from_secret(kept).id != since.marks.read(item).id:
                secrets.delete(item)
                place.journal.end(item)

    def clean_up_old_name(self, profile: Profile) -> str | None:
        """Remove everything from the old name; return why that failed, in words, or None."""
        try:
            self.forget(profile)
        except EgainError as exc:
            return exc.message
        return None

    def clean_up_old_store(self, profile: Profile, moved: Profile, items: list[str]) -> str | None:
        """Remove from its former store what was copied to another; return why that failed, in words, or None."""
        try:
            if self._folder(profile) != self._folder(moved):
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
        if source.name == target.name and self._folder(source) == self._folder(target):
            return
        try:
            for item, name in zip(login_items(source.name), login_items(target.name), strict=True):
                here.journal.copy(item, there.journal, name)
                mark = here.marks.read(item)
                if mark == NO_LOGIN:
                    there.marks.remove(name)  # of a profile that had this name before
                else:
                    there.marks.write(name, mark)
        except EgainError:
            self.undo_copy(target, copied)
            raise

    def _copy_marks(self, source: Profile, target: Profile) -> None:
        if self._folder(source) == self._folder(target):
            return
        here, there = self._of(source).place.marks, self._of(target).place.marks
        for item in login_items(source.name):
            mark = here.read(item)
            if mark == NO_LOGIN:
                there.remove(item)
            else:
                there.write(item, mark)

    def _forget_places(self, profile: Profile) -> None:
        place = self._of(profile).place
        for item in login_items(profile.name):
            place.journal.end(item)
            place.marks.remove(item)

    def _folder(self, profile: Profile) -> str:
        return str(self._of(profile).place.folder)

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
    except EgainError:
        _delete(target, copied)
        raise
    return copied


def _delete(store: SecretStore, items: list[str]) -> None:
    for item in items:
        store.delete(item)
