"""Back-ends of the keyring library, good and bad, to be named by ``PYTHON_KEYRING_BACKEND``."""

from __future__ import annotations

import threading
from typing import ClassVar, cast

from keyring.backend import KeyringBackend
from keyring.errors import InitError, KeyringLocked, PasswordDeleteError


class MemoryKeyring(KeyringBackend):
    """Keeps passwords in memory."""

    priority: ClassVar[float] = 1
    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


class LosingKeyring(MemoryKeyring):
    """Takes a password and forgets it, as the null back-end does."""

    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        return


class MixingKeyring(MemoryKeyring):
    """Gives another person's password back."""

    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return "somebody-elses-secret"


class StickyKeyring(MemoryKeyring):
    """Says that it deleted, and did not."""

    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def delete_password(self, service: str, username: str) -> None:
        return


class SmallKeyring(MemoryKeyring):
    """Takes a short password alone, and does not say why."""

    kept: ClassVar[dict[tuple[str, str], str]] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password) > 2000:
            raise RuntimeError("no")
        super().set_password(service, username, password)


class HangingKeyring(MemoryKeyring):
    """Never returns from the calls named in ``hangs``, as behind a prompt that nobody sees."""

    kept: ClassVar[dict[tuple[str, str], str]] = {}
    hangs: ClassVar[frozenset[str]] = frozenset({"get", "set", "delete"})

    def get_password(self, service: str, username: str) -> str | None:
        self._hang("get")
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._hang("set")
        super().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        self._hang("delete")
        super().delete_password(service, username)

    def _hang(self, verb: str) -> None:
        if verb in self.hangs:
            threading.Event().wait()


class RaisingKeyring(MemoryKeyring):
    """Raises ``error`` from every call."""

    error: ClassVar[BaseException] = RuntimeError("made-up-secret in the text of an error")

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error

    def delete_password(self, service: str, username: str) -> None:
        raise self.error


class _Unfit:
    """A class property that raises, as the library's own back-ends have it."""

    def __get__(self, *_: object) -> float:
        raise RuntimeError("no session bus")


class UnfitKeyring(MemoryKeyring):
    """Cannot work here and says so by its priority."""

    priority: ClassVar[float] = cast("float", _Unfit())


class UnmakeableKeyring(MemoryKeyring):
    """Cannot even be made."""

    def __init__(self) -> None:
        raise InitError("no daemon")


def locked_error() -> KeyringLocked:
    """Return the library's own error of a locked keyring."""
    return KeyringLocked("locked")
