"""Making, changing, showing and removing profiles."""

from __future__ import annotations

import contextlib
import json
import tomllib  # noqa: TID253  this module loads with `egain profile` alone
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import ConfigError, EgainError, KeyringMissing, UsageError
from egain_auth_cli.models.grants import SecretStoreKind, TokenCacheKind
from egain_auth_cli.models.profile_keys import (
    LIST_KEYS,
    check_profile_name,
    checker_of,
    known_keys,
    parse_profile,
)
from egain_auth_cli.sanitize import printable
from egain_auth_cli.stores.profile_store import profile_missing
from egain_auth_cli.stores.secret_store import client_secret_item, login_items

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.models.profile import Profile
    from egain_auth_cli.stores.journal import Journal
    from egain_auth_cli.stores.profile_store import Config, ProfileStore
    from egain_auth_cli.stores.secret_store import BoundSecrets
    from egain_auth_cli.stores.token_cache import TokenCache


class ProfileService:
    """Edits ``config.toml`` and what belongs to its profiles.

    Args:
        store: The file.
        secrets: Gives the secrets of a kind of store.
        cache: Gives the cache of a kind.
        journal: Records of renewals.
    """

    def __init__(
        self,
        store: ProfileStore,
        *,
        secrets: Callable[[SecretStoreKind], BoundSecrets],
        cache: Callable[[TokenCacheKind], TokenCache],
        journal: Journal,
    ) -> None:
        self._store = store
        self._journal = journal
        self._secrets = secrets
        self._cache = cache

    def config(self) -> Config:
        """Read the profiles."""
        return self._store.load()

    def add(self, name: str, values: Mapping[str, Any], *, replace: bool = False) -> bool:
        """Write a new profile; the first one becomes the default.

        Args:
            name: Its name.
            values: Nested as in ``config.toml``; what is None or empty is left out.
            replace: Take the place of a profile of this name, keeping keys that ``values`` does not name.

        Returns:
            Whether it is the default profile now.

        Raises:
            ConfigError: The name is taken or invalid, or a value is.
        """
        check_profile_name(name)
        wanted = _without_nothing(values)
        parse_profile(name, wanted)

        def change(document: dict[str, Any]) -> None:
            profiles = _profiles(document)
            if name in profiles and not replace:
                raise ConfigError(
                    f"there is a profile `{name}` already",
                    hint=f"change it with `egain profile set {name} KEY VALUE`, or `egain profile remove {name}` first",
                )
            _merge(profiles.setdefault(name, _new_table()), wanted)
            if not document.get("default_profile"):
                document["default_profile"] = name

        self._store.edit(change)
        return self._store.load().default_profile == name

    def set(self, name: str, key: str, text: str) -> None:
        """Set one key of a profile, dotted as in TOML; an empty text removes it.

        Raises:
            UsageError: There is no such key.
            ConfigError: The key may not hold this value, or the profile does not exist.
        """
        checker = checker_of(key)
        if checker is None:
            close = get_close_matches(key, known_keys(), n=1)
            raise UsageError(
                f"a profile has no key `{printable(key, limit=80)}`",
                hint=f"did you mean `{close[0]}`?" if close else "`egain profile set --help` lists the keys",
            )
        value = _value(key, text)
        if text:
            checker(value, key)

        def change(document: dict[str, Any]) -> None:
            table = _existing(document, name)
            *path, last = key.split(".")
            for depth, step in enumerate(path):
                table = table.setdefault(step, _new_table(of_tables=depth < len(path) - 1))
            if text:
                table[last] = value
            else:
                table.pop(last, None)

        self._store.edit(change)

    def use(self, name: str) -> None:
        """Make a profile the default.

        Raises:
            ProfileMissing: There is none of this name.
        """

        def change(document: dict[str, Any]) -> None:
            _existing(document, name)
            document["default_profile"] = name

        self._store.edit(change)

    def rename(self, old: str, new: str) -> None:
        """Give a profile another name; its secrets and logins move with it. Cached tokens are dropped.

        Raises:
            ConfigError: The new name is taken or invalid.
            StoreError: The secret store failed; the profile then keeps its name and its secrets.
        """
        check_profile_name(new)
        config = self._store.load()
        profile = config.profile(old)
        if new in config.names:
            raise ConfigError(f"there is a profile `{new}` already", hint="choose another name")
        moved = self._copy_secrets(profile, new)

        def change(document: dict[str, Any]) -> None:
            table = _existing(document, old)
            profiles = _profiles(document)
            profiles[new] = table
            del profiles[old]
            if document.get("default_profile") == old:
                document["default_profile"] = new

        try:
            self._store.edit(change)
        except BaseException:
            self._delete_items(profile, moved)
            raise
        for before, after in zip(login_items(old), login_items(new), strict=True):
            self._journal.rename(before, after)
        self._delete_items(profile, [item.replace(f"{new}/", f"{old}/", 1) for item in moved])
        self._cache(profile.token_cache or TokenCacheKind.FILE).clear(old)

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
        except ConfigError:
            profile = parse_profile(name, {})
        self._store.edit(lambda _: None)  # proves the file writable before anything is deleted
        self._delete_items(profile, [client_secret_item(name), *login_items(name)])
        for item in login_items(name):
            self._journal.end(item)
        self._cache(profile.token_cache or TokenCacheKind.FILE).clear(name)

        def change(document: dict[str, Any]) -> None:
            profiles = _profiles(document)
            profiles.pop(name, None)
            if not profiles:
                del document["profiles"]  # TOML has no way to write an empty table of tables
            if document.get("default_profile") == name:
                del document["default_profile"]

        self._store.edit(change)

    def _copy_secrets(self, profile: Profile, new: str) -> list[str]:
        store = self._secrets(profile.secret_store or SecretStoreKind.KEYRING).store
        copied: list[str] = []
        try:
            for item in (client_secret_item(profile.name), *login_items(profile.name)):
                value = store.get(item)
                if value is not None:
                    target = item.replace(f"{profile.name}/", f"{new}/", 1)
                    store.set(target, value)
                    copied.append(target)
        except KeyringMissing:
            return copied  # nothing can be stored in a keyring that is not there
        except EgainError:
            self._delete_items(profile, copied)
            raise
        return copied

    def _delete_items(self, profile: Profile, items: list[str]) -> None:
        store = self._secrets(profile.secret_store or SecretStoreKind.KEYRING).store
        with contextlib.suppress(KeyringMissing):  # nothing can be stored in a keyring that is not there
            for item in items:
                store.delete(item)


