"""A body in a file: whole or not at all, under the name that the person gave."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.terminal.progress import LateProgress


def write_file(path: Path, body: Iterator[bytes], *, progress: LateProgress | None) -> None:
    """Write a temporary sibling and put it in place once it is whole.

    Args:
        path: The file; a former one keeps its mode, a device or pipe is written to directly.
        body: The pieces.
        progress: Counts the bytes where a person looks on.

    Raises:
        UsageError: The file cannot be written; a former one is untouched.
        NetworkError: The body did not come whole; likewise.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as device:
                for piece in body:
                    device.write(piece)
            return
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temp = Path(file.name)
            try:
                for piece in body:
                    file.write(piece)
                    if progress is not None:
                        progress.advance(len(piece))
                file.flush()
                os.fsync(file.fileno())
                # The temporary file is 0600: a new file gets the usual mode, one that was there keeps its own.
                temp.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
                temp.replace(path)
            except BaseException:
                temp.unlink(missing_ok=True)
                raise
    except OSError as exc:
        reason = (exc.strerror or "failed").lower()
        raise UsageError(f"`{printable(str(path))}` cannot be written: {reason}", hint="check `-o FILE`") from exc


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
