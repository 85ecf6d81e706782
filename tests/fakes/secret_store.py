"""A secret store in memory that can be told to fail."""

from __future__ import annotations

from egain_auth_cli.errors import EgainError, KeyringLocked, KeyringMissing, StoreError
from egain_auth_cli.models.grants import SecretStoreKind


class FakeSecretStore:
    """Keeps secrets in a dict and writes down each call.

    ``fail(verb)`` makes every call of that verb raise from then on, for one item alone if that is named;
    ``fail_at(n)`` makes the n-th call raise.
    """

    def __init__(self, kind: SecretStoreKind = SecretStoreKind.KEYRING) -> None:
        self.kind = kind
        self.items: dict[str, str] = {}
        self.calls: list[tuple[str, str]] = []
        self._failures: dict[str, EgainError] = {}
        self._fail_at = 0
        self._item = ""

    def fail(self, verb: str, error: EgainError | None = None, *, item: str = "") -> None:
        self._failures[verb] = error or StoreError(f"cannot {verb}")
        self._item = item

    def fail_at(self, call: int) -> None:
        self._fail_at = len(self.calls) + call

    def mend(self) -> None:
        self._failures.clear()
        self._fail_at = 0

    def get(self, item: str) -> str | None:
        self._enter("get", item)
        return self.items.get(item)

    def set(self, item: str, value: str) -> None:
        self._enter("set", item)
        self.items[item] = value

    def delete(self, item: str) -> bool:
        self._enter("delete", item)
        return self.items.pop(item, None) is not None

    def describe(self) -> str:
        return "memory"

    def _enter(self, verb: str, item: str) -> None:
        self.calls.append((verb, item))
        if verb in self._failures and self._item in ("", item):
            raise self._failures[verb]
        if len(self.calls) == self._fail_at:
            raise StoreError(f"call {len(self.calls)} failed")


class LosingSecretStore(FakeSecretStore):
    """Takes a secret, does not keep it, and says so as the keyring store does after its read-back."""

    def set(self, item: str, value: str) -> None:
        super().set(item, value)
        del self.items[item]
        raise StoreError("the keyring took the secret but does not give it back: it is not stored")


def locked_store() -> FakeSecretStore:
    """Return a store whose every call finds the keyring locked."""
    store = FakeSecretStore()
    for verb in ("get", "set", "delete"):
        store.fail(verb, KeyringLocked("the keyring is locked", hint="unlock it"))
    return store


def missing_store() -> FakeSecretStore:
    """Return a store whose every call finds no keyring."""
    store = FakeSecretStore()
    for verb in ("get", "set", "delete"):
        store.fail(verb, KeyringMissing("there is no usable keyring here", hint="use a file"))
    return store
