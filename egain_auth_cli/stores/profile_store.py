"""The file of profiles: read with tomllib, edited with tomlkit so that comments and unknown keys survive."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.profile import VERSION, Config
from egain_auth_cli.stores.atomic import ensure_private_folder, remove_left, write_private
from egain_auth_cli.stores.config_file import parse_document, read_document
from egain_auth_cli.stores.disk import sync_file
from egain_auth_cli.stores.file_errors import file_errors
from egain_auth_cli.stores.lock import hold_file
from egain_auth_cli.stores.ownership import require_trusted_owner

if TYPE_CHECKING:
    from collections.abc import Callable


class ProfileStore:
    """The file of profiles.

    Args:
        path: ``config.toml``; it may be a link to the user's own file and is written through it.
        seconds: Returns the longest wait for another process's edit.
    """

    def __init__(self, path: Path, *, seconds: Callable[[], float] = lambda: 30.0) -> None:
        self.path = path
        self._seconds = seconds

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
        from tomlkit.exceptions import TOMLKitError

        def rendered(text: str) -> str:
            Config(parse_document(text, self.path), self.path)
            # Whatever tomlkit makes of odd but valid TOML: what is written must read back as what was meant.
            harm = ConfigError(
                f"`{printable(str(self.path))}` cannot be changed without harm to it",
                hint="edit it by hand; it was left as it is",
            )
            try:
                document = tomlkit.parse(text)
                if "version" not in document:
                    document.add("version", VERSION)
                change(document)
                written = tomlkit.dumps(document)
            except (ValueError, TOMLKitError) as exc:  # such as a table in `profiles = {…}`, on one line
                raise harm from exc
            if parse_document(written, self.path) != document.unwrap():
                raise harm
            return written

        self._write(rendered)

    def replace(self, before: str, after: str) -> None:
        """Replace the file's whole text.

        Args:
            before: What it must still be.
            after: What it becomes; it has been checked.

        Raises:
            ConfigError: The file is not what it was, cannot be written, or another process holds it; it is then as
                before.
        """

        def unless_changed(text: str) -> str:
            if text != before:
                raise ConfigError(
                    f"`{printable(str(self.path))}` was changed by somebody else meanwhile", hint="edit it again"
                )
            return after

        self._write(unless_changed)

    def _write(self, rendered: Callable[[str], str]) -> None:
        """Replace the file whole, under its lock, by what is made of its text."""
        # The file itself, where `config.toml` is a link: the lock lies beside it, so that whoever edits it meets there.
        target = Path(os.path.realpath(self.path))
        with file_errors(target, "write", ConfigError):
            if not self.path.is_symlink():
                self._ensure_folder()
        lock = target.with_name(f".{target.name}.lock")
        with hold_file(
            lock, seconds=self._seconds(), doing="changing the profiles", error=ConfigError, failure=ConfigError
        ):
            text = rendered(read_document(self.path))
            with file_errors(target, "write", ConfigError):
                remove_left(target.parent, target.name)
                _put(target, text.encode("utf-8"))

    def _ensure_folder(self) -> None:
        # NOTE: a folder that is there already may be the user's own and keeps its mode, unless others can write.
        if not self.path.parent.exists():
            ensure_private_folder(self.path.parent)
            return
        found = self.path.parent.stat()
        require_trusted_owner(self.path.parent, found)
        if sys.platform != "win32" and found.st_uid == os.geteuid() and found.st_mode & 0o022:
            self.path.parent.chmod(stat.S_IMODE(found.st_mode) & ~0o022)


def check_document(text: str, path: Path) -> Config:
    """Return the profiles of a text, each of them checked.

    Args:
        text: What is to stand in ``config.toml``.
        path: For messages.

    Raises:
        ConfigError: It is no TOML, of a newer version, of the wrong shape, or a profile holds something invalid.
        ProfileMissing: The default profile is not there.
    """
    config = Config(parse_document(text, path), path)
    for name in config.names:
        config.profile(name)
    if config.default_profile is not None:
        config.profile(config.default_profile)
    return config


def _put(target: Path, data: bytes) -> None:
    """Replace the file whole; one that is mounted on its own cannot be replaced and is written in place."""
    try:
        write_private(target, data)
    except OSError as exc:
        if exc.errno != errno.EBUSY:
            raise
        with target.open("r+b") as file:
            file.write(data)
            file.truncate()
            file.flush()
            sync_file(file.fileno())
