"""Where files live: the configuration folder, the cache folder, and the place beside each login."""

from __future__ import annotations

import os
import stat
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.grants import SecretStoreKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_APP = "egain"
_SHARED = Path("/var/tmp")  # noqa: S108  only a folder of ours is used


class Paths:
    """The folders of one run.

    Args:
        environ: The environment; ``EGAIN_CONFIG_DIR`` and ``EGAIN_CACHE_DIR`` win over the system's folders.

    A folder that cannot be named raises ``ConfigError`` when it is asked for, not before: a run that is given
    everything by the environment needs none. So what takes a folder takes the method that names it.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @cached_property
    def config_dir(self) -> Path:
        """``$EGAIN_CONFIG_DIR``, else the user's configuration folder."""
        return self._given("EGAIN_CONFIG_DIR") or _system_folder("config")

    @cached_property
    def cache_dir(self) -> Path:
        """``$EGAIN_CACHE_DIR``, else the runtime folder (in memory, gone at log-out), else the cache folder."""
        return self._given("EGAIN_CACHE_DIR") or self._runtime_dir() or _system_folder("cache")

    @property
    def config_file(self) -> Path:
        """The profiles."""
        return self.config_dir / "config.toml"

    def secrets_dir(self) -> Path:
        """Return the folder of the plain file store, where a profile asks for it."""
        return self.config_dir / "secrets"

    def tokens_dir(self) -> Path:
        """Return the folder of access tokens."""
        return self.cache_dir / "tokens"

    def locks_dir(self) -> Path:
        """Return the folder of the locks of cached tokens."""
        return self.cache_dir / "locks"

    def login_dir(self, kind: SecretStoreKind) -> Path:
        """Return the folder of what goes with the logins of a store: their locks, marks and records of changes.

        Whoever reaches the login must come to the same folder, however the environment differs: two processes that
        lock in two places would both spend its refresh token.
        """
        if kind is SecretStoreKind.FILE:
            return self.secrets_dir()
        return _user_folder()  # the keyring is the user's, whatever `HOME` and the variables say

    def _given(self, name: str) -> Path | None:
        value = self._environ.get(name)
        if not value:
            return None
        if "\0" in value:
            raise ConfigError(f"`{name}` is not a folder's name", hint=f"set `{name}` to an absolute path")
        return Path(os.path.abspath(value))  # noqa: PTH100  resolve() would follow links

    def _runtime_dir(self) -> Path | None:
        if sys.platform in ("win32", "darwin"):
            return None
        # Without a login session (cron, ssh -T) the variable may be unset though the folder is there.
        folder = Path(self._environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
        try:
            found = folder.stat()
        except (OSError, ValueError):
            return None
        # The XDG Base Directory Specification: owned by the user, who alone may write to it.
        ours = folder.is_absolute() and stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
        return folder / _APP if ours and not found.st_mode & 0o022 else None


def _user_folder() -> Path:
    """Return a folder of this user that no variable moves: in the home that the system's list of users names."""
    if sys.platform == "win32":
        import platformdirs

        return Path(platformdirs.user_state_dir(_APP, appauthor=False))
    import pwd

    try:
        home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
        ours = home.is_absolute() and home.stat().st_uid == os.geteuid()
    except (KeyError, OSError, ValueError):
        ours = False
    # Without one of their own, as in some containers: a name that anybody may take, but then it is refused.
    return home / ".local" / "state" / _APP if ours else _SHARED / f"{_APP}-{os.geteuid()}"


def _system_folder(kind: str) -> Path:
    import platformdirs

    try:
        folder = Path(getattr(platformdirs, f"user_{kind}_dir")(_APP, appauthor=False))
    except (RuntimeError, OSError, KeyError, ValueError) as exc:
        raise _no_home_folder(kind) from exc
    if not folder.is_absolute():
        raise _no_home_folder(kind)
    return folder


def _no_home_folder(kind: str) -> ConfigError:
    name = f"EGAIN_{kind.upper()}_DIR"
    return ConfigError(
        f"this user has no home folder, so there is no {kind} folder",
        hint=f"set `HOME`, or `{name}` to a folder of yours",
    )
