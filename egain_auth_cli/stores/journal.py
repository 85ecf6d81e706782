"""A change of a login under way, on disk: its space is reserved first, and the login outlives the process that dies.

Between the server's rotation and the store's write the new refresh token exists only in memory; and a keyring that
deletes before it adds, as macOS' does, has neither the former login nor the new one for a moment. The record holds it
for those milliseconds (0600, beside the login), and the next run takes it from there.
"""

from __future__ import annotations

import contextlib
import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import LONGEST_TOKEN, TokenSet
from egain_auth_cli.stores.atomic import (
    ensure_private_folder,
    make_private,
    read_private,
    remove_file,
    write_private,
    write_whole,
)
from egain_auth_cli.stores.disk import sync_file, sync_folder
from egain_auth_cli.stores.file_errors import file_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


_FORMAT = 2
_SIZE = 3 * LONGEST_TOKEN + 64 * 1024
"""Bytes that are reserved for a record: its tokens at their longest, one of them twice, and their scopes."""
_LIMIT = 4 * _SIZE


class Recovered(NamedTuple):
    """What a process that died had received.

    Attributes:
        refresh_token: The successor.
        token: The access token; None where the answer had none that can be used.
        key: The digest of the cache key that the access token is for.
        replaces: The digest of the refresh token that was sent for it; empty for a sign-in.
        login: The id of the login that it is of; empty in records of earlier releases.
        kept: What the secret store was to hold.
    """

    refresh_token: Secret
    token: TokenSet | None
    key: str
    replaces: str
    login: str
    kept: Secret

    def succeeds(self, refresh_token: Secret) -> bool:
        """Return whether this came of the stored refresh token, or is stored itself already.

        A record of the same name may be of a login that was replaced since.
        """
        return self.replaces == digest_of(refresh_token) or self.refresh_token == refresh_token


def digest_of(refresh_token: Secret) -> str:
    """Name a refresh token without giving it away."""
    return sha256(refresh_token.reveal().encode()).hexdigest()


class Record:
    """The reserved record of one change.

    Args:
        path: Its file.
        handle: Its open descriptor.

    Attributes:
        holds: Whether it holds something that is nowhere else.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle
        self.holds = False

    def received(
        self,
        refresh_token: Secret,
        *,
        login: str,
        kept: Secret,
        token: TokenSet | None = None,
        key: str = "",
        replaces: Secret | None = None,
    ) -> None:
        """Write down what the server answered, before anything else is done with it.

        Args:
            refresh_token: The new one.
            login: The id of the login that it is of.
            kept: What the secret store is to hold.
            token: The access token; None where the answer had none that can be used.
            key: The digest of the cache key that the access token is for.
            replaces: The refresh token that was sent for it; None for a sign-in.

        Raises:
            StoreError: It cannot be written.
        """
        record = {
            "v": _FORMAT,
            "key": key,
            "replaces": "" if replaces is None else digest_of(replaces),
            "refresh_token": refresh_token.reveal(),
            "login": login,
            "kept": kept.reveal(),
            **(token.as_record() if token else {}),
        }
        raw = json.dumps(record, separators=(",", ":")).encode()
        self.holds = True
        with file_errors(self._path, "write", StoreError):
            # In place, into the space that is reserved: a new file might find the disk full by now.
            write_whole(self._handle, raw)
            os.ftruncate(self._handle, len(raw))  # the rest of the space is free for the store
            sync_file(self._handle)


class Journal:
    """Records of changes, one file for each login. Used under the login's lock alone.

    Args:
        folder: Finds the folder, which is made when the first record is reserved.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._find_folder = folder

    @contextlib.contextmanager
    def begin(self, item: str) -> Iterator[Record]:
        """Reserve the space of a record, for a change in the body: no refresh is sent unless this worked.

        NOTE: a server that rotates takes the old refresh token back with its answer (RFC 6749 §6). With a full disk the
        new one could not be kept, and the login would be lost. A record that holds something stays until ``end``.

        Raises:
            StoreError: The disk is full or not writable: nothing was changed.
        """
        self.end(item)  # what an earlier process left was taken up before, or is void
        path = self._path(item)
        with file_errors(path, "write", StoreError):
            ensure_private_folder(path.parent)
            handle = make_private(path)
        record = Record(path, handle)
        try:
            with file_errors(path, "write", StoreError):
                _reserve(handle)
                sync_folder(path.parent)
            yield record
        finally:
            os.close(handle)  # first: Windows removes no open file
            if not record.holds:
                self.end(item)

    def recover(self, item: str) -> Recovered | None:
        """Return what a process that died in a change had received, or None.

        Raises:
            StoreError: The record is a link, or somebody else's.
        """
        path = self._path(item)
        with file_errors(path, "read", StoreError):
            raw = read_private(path, limit=_LIMIT)
        return None if raw is None else _decode(raw)

    def end(self, item: str) -> None:
        """Remove the record: there is nothing to recover any more.

        Raises:
            StoreError: The file cannot be removed.
        """
        path = self._path(item)
        with file_errors(path, "remove", StoreError):
            remove_file(path)

    def copy(self, item: str, to: Journal, name: str) -> None:
        """Copy a record to another login's name, or to another place.

        Raises:
            StoreError: It cannot be copied.
        """
        source, target = self._path(item), to._path(name)
        with file_errors(source, "read", StoreError):
            raw = read_private(source, limit=_LIMIT)
        if raw is None:
            to.end(name)
            return
        with file_errors(target, "write", StoreError):
            ensure_private_folder(target.parent)
            write_private(target, raw)

    def _path(self, item: str) -> Path:
        return self._find_folder() / f"{sha256(item.encode()).hexdigest()[:32]}.renewal"


def _reserve(handle: int) -> None:
    if not _is_allocated(handle):
        write_whole(handle, bytes(_SIZE))
    sync_file(handle)


def _is_allocated(handle: int) -> bool:
    """Have the system set the space aside; return whether it did. A full disk fails this too."""
    if not hasattr(os, "posix_fallocate"):  # macOS and Windows
        return False
    try:
        os.posix_fallocate(handle, 0, _SIZE)
    except OSError:  # as on some file systems
        return False
    return True


def _decode(raw: bytes) -> Recovered | None:
    try:
        record = json.loads(raw.rstrip(b"\0"))  # killed before what was left of the space was given back
        refresh_token, key, replaces = record["refresh_token"], record["key"], record["replaces"]
        login, kept = record.get("login", ""), record.get("kept", "")  # records of release 0.1 have neither
        texts = (refresh_token, key, replaces, login, kept)
        known = record["v"] == _FORMAT and all(isinstance(one, str) for one in texts)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None  # reserved, and nothing received
    if not known:
        return None
    return Recovered(Secret(refresh_token), TokenSet.from_record(record), key, replaces, login, Secret(kept))
