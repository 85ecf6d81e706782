"""Windows' Credential Manager behind keyring's back-end: what pywin32 offers of it, its limit and its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from keyring.backends import Windows

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = 2560
"""Windows' CRED_MAX_CREDENTIAL_BLOB_SIZE."""
_NOT_FOUND, _BAD_DATA, _ACCESS_DENIED = 1168, 1783, 5


class Killed(BaseException):
    """The process ends here."""


class VaultError(Exception):
    """The system's own error."""

    def __init__(self, winerror: int, funcname: str) -> None:
        super().__init__(winerror, funcname)
        self.winerror = winerror
        self.funcname = funcname


class Credentials:
    """What is kept, by target name.

    Attributes:
        fail_at: Makes the n-th change fail.
        kill_at: Ends the process before the n-th call.
    """

    CRED_TYPE_GENERIC, CRED_PERSIST_ENTERPRISE = 1, 3

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.fail_at = self.changes = 0
        self.kill_at = self.calls = 0
        self._reads = 0
        self._meanwhile: dict[int, Callable[[], object]] = {}

    def meanwhile(self, read: int, action: Callable[[], object]) -> None:
        """Let another process act between the n-th read from now on and what its reader does then."""
        self._meanwhile = {self._reads + read: action}

    def CredRead(self, *, Type: int, TargetName: str) -> dict[str, Any]:  # noqa: N802, N803
        self._call()
        found = self.kept.get(TargetName)
        self._reads += 1
        self._meanwhile.pop(self._reads, lambda: None)()
        if found is None:
            raise VaultError(_NOT_FOUND, "CredRead")
        return dict(found)

    def CredWrite(self, credential: dict[str, Any], _: int) -> None:  # noqa: N802
        blob = credential["CredentialBlob"].encode("utf-16-le", "surrogatepass")
        self._call()
        if len(blob) > MOST_BYTES:
            raise VaultError(_BAD_DATA, "CredWrite")  # the stub received bad data
        self._change()
        self.kept[credential["TargetName"]] = {**credential, "CredentialBlob": blob}

    def CredDelete(self, *, Type: int, TargetName: str) -> None:  # noqa: N802, N803
        self._call()
        self._change()
        if self.kept.pop(TargetName, None) is None:
            raise VaultError(_NOT_FOUND, "CredDelete")

    def _call(self) -> None:
        self.calls += 1
        if self.calls == self.kill_at:
            raise Killed

    def _change(self) -> None:
        self.changes += 1
        if self.changes == self.fail_at:
            raise VaultError(_ACCESS_DENIED, "access is denied")

    def values(self) -> list[str]:
        """Return every value that lies somewhere."""
        return [one["CredentialBlob"].decode("utf-16-le", "surrogatepass") for one in self.kept.values()]


class _Types:
    """What pywin32 calls its error."""

    error = VaultError


def install(monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """Let keyring's back-end find a Credential Manager that is empty."""
    one = Credentials()
    monkeypatch.setattr(Windows, "win32cred", one, raising=False)
    monkeypatch.setattr(Windows, "pywintypes", _Types, raising=False)
    monkeypatch.setattr(Windows, "missing_deps", None)
    return one


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """The person's Credential Manager."""
    return install(monkeypatch)
