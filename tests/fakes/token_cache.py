"""A token cache in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from egain_auth_cli.errors import EgainError
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.stores.token_cache import CacheKey


class FakeTokenCache:
    """Keeps tokens in a dict; ``error`` is raised by every call while it is set."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, TokenSet]] = {}
        self.error: EgainError | None = None
        self.calls: list[str] = []

    def load(self, key: CacheKey) -> TokenSet | None:
        self._enter("load")
        found = self.kept.get(key.digest)
        return None if found is None else found[1]

    def save(self, key: CacheKey, token: TokenSet) -> None:
        self._enter("save")
        self.kept[key.digest] = (key.owner, token)

    def delete(self, key: CacheKey) -> None:
        self._enter("delete")
        self.kept.pop(key.digest, None)

    def clear(self, owner: str) -> int:
        self._enter("clear")
        gone = [digest for digest, (whose, _) in self.kept.items() if whose == owner]
        for digest in gone:
            del self.kept[digest]
        return len(gone)

    def _enter(self, verb: str) -> None:
        self.calls.append(verb)
        if self.error is not None:
            raise self.error
