"""The plain file store: one file of mode 0600 a secret, for profiles that ask for it."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.grants import SecretStoreKind
from egain_auth_cli.stores.atomic import ensure_private_folder, of_mode, read_private, remove_file, write_private
from egain_auth_cli.stores.file_errors import file_errors

if TYPE_CHECKING:
    from pathlib import Path

_LIMIT = 1024 * 1024
"""Bytes: of the longest token, each character an escape of an escape in its record."""


class FileSecretStore:
    """Secrets as files in a 0700 folder.

    Args:
        folder: ``secrets/`` beside ``config.toml``.
    """

    kind = SecretStoreKind.FILE

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, item: str) -> str | None:
        """Return the value, or None.

        Raises:
            StoreError: The file is a link, is readable by others, is not ours or cannot be read.
        """
        path = self._path(item)
        with file_errors(path, "read", StoreError):
            raw = read_private(path, limit=_LIMIT)
            try:
                return None if raw is None else raw.decode("utf-8")
            except UnicodeDecodeError as exc:
                raise OSError(5, "it is not UTF-8") from exc  # EIO, so that `file_errors` tells it like the others

    def set(self, item: str, value: str) -> None:
        """Keep the value, and read it back.

        Raises:
            StoreError: It cannot be written; the former value is untouched.
        """
        path = self._path(item)
        with file_errors(path, "write", StoreError):
            ensure_private_folder(self._folder)
            write_private(path, value.encode("utf-8"))
        if self.get(item) != value:
            raise StoreError(f"`{path}` does not hold what was written", hint="look at the disk, then try again")

    def delete(self, item: str) -> bool:
        """Remove the file; return whether there was one.

        Raises:
            StoreError: It is there and cannot be removed.
        """
        path = self._path(item)
        with file_errors(path, "remove", StoreError):
            return remove_file(path)

    def describe(self) -> str:
        """Name the folder."""
        return f"plain files{of_mode()} in {self._folder}"

    def _path(self, item: str) -> Path:
        # The digest keeps names apart that differ in case alone, on file systems that do not.
        label = re.sub(r"[^A-Za-z0-9._-]", "-", item)[:80]
        return self._folder / f"{label}.{sha256(item.encode()).hexdigest()[:12]}"
