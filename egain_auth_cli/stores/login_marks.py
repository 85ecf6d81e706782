"""Marks of logins: a small file that says which login was made last, and whose. Nothing in it is secret.

Cached tokens are found by the login's id. So once somebody else has signed in, no token of the former person is found
any more, in whichever cache it lies and for whatever scopes; and that costs no look into a keyring.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import StoreError
from egain_auth_cli.stores.atomic import ensure_private_folder, read_private, remove_file, write_private
from egain_auth_cli.stores.file_errors import file_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FORMAT = 1
_LIMIT = 16 * 1024


class LoginMark(NamedTuple):
    """Which login was made last.

    Attributes:
        id: Made up at the sign-in; empty where nobody has signed in.
        person: Who signed in, by unverified claims; None where no claim said.
    """

    id: str
    person: str | None


NO_LOGIN = LoginMark("", None)


class LoginMarks:
    """Marks, one file for each login. Written under the login's lock alone.

    Args:
        folder: Finds the folder, which is made when the first mark is written.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._find_folder = folder

    def read(self, item: str) -> LoginMark:
        """Return the mark of a login; ``NO_LOGIN`` where there is none, or a damaged one.

        Raises:
            StoreError: The file is a link, or can be read by others.
        """
        path = self.path_of(item)
        with file_errors(path, "read", StoreError):
            raw = read_private(path, limit=_LIMIT)
        try:
            record = json.loads(raw or b"{}")
            login, person = record["id"], record["person"]
            usable = record["v"] == _FORMAT and isinstance(login, str) and isinstance(person, str | None)
        except (ValueError, TypeError, KeyError, RecursionError):
            return NO_LOGIN
        return LoginMark(login, person) if usable else NO_LOGIN

    def write(self, item: str, mark: LoginMark) -> None:
        """Write the mark of a login.

        Raises:
            StoreError: It cannot be written; the former one is untouched.
        """
        path = self.path_of(item)
        record = {"v": _FORMAT, **mark._asdict()}
        with file_errors(path, "write", StoreError):
            ensure_private_folder(path.parent)
            write_private(path, json.dumps(record, separators=(",", ":")).encode())

    def remove(self, item: str) -> None:
        """Remove the mark of a login, and with it all ways to its cached tokens.

        Raises:
            StoreError: It cannot be removed.
        """
        path = self.path_of(item)
        with file_errors(path, "remove", StoreError):
            remove_file(path)

    def path_of(self, item: str) -> Path:
        """Return the file of a mark."""
        return self._find_folder() / f"{sha256(item.encode()).hexdigest()[:32]}.login"
