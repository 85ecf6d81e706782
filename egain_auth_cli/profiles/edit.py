"""Making, changing, renaming and removing profiles."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.models.command_words import command_line
from egain_auth_cli.models.grants import SecretStoreKind, TokenCacheKind
from egain_auth_cli.profiles.document import existing_table, merge, new_table, profiles_of, without_empty
from egain_auth_cli.profiles.typed_value import typed_value
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.key_paths import key_at, known_paths
from egain_auth_cli.settings.profile import check_profile_name, parse_profile, profile_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.profiles.profile_data import ProfileData
    from egain_auth_cli.settings.profile import Profile
    from egain_auth_cli.stores.profile_store import ProfileStore


def profile_exists(name: str) -> ConfigError:
    """Return the error of a name that is taken."""
    return ConfigError(
        f"there is a profile `{name}` already",
        hint=f"change it with `egain profile edit {name}`, or `egain profile remove {name}` first",
    )


class ProfileEditor:
    """Edits ``config.toml`` and what belongs to its profiles.

    Args:
        store: The file.
        data: What the profiles have elsewhere.
    """

    def __init__(self, store: ProfileStore, data: ProfileData) -> None:
        self._store = store
        self._data = data

    def add(self, name: str, values: Mapping[str, Any], *, replace: bool = False, may_be_default: bool = True) -> bool:
        """Write a new profile; where there is no default one, it becomes that.

        Args:
            name: Its name.
            values: Nested as in ``config.toml``; what is None or empty is left out.
            replace: Take the place of a profile of this name, keeping keys that ``values`` does not name.
            may_be_default: Whether it may become the default one.

        Returns:
            Whether it is the default profile now.

        Raises:
            ConfigError: The name is taken or invalid, or a value is.
        """
        check_profile_name(name)
        wanted = without_empty(values)
        parse_profile(name, wanted)

        def change(document: dict[str, Any]) -> None:
            profiles = profiles_of(document)
            if name in profiles and not replace:
                raise profile_exists(name)
            merge(profiles.setdefault(name, new_table()), wanted)
            if may_be_default and not document.get("default_profile"):
                document["default_profile"] = name

        self._store.edit(change)
        return self._store.load().default_profile == name

    def set(self, name: str, key: str, text: str) -> str | None:
        """Set one key of a profile, dotted as in TOML; an empty text removes it.

        Secrets and logins move along to another ``secret_store``; tokens leave a ``token_cache`` that is left.

        Returns:
            What stayed behind in a store that is left, in words; None if nothing did.

        Raises:
            UsageError: There is no such key.
            ConfigError: The key may not hold this value, or the profile does not exist.
            StoreError: The new store failed; the profile is as it was.
        """
        known = key_at(key)
        if known is None:
            raise self._no_such_key(name, key, text)
        value = typed_value(known, key, text)
        if text:
            known.check(value, key)

        def change(document: dict[str, Any]) -> None:
            table = existing_table(document, name)
            *path, last = key.split(".")
            for depth, step in enumerate(path):
                table = table.setdefault(step, new_table(of_tables=depth < len(path) - 1))
            if text:
                table[last] = value
            else:
                table.pop(last, None)

        if key in ("secret_store", "token_cache"):
            return self._change_store(name, key, text, change)
        self._store.edit(change)
        return None

    def _no_such_key(self, name: str, key: str, text: str) -> UsageError:
        """Return the error of a key that does not exist, with the command that was probably meant."""
        flow = self._store.load().profile(name).flow
        below = (f"flows.{flow.value}.{key}",) if flow else ()
        tables = [path for path in known_paths() if path.rpartition(".")[2] == key]
        close = [path for path in below if path in tables] or tables or get_close_matches(key, known_paths(), n=1)
        meant = command_line(["egain", "profile", "set", name, close[0], text]) if close else ""
        return UsageError(
            f"a profile has no key `{printable(key, limit=80)}`",
            hint=f"did you mean `{printable(meant, limit=300)}`?"
            if meant
            else "`egain profile set --help` lists the keys",
        )

    def _change_store(self, name: str, key: str, text: str, change: Callable[[dict[str, Any]], None]) -> str | None:
        former = self._store.load().profile(name)
        if key == "token_cache":
            self._store.edit(change)
            same = TokenCacheKind(text or TokenCacheKind.FILE) is (former.token_cache or TokenCacheKind.FILE)
            return None if same else self._data.clear_old_cache(former)
        kind = SecretStoreKind(text or SecretStoreKind.KEYRING)
        if kind is (former.secret_store or SecretStoreKind.KEYRING):
            self._store.edit(change)
            return None
        moved = replace(former, secret_store=kind)
        with self._data.hold_logins(former, moved):
            self._recheck(former)
            copied, unseen = self._data.copy_to_store(former, kind)
            try:
                self._store.edit(change)
            # Ctrl-C too: the profile and its secrets must not part.
            except BaseException:
                self._data.undo_copy(moved, copied)
                raise
            return unseen or self._data.clean_up_old_store(former, moved, copied)

    def _recheck(self, profile: Profile) -> None:
        """Look again under the locks: another process may have renamed the profile, or moved its secrets."""
        if self._store.load().profile(profile.name).secret_store is not profile.secret_store:
            raise ConfigError(
                f"profile `{profile.name}` was given another secret store meanwhile", hint="run the command again"
            )

    def use(self, name: str) -> None:
        """Make a profile the default.

        Raises:
            ProfileMissing: There is none of this name.
        """

        def change(document: dict[str, Any]) -> None:
            existing_table(document, name)
            document["default_profile"] = name

        self._store.edit(change)

    def rename(self, old: str, new: str) -> str | None:
        """Rename a profile; its secrets and logins move with it. Cached tokens are dropped.

        Returns:
            What stayed behind under the old name, in words; None if nothing did.

        Raises:
            ConfigError: The new name is taken or invalid.
            StoreError: The secret store failed; the profile then keeps its name and its secrets.
        """
        check_profile_name(new)
        profile = self._store.load().profile(old)
        self._refuse_taken(new)
        with self._data.hold_logins(profile, replace(profile, name=new)):
            self._recheck(profile)
            self._refuse_taken(new)
            return self._rename_held(profile, new)

    def _refuse_taken(self, name: str) -> None:
        if name in self._store.load().names:
            raise ConfigError(f"there is a profile `{name}` already", hint="choose another name")

    def _rename_held(self, profile: Profile, new: str) -> str | None:
        old = profile.name
        copied = self._data.copy_to_name(profile, new)

        def change(document: dict[str, Any]) -> None:
            table = existing_table(document, old)
            profiles = profiles_of(document)
            profiles[new] = table
            del profiles[old]
            if document.get("default_profile") == old:
                document["default_profile"] = new

        try:
            self._store.edit(change)
        except BaseException:
            self._data.undo_copy(replace(profile, name=new), copied)
            raise
        return self._data.clean_up_old_name(profile)

    def remove(self, name: str) -> None:
        """Remove a profile with its secrets, logins and tokens.

        Raises:
            ProfileMissing: There is none of this name.
            StoreError: Something stored could not be removed; the profile then stays.
        """
        config = self._store.load()
        if name not in config.names:
            raise profile_missing(name, config.names)
        try:
            profile = config.profile(name)
        except ConfigError:  # a broken profile can be removed too; its stores are then the default ones
            profile = parse_profile(name, {})
        # Proves the file writable before anything is deleted.
        self._store.edit(lambda _: None)

        def change(document: dict[str, Any]) -> None:
            profiles = profiles_of(document)
            profiles.pop(name, None)
            if not profiles:
                del document["profiles"]  # TOML has no way to write an empty table of tables
            if document.get("default_profile") == name:
                del document["default_profile"]

        with self._data.hold_logins(profile):  # to the end: a login meanwhile would be stored for nobody
            self._data.forget(profile)
            self._store.edit(change)
