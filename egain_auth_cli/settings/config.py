"""What ``config.toml`` holds: the profiles, and which one is the default."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError, ProfileMissing
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.checkers import check_profile_name
from egain_auth_cli.settings.profile import parse_profile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from egain_auth_cli.settings.profile import Profile

VERSION = 1
"""Of the file's format; a newer one is refused, since an edit would harm it."""


class Config:
    """The document of ``config.toml``; a profile is checked when it is asked for, so a broken one harms no other.

    Args:
        document: The parsed TOML.
        path: The file, for messages and for ``home``.

    Attributes:
        default_profile: The profile used when none is named, or None.
        names: The profiles in the file's order.

    Raises:
        ConfigError: It is of a newer version, or of the wrong shape.
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
        """Return a profile, checked.

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
    """Return the error of a missing profile, which names those that there are."""
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    if close:
        hint = f"did you mean `{printable(close[0])}`? `egain profile list` shows all"
    elif names:
        hint = f"there are {', '.join(f'`{printable(known)}`' for known in names[:8])}; `egain profile add` makes one"
    else:
        hint = "make one with `egain profile add`, or try `egain sandbox`"
    return ProfileMissing(f"there is no profile `{printable(name, limit=80)}`", hint=hint)
