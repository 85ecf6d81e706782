"""``config.toml``: read with tomllib, edited with tomlkit so that comments and unknown keys survive."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import ConfigError, ProfileMissing
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.keys import check_profile_name, parse_profile
from egain_auth_cli.stores.atomic import ensure_private_folder, file_errors, write_private
from egain_auth_cli.stores.config_file import parse_document, read_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.settings.profile import Profile
    from egain_auth_cli.stores.lock import Locks

VERSION = 1
_LOCK_SECONDS = 10.0


class Config:
    """What ``config.toml`` holds; a profile is checked when it is asked for, so a broken one harms no other.

    Attributes:
        default_profile: The profile used when none is named, or None.
        names: The profiles in the file's order.
    """

    def __init__(self, document: Mapping[str, object], path: Path) -> None:
        self._path = path
        self._home: str | None = None
        self._tables = self._table(document, "profiles")
        version = document.get("version", VERSION)
        if not isinstance(version, int) or isinstance(version, bool) or version > VERSION:
            raise ConfigError(
                f"`{printable(str(path))}` has version `{printable(str(version), limit=40)}`, not {VERSION}",
                hint="update `egain`; the file was left as it is",
            )
        default = document.get("default_profile")
        if default is not None and not isinstance(default, str):
            raise ConfigError("`default_profile` must be a text", hint=f"edit `{printable(str(path))}`")
        self.default_profile: str | None = default or None
        self.names = tuple(self._tables)

    def profile(self, name: str) -> Profile:
        """Give a profile, checked.

        Raises:
            ProfileMissing: There is none of this name.
            ConfigError: It holds something invalid.
        """
        table = self._tables.get(name)
        if table is None:
            raise profile_missing(name, self.names)
        if not isinstance(table, dict):
            raise ConfigError(
                f"`profiles.{printable(name)}` must be a table", hint=f"edit `{printable(str(self._path))}`"
            )
        return parse_profile(check_profile_name(name), table)

    @property
    def home(self) -> str:
        """The configuration folder, under one name however it is spelt."""
        if self._home is None:
            self._home = os.path.realpath(self._path.parent)
        return self._home

    def _table(self, document: Mapping[str, object], key: str) -> Mapping[str, object]:
        value = document.get(key, {})
        if not isinstance(value, dict):
            raise ConfigError(f"`{key}` must be a table", hint=f"edit `{printable(str(self._path))}`")
        return value


def profile_missing(name: str, names: tuple[str, ...]) -> ProfileMissing:
    """Say that a profile is missing, and which there are."""
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    if close:
        hint = f"did you mean `{printable(close[0])}`? `egain profile list` shows all"
    elif names:
        hint = f"there are {', '.join(f'`{printable(known)}`' for known in names[:8])}; `egain profile add` makes one"
    else:
        hint = "make one with `egain profile add`, or try `egain sandbox`"
    return ProfileMissing(f"there is no profile `{printable(name, limit=80)}`", hint=hint)


class ProfileStore:
    """The file of profiles.

    Args:
        path: ``config.toml``; it may be a link to the user's own file and is written through it.
        locks: Guards an edit against another process's.
    """

    def __init__(self, path: Path, locks: Locks) -> None:
        self.path = path
        self._locks = locks

    def load(self) -> Config:
        """Read the file; a missing one is an empty configuration.

        Raises:
            ConfigError: Unreadable, over 1 MiB, no TOML, of a newer version, or of the wrong shape.
        """
        return Config(parse_document(read_document(self.path), self.path), self.path)

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Apply ``change`` to the document and replace the file whole.

        Args:
            change: Gets tomlkit's document, which behaves as nested dicts, and alters it in place.

        Raises:
            ConfigError: The file cannot be read or written; it is then as before.
        """
        import tomlkit

        with self._locks.hold(f"config {os.path.realpath(self.path)}", seconds=_LOCK_SECONDS):
            text = read_document(self.path)
            Config(parse_document(text, self.path), self.path)
            document = tomlkit.parse(text)
            if "version" not in document:
                document.add("version", VERSION)
            change(document)
            rendered = tomlkit.dumps(document)
            if parse_document(rendered, self.path) != document.unwrap():
                raise ConfigError(
                    f"`{printable(str(self.path))}` cannot be changed without harm to it",
                    hint="edit it by hand; it was left as it is",
                )
            self._write(rendered)

    def _write(self, text: str) -> None:
        with file_errors(self.path, "write", ConfigError):
            if self.path.is_symlink():
                target = Path(os.path.realpath(self.path))
            else:
                self._ensure_folder()
                target = self.path
            write_private(target, text.encode("utf-8"))

    def _ensure_folder(self) -> None:
        # NOTE: a folder that is there already may be the user's own and keeps its mode, unless others can write.
        if not self.path.parent.exists():
            ensure_private_folder(self.path.parent)
            return
        found = self.path.parent.stat()
        if os.name == "posix" and found.st_uid == os.geteuid() and found.st_mode & 0o022:
            self.path.parent.chmod(stat.S_IMODE(found.st_mode) & ~0o022)
