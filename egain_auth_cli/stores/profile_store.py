"""The file of profiles: read with tomllib, edited with tomlkit so that comments and unknown keys survive."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.profile import VERSION, Config
from egain_auth_cli.stores.atomic import ensure_private_folder, file_errors, temporary_siblings, write_private
from egain_auth_cli.stores.config_file import parse_document, read_document

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.stores.lock import Locks


class ProfileStore:
    """The file of profiles.

    Args:
        path: ``config.toml``; it may be a link to the user's own file and is written through it.
        locks: Guards an edit against another process's.
        seconds: Returns the longest wait for that one.
    """

    def __init__(self, path: Path, locks: Locks, *, seconds: Callable[[], float] = lambda: 30.0) -> None:
        self.path = path
        self._seconds = seconds
        self._locks = locks

    @property
    def home(self) -> str:
        """The configuration folder, under one name however it is spelt."""
        return os.path.realpath(self.path.parent)

    def load(self) -> Config:
        """Read the file; a missing one is an empty configuration.

        Raises:
            ConfigError: Unreadable, over 1 MiB, not TOML, of a newer version, or of the wrong shape.
        """
        return Config(parse_document(read_document(self.path), self.path), self.path)

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Apply ``change`` to the document and replace the file whole.

        Args:
            change: Gets tomlkit's document, which behaves as nested dicts, and alters it in place.

        Raises:
            ConfigError: The file cannot be read or written, or another process holds it; it is then as before.
        """
        import tomlkit

        name = f"config {os.path.realpath(self.path)}"
        with self._locks.hold(name, seconds=self._seconds(), doing="changing the profiles", error=ConfigError):
            text = read_document(self.path)
            Config(parse_document(text, self.path), self.path)
            document = tomlkit.parse(text)
            if "version" not in document:
                document.add("version", VERSION)
            change(document)
            rendered = tomlkit.dumps(document)
            # Whatever tomlkit makes of odd but valid TOML: what is written must read back as what was meant.
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
            for left in temporary_siblings(target.parent, target.name):
                left.unlink(missing_ok=True)
            write_private(target, text.encode("utf-8"))

    def _ensure_folder(self) -> None:
        # NOTE: a folder that is there already may be the user's own and keeps its mode, unless others can write.
        if not self.path.parent.exists():
            ensure_private_folder(self.path.parent)
            return
        found = self.path.parent.stat()
        if os.name == "posix" and found.st_uid == os.geteuid() and found.st_mode & 0o022:
            self.path.parent.chmod(stat.S_IMODE(found.st_mode) & ~0o022)