def _value(key: str, text: str) -> object:
    """Read a value: a list is TOML, or one item as it stands; anything else is a text."""
    if key.rpartition(".")[2] not in LIST_KEYS:
        return text
    if not text.startswith("["):
        return text.split() if key.endswith("scopes") else [text]
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise UsageError(
            f"the value of `{key}` is no list: `{printable(text, limit=80)}`",
            hint=f"write it as TOML: `{json.dumps(['A', 'B'])}`",
        ) from exc


def _profiles(document: dict[str, Any]) -> dict[str, Any]:
    if "profiles" not in document:
        document["profiles"] = _new_table(of_tables=True)
    profiles: dict[str, Any] = document["profiles"]
    return profiles


def _existing(document: dict[str, Any], name: str) -> dict[str, Any]:
    profiles = _profiles(document)
    if name not in profiles:
        raise profile_missing(name, tuple(profiles))
    table: dict[str, Any] = profiles[name]
    return table


def _new_table(*, of_tables: bool = False) -> Any:  # noqa: ANN401  tomlkit's tables behave as nested dicts
    import tomlkit

    return tomlkit.table(is_super_table=of_tables)


def _merge(table: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, dict):
            of_tables = all(isinstance(inner, dict) for inner in value.values())
            _merge(table.setdefault(key, _new_table(of_tables=of_tables)), value)
        else:
            table[key] = value


def _without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in values.items():
        inner = _without_nothing(value) if isinstance(value, dict) else value
        if inner not in (None, "", (), [], {}):
            kept[key] = list(inner) if isinstance(inner, tuple) else inner
    return kept
