"""The small file that answers the next ``egain token`` without the full program (read by ``_fastpath``)."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from egain_auth_cli import _fastpath
from egain_auth_cli.errors import EgainError
from egain_auth_cli.stores.atomic import ensure_private_folder, read_private, remove_file, write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.stores.paths import Paths


_LIMIT = 256 * 1024
"""Bytes of a token's file in the cache."""


class FastFiles:
    """Writes and forgets the files.

    Args:
        paths: The folders; a file is written only where the fast path names them alike.
    """

    def __init__(self, paths: Paths) -> None:
        self._paths = paths

    def header(self, profile: str | None, flow: str) -> list[str] | None:
        """Return what shapes the answer, to be asked before anything is read.

        Args:
            profile: The value of ``-p``.
            flow: The flow's option, or empty.

        Returns:
            The file's first lines; None where the fast path would not answer this command line, or names other folders.
        """
        if sys.platform not in _fastpath.SYSTEMS:
            return None
        config, cache = _fastpath.config_file(), _fastpath.cache_dir()
        agreed = config == str(self._paths.config_file) and cache == str(self._paths.cache_dir)
        if config is None or not agreed or _fastpath.parse(_argv(profile, flow)) is None:
            return None
        lines = _fastpath.header(profile or "", flow, config)
        return lines if all(line.isascii() and line.isprintable() for line in lines) else None

    def write(self, header: list[str], find_entry: Callable[[], Path], token: TokenSet, *, mark: Path | None) -> None:
        """Write the token for the same command line; a failure is of no consequence.

        Args:
            header: From before the settings were read.
            find_entry: Names the token's file in the cache, as it is found now: once that changes, this one is void.
            token: What the cache holds.
            mark: The mark of the login that the token belongs to, by which it is found; likewise. None where nobody
                signs in.
        """
        with contextlib.suppress(OSError, ValueError, EgainError):
            self._write(header, find_entry, token, mark)

    def _write(self, header: list[str], find_entry: Callable[[], Path], token: TokenSet, mark: Path | None) -> None:
        profile, _, flow = header[1].partition(" ")
        name = profile or os.environ.get("EGAIN_PROFILE") or "@"
        marked = None if mark is None else _fastpath.stamp(str(mark))
        entry = find_entry()
        # The stamps before and after the look at the token: what was looked at is then what is stamped.
        sources = [str(mark or entry), str(entry)]
        stamps = [_fastpath.stamp(source) for source in sources]
        looked_at = self._still_holds(entry, token) and stamps == [_fastpath.stamp(source) for source in sources]
        if not looked_at or stamps[1] == "-" or marked not in (None, stamps[0]):
            return  # another process has renewed, or signed in or out, meanwhile
        of_token = [str(token.obtained_at), str(token.expires_at), token.access_token.reveal()]
        tail = [sources[0], stamps[0], sources[1], stamps[1], *of_token, ""]
        folder = self._paths.cache_dir / "fast"
        ensure_private_folder(folder)
        write_private(folder / f"{name}{flow}", "\n".join([*header, *tail]).encode("ascii"))

    @staticmethod
    def _still_holds(entry: Path, token: TokenSet) -> bool:
        try:
            held = read_private(entry, limit=_LIMIT)
        except OSError:
            return False
        return held is not None and f'"{token.access_token.reveal()}"'.encode("ascii") in held

    def clear(self) -> None:
        """Forget every file.

        Raises:
            OSError: One cannot be removed.
        """
        folder = self._paths.cache_dir / "fast"
        if folder.is_dir():
            for path in folder.iterdir():
                remove_file(path)


def _argv(profile: str | None, flow: str) -> list[str]:
    return [*(["-p", profile] if profile is not None else []), "token", *([flow] if flow else [])]
