"""The answer to ``call``: body to standard output or a file, everything else to standard error."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.api_errors import api_error
from egain_auth_cli.sanitize import printable
from egain_auth_cli.terminal import OutputFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.transport.streaming import StreamedAnswer

_KEPT = 64 * 1024
"""Bytes of an error's body kept to explain it."""
_FIRST_ERROR = 300


class AnswerWriter:
    """Writes an answer.

    Args:
        terminal: The streams.
        include: Status line and headers before the body.
        output: A file for the body; None for standard output.
    """

    def __init__(self, terminal: Terminal, *, include: bool, output: Path | None) -> None:
        self._terminal = terminal
        self._include = include
        self._output = output
        self._start = b""
        self._headers: dict[str, str] = {}

    def take(self, answer: StreamedAnswer) -> None:
        """Write the answer as it comes.

        Raises:
            OutputFailed: The output is closed or full.
            NetworkError: The body did not come whole.
        """
        self._headers = dict(answer.headers)
        if self._include:
            self._write_head(answer)
        body = self._watched(answer.body())
        if self._output is not None and answer.status < _FIRST_ERROR:
            _write_file(self._output, body)
        else:
            self._write_stdout(body)

    def check(self, status: int) -> None:
        """Turn an error status into its error.

        Raises:
            ApiError: The status is not 2xx.
        """
        if status >= _FIRST_ERROR:
            raise api_error(status, self._start, self._headers)

    def _watched(self, body: Iterator[bytes]) -> Iterator[bytes]:
        for piece in body:
            if len(self._start) < _KEPT:
                self._start += piece[: _KEPT - len(self._start)]
            yield piece

    def _write_head(self, answer: StreamedAnswer) -> None:
        lines = [f"{answer.http_version} {answer.status} {answer.reason}".rstrip()]
        lines += [f"{name}: {value}" for name, value in answer.header_lines]
        for line in lines:
            self._terminal.data(printable(line, limit=8192))
        self._terminal.data("")

    def _write_stdout(self, body: Iterator[bytes]) -> None:
        out = self._terminal.binary()
        last = b""
        for piece in body:
            try:
                out.write(piece)
            except (OSError, ValueError) as exc:
                raise OutputFailed(
                    "standard output cannot be written", hint="check the disk or the pipe's other end"
                ) from exc
            last = piece
        try:
            if self._terminal.stdout_is_terminal and last and not last.endswith(b"\n"):
                out.write(b"\n")
            out.flush()
        except (OSError, ValueError) as exc:
            raise OutputFailed(
                "standard output cannot be written", hint="check the disk or the pipe's other end"
            ) from exc


def _write_file(path: Path, body: Iterator[bytes]) -> None:
    """Write a temporary sibling and put it in place once it is whole; the server never chooses a name."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temp = Path(file.name)
            try:
                for piece in body:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            except BaseException:
                temp.unlink(missing_ok=True)
                raise
        temp.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        temp.replace(path)
    except OSError as exc:
        raise UsageError(
            f"`{printable(str(path))}` cannot be written: {(exc.strerror or 'failed').lower()}",
            hint="check `-o FILE`",
        ) from exc


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
