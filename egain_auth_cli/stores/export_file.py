"""A file that holds a token for another program: private, written whole, looked at before a token is acquired."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.stores.atomic import require_plain_or_absent, write_private
from egain_auth_cli.terminal.data import OutputFailed

if TYPE_CHECKING:
    from collections.abc import Callable

_LIMIT = 1 << 20


class ExportFile:
    """A file to write to.

    Args:
        path: Its name; a link is followed to the file that it names.

    Raises:
        UsageError: It is not a file, or its folder cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._shown = printable(str(path), limit=200)
        self._path = Path(os.path.realpath(path))
        try:
            require_plain_or_absent(self._path)
        except (OSError, ValueError) as exc:
            raise self._refused(getattr(exc, "strerror", None) or "no file's name") from exc
        folder = self._path.parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise self._refused(f"`{printable(str(folder))}` is {'not writable' if folder.is_dir() else 'no folder'}")

    def write(self, change: Callable[[str], str]) -> None:
        """Replace what it holds; it has mode 0600 then.

        Args:
            change: Takes what it holds, empty where it is not there, and returns what it is to hold. Bytes that are no
                UTF-8 are kept.

        Raises:
            UsageError: It cannot be read.
            OutputFailed: It cannot be written; it is as it was.
        """
        try:
            former = self._path.read_bytes() if self._path.exists() else b""
        except OSError as exc:
            raise self._refused(exc.strerror or "it cannot be read") from exc
        if len(former) > _LIMIT:
            raise self._refused(f"it is longer than {_LIMIT >> 20} MiB")
        text = change(former.decode("utf-8", "surrogateescape"))
        try:
            write_private(self._path, text.encode("utf-8", "surrogateescape"))
        except OSError as exc:
            reason = (exc.strerror or "failed").lower()
            raise OutputFailed(
                f"`{self._shown}` cannot be written: {reason}", hint="free some space or name another file by `-o`"
            ) from exc

    def _refused(self, why: str) -> UsageError:
        return UsageError(
            f"`{self._shown}` is not written to: {why[:1].lower()}{why[1:]}", hint="name another file by `-o`"
        )
