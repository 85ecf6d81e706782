"""A renewal under way, on disk: proves the disk writable first, and keeps a rotated login if the process dies.

Between the server's rotation and the keyring's write the new refresh token exists only in memory. The journal
holds it (0600, in the runtime folder) for those milliseconds, and the next run adopts it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import TokenSet
from egain_auth_cli.stores.atomic import (
    ensure_private_folder,
    file_errors,
    read_private,
    remove_file,
    write_private,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FORMAT = 1
_LIMIT = 256 * 1024


class Journal:
    """Records of renewals, one file a login. Used under the login's lock alone.

    Args:
        folder: Finds the folder, which is made when the first record is written.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._find_folder = folder

    def begin(self, item: str) -> None:
        """Write that a renewal starts; no refresh is sent unless this worked.

        Raises:
            StoreError: The disk is full or not writable: the refresh token was not used.
        """
        self._write(item, {"v": _FORMAT, "state": "asked"})

    def received(self, item: str, token: TokenSet) -> None:
        """Write down what the server answered, before anything else is done with it.

        Raises:
            StoreError: It cannot be written.
        """
        record = {
            "v": _FORMAT,
            "state": "received",
            "access_token": token.access_token.reveal(),
            "refresh_token": token.refresh_token.reveal() if token.refresh_token else None,
            "expires_at": token.expires_at,
            "obtained_at": token.obtained_at,
            "scope": token.scope,
        }
        self._write(item, record)

    def recover(self, item: str) -> TokenSet | None:
        """Give what a process that died had received, or None."""
        path = self._path(item)
        with file_errors(path, "read", StoreError):
            raw = read_private(path, limit=_LIMIT)
        try:
            record = json.loads(raw) if raw is not None else {}
            if record.get("v") != _FORMAT or record.get("state") != "received":
                return None
            refresh_token = record["refresh_token"]
            return TokenSet(
                access_token=Secret(record["access_token"]),
                refresh_token=Secret(refresh_token) if refresh_token else None,
                expires_at=int(record["expires_at"]),
                obtained_at=int(record["obtained_at"]),
                scope=record["scope"],
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
            return None

    def end(self, item: str) -> None:
        """Forget the record: everything is stored.

        Raises:
            StoreError: The file cannot be removed.
        """
        path = self._path(item)
        with file_errors(path, "remove", StoreError):
            remove_file(path)

    def _write(self, item: str, record: dict[str, object]) -> None:
        path = self._path(item)
        with file_errors(path, "write", StoreError):
            ensure_private_folder(path.parent)
            write_private(path, json.dumps(record, separators=(",", ":")).encode())

    def _path(self, item: str) -> Path:
        return self._find_folder() / f"{sha256(item.encode()).hexdigest()[:32]}.json"
