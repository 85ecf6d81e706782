"""A keyring of one user that lives in a file, for processes that share it; ``EGAIN_TEST_KEYRING`` names the file.

``EGAIN_TEST_KEYCHAIN`` makes it change an item as keyring's back-end for macOS does: deleted first, then added.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from keyring.backend import KeyringBackend


class SharedKeyring(KeyringBackend):
    """Takes any secret and gives it back."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return self._change({}).get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        if "EGAIN_TEST_KEYCHAIN" in os.environ:
            self.delete_password(service, username)
        self.add_password(service, username, password)

    def add_password(self, service: str, username: str, password: str) -> None:
        self._change({f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        self._change({f"{service}/{username}": None})

    @staticmethod
    def _change(changes: dict[str, str | None]) -> dict[str, str]:
        path = Path(os.environ["EGAIN_TEST_KEYRING"])
        with path.open("a+", encoding="utf-8") as file:
            if sys.platform != "win32":
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            kept: dict[str, str | None] = json.loads(file.read() or "{}")
            merged = {item: value for item, value in (kept | changes).items() if value is not None}
            if changes:
                file.truncate(0)
                file.write(json.dumps(merged))
        return merged


def environment(path: Path) -> dict[str, str]:
    """Variables that make a process use this keyring."""
    name = f"{SharedKeyring.__module__}.{SharedKeyring.__name__}"
    return {
        "PYTHON_KEYRING_BACKEND": name,
        "EGAIN_KEYRING_ALLOW": name,
        "EGAIN_TEST_KEYRING": str(path),
    }
