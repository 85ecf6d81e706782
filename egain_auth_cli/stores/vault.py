"""Windows' Credential Manager: secrets longer than it takes are split, and each is an entry of its own.

It takes 2,560 bytes a credential, which is 1,280 characters in the UTF-16 that keyring writes; a refresh token alone
can be longer. And keyring's back-end moves whatever is stored under the same service name, so two processes that write
different secrets would lose one: here a secret's name is part of the service's name. What it has moved is deleted: a
refresh token that was replaced is to lie nowhere.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import count, takewhile
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "WinVaultKeyring"
"""The class of the back-end in keyring, and of whatever stands in for it."""
_UNITS = 1280
_HEAD = "parts"
"""How the entry of a split secret begins; the secrets themselves are JSON and begin otherwise."""
_TRIES = 3


class Backend(Protocol):
    """What keyring's back-ends offer."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return a password, or None."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a password."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Delete a password."""
        ...


class Vault:
    """Gives long secrets to a back-end that takes short ones.

    A secret's entry names the generation of its parts. Parts are written under the other generation, and count when the
    entry has been replaced: a half-written secret is never read, and the former one is there until then.

    Args:
        backend: Windows' own.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    def get_password(self, service: str, username: str) -> str | None:
        """Return the secret, or None; parts that are not all there count as none."""
        for _ in range(_TRIES):
            entry = self._get(service, username)
            head = _read_head(entry)
            if entry is None or head is None:
                return entry
            generation, number, digest = head
            parts = [self._get(service, _part(username, generation, index)) for index in range(number)]
            whole = "".join(part for part in parts if part is not None)
            if _digest(whole) == digest:
                return whole
            # Another process has replaced it in between, most likely: then the entry names the other generation now.
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep the secret."""
        former = _read_head(self._get(service, username))
        generation = 0 if former is None else 1 - former[0]
        whole = _units(password) <= _UNITS and not password.startswith(_HEAD)
        parts = [] if whole else list(_split(password))
        for index, part in enumerate(parts):
            self._set(service, _part(username, generation, index), part)
        entry = password if whole else f"{_HEAD} {generation} {len(parts)} {_digest(password)}"
        self._set(service, username, entry)
        # What is left of a former secret, and of one that was half written.
        self._delete_parts(service, username, 1 - generation, known=former[1] if former else 0)
        self._delete_parts(service, username, generation, first=len(parts))

    def delete_password(self, service: str, username: str) -> None:
        """Delete the secret, and whatever is left of one that cannot be read."""
        head = _read_head(self._get(service, username))
        self._delete(service, username)
        for generation in (0, 1):
            known = head[1] if head is not None and head[0] == generation else 0
            self._delete_parts(service, username, generation, known=known)

    def _delete_parts(self, service: str, item: str, generation: int, *, first: int = 0, known: int = 0) -> None:
        """Delete parts: of those that are known, whichever are there; beyond, up to the first that is missing."""

        def is_there(index: int) -> bool:
            return self._get(service, _part(item, generation, index)) is not None

        there = [*filter(is_there, range(first, known)), *takewhile(is_there, count(max(first, known)))]
        for index in reversed(there):  # so that a deletion that is cut short leaves no gap before what is left
            self._delete(service, _part(item, generation, index))

    def _get(self, service: str, item: str) -> str | None:
        return self.backend.get_password(f"{service}/{item}", item)

    def _set(self, service: str, item: str, value: str) -> None:
        self.backend.set_password(f"{service}/{item}", item, value)
        self._delete_copy(service, item)

    def _delete(self, service: str, item: str) -> None:
        self._delete_copy(service, item)  # first: it would be taken for the entry once that is gone
        if self._get(service, item) is not None:
            self.backend.delete_password(f"{service}/{item}", item)

    def _delete_copy(self, service: str, item: str) -> None:
        """Delete the former value, which keyring's back-end keeps as ``NAME@SERVICE`` when it writes another."""
        copy = f"{item}@{service}/{item}"
        if self.backend.get_password(copy, item) is not None:
            self.backend.delete_password(copy, item)


def _part(item: str, generation: int, index: int) -> str:
    return f"{item}#{generation}.{index}"


def _read_head(entry: str | None) -> tuple[int, int, str] | None:
    words = (entry or "").split(" ")
    if len(words) != 4 or words[0] != _HEAD or not (words[1] in ("0", "1") and words[2].isdecimal()):  # noqa: PLR2004
        return None
    return int(words[1]), int(words[2]), words[3]


def _split(value: str) -> Iterator[str]:
    """Yield the secret in parts of at most so many UTF-16 units, none cut within a character."""
    raw = value.encode("utf-16-le", "surrogatepass")
    start = 0
    while start < len(raw):
        end = min(start + 2 * _UNITS, len(raw))
        if end < len(raw) and 0xDC <= raw[end + 1] < 0xE0:  # noqa: PLR2004  the second half of a pair comes next
            end -= 2
        yield raw[start:end].decode("utf-16-le", "surrogatepass")
        start = end


def _units(value: str) -> int:
    return len(value.encode("utf-16-le", "surrogatepass")) // 2


def _digest(value: str) -> str:
    return sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
