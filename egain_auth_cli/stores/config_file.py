"""Reading ``config.toml``: its text, the TOML in it, and its profiles' tables unchecked for completion."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.stores.disk import open_file
from egain_auth_cli.stores.file_errors import file_errors
from egain_auth_cli.stores.ownership import require_trusted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LIMIT = 1024 * 1024


def read_document(path: Path) -> str:
    """Read the file's text; a missing one is empty.

    Raises:
        ConfigError: It is unreadable, over 1 MiB, not a regular file or not UTF-8, or somebody else can change it.
    """
    # Links are followed, and others may read, unlike for secrets: many keep this file in a repository of settings.
    with file_errors(path, "read", ConfigError):
        try:
            handle = open_file(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
        except FileNotFoundError:
            return ""
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.EINVAL, "it is not a regular file")
            require_trusted(path, found)  # it names URLs that get secrets, and commands that are run
            for folder in dict.fromkeys((path.parent, path.resolve().parent)):
                require_trusted(folder, folder.stat())
            if found.st_size > _LIMIT:
                raise OSError(errno.EFBIG, "it is longer than 1 MiB")
            raw = file.read(_LIMIT + 1)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise ConfigError(
            f"`{printable(str(path))}`, line {line}: it is not UTF-8", hint="save the file as UTF-8"
        ) from exc


def parse_document(text: str, path: Path) -> dict[str, Any]:
    """Parse the text of ``config.toml``.

    Raises:
        ConfigError: It is not TOML; the message names file and line.
    """
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as exc:
        if isinstance(exc, tomllib.TOMLDecodeError):
            reason = printable(str(exc), limit=160)
        else:  # a bare ValueError comes from a huge integer
            what = "a number is too long" if isinstance(exc, ValueError) else "it is nested too deeply"
            reason = f"{what} (at line {_longest_line(text)})"
        raise ConfigError(
            f"`{printable(str(path))}` is not valid TOML: {reason}", hint="correct the file; it was left as it is"
        ) from exc


def _longest_line(text: str) -> int:
    """Return the number of the longest line, where tomllib names none: what is too much stands there."""
    lines = text.split("\n")
    return max(range(len(lines)), key=lambda index: len(lines[index])) + 1


def read_tables(path: Path) -> Mapping[str, object]:
    """Return the profiles' tables unchecked, for completion.

    Raises:
        ConfigError: The file cannot be read.
    """
    tables = parse_document(read_document(path), path).get("profiles")
    return tables if isinstance(tables, dict) else {}
