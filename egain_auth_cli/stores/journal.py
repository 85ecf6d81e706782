"""A renewal under way, on disk: proves the disk writable first, and keeps a rotated login if the process dies.

Between the server's rotation and the keyring's write the new refresh token exists only in memory. The journal
holds it (0600, in the cache folder) for those milliseconds, and the next run takes it from there.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import TokenSet
from egain_auth_cli.stores.atomic import (
    ensure_private_folder,
    file_errors,
    read_private,
    remove_file,
    temporary_siblings,
    write_private,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_FORMAT = 1
_LIMIT = 512 * 1024
"""Bytes; more than two tokens of ``LONGEST_TOKEN`` take, with their scopes."""


class Recovered(NamedTuple):
    """What a process that died had received.

    Attributes:
        refresh_token: The successor; None where the server gave none.
        token: The access token; None where the answer had none that can be used.
        key: The digest of the cache key that the access token is for.
        replaces: The digest of the refresh token that was sent for it.
    """

    refresh_token: Secret | None
    token: TokenSet | None
    key: str
    replaces: str

    def succeeds(self, refresh_token: Secret) -> bool:
        """Return whether this came of the stored refresh token, or is stored itself already.

        A record of the same name may be another's: of a login that was replaced, or of another configuration folder.
        """
        return self.replaces == digest_of(refresh_token) or self.refresh_token == refresh_token


def digest_of(refresh_token: Secret) -> str:
    """Name a refresh token without giving it away."""
    return sha256(refresh_token.reveal().encode()).hexdigest()


class Journal:
    """Records of renewals, one file for each login. Used under the login's lock alone.

    Args:
        folder: Finds the folder, which is made when the first record is written.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._find_folder = folder

    def begin(self, item: str) -> None:
        """Write that a renewal starts: no refresh is sent unless this worked.

        NOTE: a server that rotates takes the old refresh token back with its answer (RFC 6749 §6). With a full disk the
        new one could not be kept, and the login would be lost.

        Raises:
            StoreError: The disk is full or not writable: the refresh token was not used.
        """
        self.end(item)  # what an earlier process left was taken up before, or is void
        self._write(item, {"v": _FORMAT, "state": "asked"})

    def received(
        self, item: str, refresh_token: Secret | None, *, token: TokenSet | None, key: str, replaces: Secret
    ) -> None:
        """Write down what the server answered, before anything else is done with it.

        Args:
            item: The login.
            refresh_token: The successor; None where there is none.
            token: The access token; None where the answer had none that can be used.
            key: The digest of the cache key that the access token is for.
            replaces: The refresh token that was sent for it.

        Raises:
            StoreError: It cannot be written.
        """
        record = {
            "v": _FORMAT,
            "state": "received",
            "key": key,
            "replaces": digest_of(replaces),
            "refresh_token": refresh_token.reveal() if refresh_token else None,
            **(token.as_record() if token else {}),
        }
        self._write(item, record)

    def recover(self, item: str) -> Recovered | None:
        """Return what a process that died in a renewal had received, or None.

        A record that was written whole but not yet put in place counts as well.

        Raises:
            StoreError: The record is a link, or somebody else's.
        """
        path = self._path(item)
        with file_errors(path, "read", StoreError):
            # A temporary sibling is a record too: the process may have died between writing it and its rename.
            found = [read_private(one, limit=_LIMIT) for one in (path, *temporary_siblings(path.parent, path.name))]
        records = [record for raw in found if raw is not None and (record := _decode(raw)) is not None]
        return max(records, key=lambda record: record.token.obtained_at if record.token else 0, default=None)

    def end(self, item: str) -> None:
        """Remove the record: there is nothing to recover any more.

        Raises:
            StoreError: The file cannot be removed.
        """
        path = self._path(item)
        with file_errors(path, "remove", StoreError):
            remove_file(path)

    def rename(self, old: str, new: str) -> None:
        """Move a record to another name of its login.

        Raises:
            StoreError: It cannot be moved.
        """
        source, target = self._path(old), self._path(new)
        with file_errors(source, "rename", StoreError):
            for left in temporary_siblings(source.parent, source.name):
                left.replace(target.with_name(left.name.replace(source.name, target.name, 1)))
            if source.exists():
                source.replace(target)

    def _write(self, item: str, record: dict[str, object]) -> None:
        path = self._path(item)
        with file_errors(path, "write", StoreError):
            ensure_private_folder(path.parent)
            write_private(path, json.dumps(record, separators=(",", ":")).encode())

    def _path(self, item: str) -> Path:
        return self._find_folder() / f"{sha256(item.encode()).hexdigest()[:32]}.json"


def _decode(raw: bytes) -> Recovered | None:
    try:
        record = json.loads(raw)
        if record["v"] != _FORMAT or record["state"] != "received":
            return None
        refresh_token, key, replaces = record["refresh_token"], record["key"], record["replaces"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not all(isinstance(text, str) for text in (refresh_token or "", key, replaces)):
        return None
    successor = Secret(refresh_token) if refresh_token else None
    return Recovered(successor, TokenSet.from_record(record), key, replaces)
