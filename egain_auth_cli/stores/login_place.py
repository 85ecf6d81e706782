"""What lies beside a login, in one folder for all who reach it: its lock, its mark, the record of its change."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from egain_auth_cli.stores.login_marks import LoginMarks

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from egain_auth_cli.stores.journal import Journal
    from egain_auth_cli.stores.lock import Locks


class LoginPlace:
    """The place beside the logins of one secret store.

    Args:
        folder: Finds the folder, which is made when something is first written there.
    """

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._find_folder = folder
        self.marks = LoginMarks(folder)

    @property
    def folder(self) -> Path:
        """The folder, whether it is there or not."""
        return self._find_folder()

    @cached_property
    def journal(self) -> Journal:
        """Records of changes under way."""
        from egain_auth_cli.stores.journal import Journal  # a token from the cache needs none

        return Journal(self._find_folder)

    @cached_property
    def locks(self) -> Locks:
        """Locks of what is changed in the store by several processes, each by the item's name."""
        from egain_auth_cli.stores.lock import Locks

        return Locks(self._find_folder)

    def hold(self, item: str, *, seconds: float) -> AbstractContextManager[None]:
        """Hold the lock of a login or a client secret: whoever renews, stores, moves or removes it does.

        Args:
            item: Its name in the store.
            seconds: The longest wait for it.

        Raises:
            TimedOut: Another process holds it for longer.
            StoreError: The lock file cannot be made, or the file system has no locks.
        """
        return self.locks.hold(item, seconds=seconds, doing="at work on this login or secret")
