"""The answer to ``call``: its body, and with ``-i`` its head, to standard output; ``-o`` takes the body to a file."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING

from egain_auth_cli.call.catalogue import path_of
from egain_auth_cli.call.errors import KnownEndpoint, api_error
from egain_auth_cli.call.filter import result_text
from egain_auth_cli.call.output_file import write_file
from egain_auth_cli.errors import BadAnswer, UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.transport.streaming import StreamedAnswer

_SAMPLE = 64 * 1024
"""Bytes of a body's beginning: kept to explain an error, and looked at to tell text from binary."""
FIRST_ERROR = 300
_PRETTY_LIMIT = 4 * 1024 * 1024
"""Bytes; a longer body goes to a terminal as it comes and is not indented, so it is not held in memory."""
DOCUMENT_LIMIT = 256 * 1024 * 1024
"""Bytes of a document that is filtered or paged, which must be held in memory."""


class AnswerWriter:
    """Writes an answer.

    Args:
        terminal: The streams.
        target: What was called, to explain an error.
        include: Status line and headers before the body.
        output: A file for the body; None for standard output.
        select: Applied to the document of a good answer.
    """

    def __init__(
        self,
        terminal: Terminal,
        *,
        target: str,
        include: bool = False,
        output: Path | None = None,
        select: Callable[[object], object] | None = None,
    ) -> None:
        self._terminal = terminal
        self._target = target
        self._include = include
        self._output = output
        self._select = select
        self._start = b""
        self._headers: dict[str, str] = {}

    def write(self, answer: StreamedAnswer) -> None:
        """Write the answer as it comes, whatever its status.

        Raises:
            OutputFailed: The output is closed or full.
            UsageError: It is binary and standard output is a terminal, or a filter does not fit it.
            NetworkError: The body did not come whole.
        """
        self._headers = dict(answer.headers)
        if self._include:
            self._write_head(answer)
        elif self._terminal.stdout_is_terminal:
            self._terminal.say(f"HTTP {answer.status} {answer.reason}".rstrip())
        good = answer.status < FIRST_ERROR
        body = self._watched(answer.body())
        if self._output is not None and good:
            # For the progress bar alone: the HTTP library holds the body to its length.
            size = int(answer.headers["content-length"]) if answer.headers.get("content-length", "").isdigit() else None
            with self._terminal.byte_progress(size) as progress:
                write_file(self._output, body, progress=progress)
        elif self._select is not None and good:
            self._write_selected(body)
        elif self._terminal.stdout_is_terminal:
            self._write_for_person(body, good=good)
        else:
            self._terminal.write_bytes(body)

    def check(self, status: int) -> None:
        """Turn an error status into its error.

        Raises:
            ApiError: The status is not 2xx.
        """
        if status >= FIRST_ERROR:
            known = path_of(self._target)
            flows = tuple(flow.option for flow in known.flows) if known else ()
            endpoint = KnownEndpoint(scope=known.scope if known else "", flows=flows)
            raise api_error(status, self._start, self._headers, endpoint)

    def _watched(self, body: Iterator[bytes]) -> Iterator[bytes]:
        for piece in body:
            if len(self._start) < _SAMPLE:
                self._start += piece[: _SAMPLE - len(self._start)]
            yield piece

    def _write_head(self, answer: StreamedAnswer) -> None:
        lines = [f"{answer.http_version} {answer.status} {answer.reason}".rstrip()]
        lines += [f"{name}: {value}" for name, value in answer.header_lines]
        for line in lines:
            self._terminal.data(printable(line, limit=8192))
        self._terminal.data("")

    def _write_selected(self, body: Iterator[bytes]) -> None:
        raw = b"".join(bounded(body))
        if raw and self._select is not None:
            self._terminal.text(result_text(self._select(parse_json(raw))))

    def _write_for_person(self, body: Iterator[bytes], *, good: bool) -> None:
        first = b""
        for piece in body:
            first += piece
            if len(first) > _PRETTY_LIMIT:
                break
        if b"\0" in first[:_SAMPLE] or not _is_text(first):
            if good:
                raise UsageError(
                    "the answer is binary and is not written to a terminal", hint="write it to a file: `-o FILE`"
                )
            self._terminal.say("the answer's body is binary and is not shown")
            return
        try:
            document = json.loads(first)
        except (ValueError, RecursionError):
            pass  # not JSON, or only its beginning
        else:
            self._terminal.pretty_json(document)
            return
        # Incremental, since a character may be cut in two by the end of a piece.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._terminal.text(decoder.decode(first))
        for piece in body:
            self._terminal.text(decoder.decode(piece))


def bounded(body: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a body that must be held in memory, up to ``DOCUMENT_LIMIT``.

    Raises:
        BadAnswer: It is longer.
    """
    taken = 0
    for piece in body:
        taken += len(piece)
        if taken > DOCUMENT_LIMIT:
            raise BadAnswer("the answer is too long to be filtered", hint="write it to a file: `-o FILE`")
        yield piece


def parse_json(raw: bytes) -> object:
    """Return the document of a body.

    Raises:
        BadAnswer: It is not JSON.
    """
    try:
        document: object = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadAnswer(
            "the answer is no JSON, so it cannot be filtered or paged", hint="leave the option out"
        ) from None
    return document


def _is_text(raw: bytes) -> bool:
    try:
        raw[:_SAMPLE].decode("utf-8")
    except UnicodeDecodeError as exc:
        return len(raw) >= _SAMPLE and exc.start > _SAMPLE - 4  # cut within a character
    return True
