"""The errors of files in words: what was done to which file, the system's reason, and what to do."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

from egain_auth_cli.sanitize import printable
from egain_auth_cli.stores.disk import is_in_use
from egain_auth_cli.stores.ownership import Distrusted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from egain_auth_cli.errors import EgainError


@contextlib.contextmanager
def file_errors(path: Path, doing: str, error: type[EgainError]) -> Iterator[None]:
    """Turn every ``OSError`` of the body into an error of ours.

    Args:
        path: The file, for the message.
        doing: A verb for the message: read, write, remove.
        error: The class of the error.

    Raises:
        EgainError: An ``error`` that names the path, the system's reason and what to do.
    """
    try:
        yield
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise error(
            f"cannot {doing} `{printable(str(path))}`: {reason[:1].lower()}{reason[1:]}", hint=_hint(exc, path)
        ) from exc


def _hint(exc: OSError, path: Path) -> str:
    folder = printable(str(path.parent))
    if isinstance(exc, Distrusted):
        return printable(exc.remedy)
    if is_in_use(exc):
        return f"close the program that has `{printable(str(path))}` open, then try again"
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"free some space for `{folder}`"
    if exc.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"make `{folder}` writable for you, or name other folders by `EGAIN_CONFIG_DIR` and `EGAIN_CACHE_DIR`"
    if exc.errno in (
        errno.ELOOP,
        errno.EISDIR,
        errno.ENOTDIR,
        errno.EFTYPE if hasattr(errno, "EFTYPE") else -1,
    ):
        return f"move `{printable(str(path))}` out of the way"
    return f"look at `{printable(str(path))}`"
