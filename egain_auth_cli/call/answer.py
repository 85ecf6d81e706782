"""The answer to ``call``: its body, and with ``-i`` its head, to standard output; ``-o`` takes the body to a file."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import chain
from typing import TYPE_CHECKING

from egain_auth_cli.call.document import bounded, indented_json, parse_json
from egain_auth_cli.call.errors import api_error
from egain_auth_cli.call.filter import result_lines
from egain_auth_cli.errors import BadAnswer
from egain_auth_cli.sanitize import printable
from egain_auth_cli.terminal import OutputFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from egain_auth_cli.call.advice import Advice
    from egain_auth_cli.call.output_file import OutputFile
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.terminal.progress import LateProgress
    from egain_auth_cli.transport.streaming import StreamedAnswer

_SAMPLE = 64 * 1024
"""Bytes of a body's beginning: kept to explain an error, and looked at to tell text from binary."""
FIRST_ERROR = 300
_HEAD_LIMIT = 256 * 1024
"""Characters of a header: more than the longest that is accepted."""
_PRETTY_LIMIT = 4 * 1024 * 1024
"""Bytes; a longer body goes to a terminal as it comes and is not indented, so it is not held in memory."""


class AnswerWriter:
    """Writes an answer.

    Args:
        terminal: The streams.
        advice: What is known of the request, to explain an error.
        include: Status line and headers before the body.
        output: A file for the body; None for standard output.
        dump: A file for status line and headers.
        select: Applied to the document of a good answer.
        lines: What was selected as one element a line.
        as_sent: Leave the content coding as it is: the person has asked for one.

    Attributes:
        withholds: Whether nothing is given out before the body is whole, so that the request may be repeated.
    """

    def __init__(
        self,
        terminal: Terminal,
        *,
        advice: Advice,
        include: bool = False,
        output: OutputFile | None = None,
        dump: OutputFile | None = None,
        select: Callable[[object], object] | None = None,
        lines: bool = False,
        as_sent: bool = False,
    ) -> None:
        self._terminal = terminal
        self._advice = advice
        self._include = include
        self._output = output
        self._dump = dump
        self._select = select
        self._lines = lines
        self._as_sent = as_sent and select is None
        self._start = b""
        self._headers: dict[str, str] = {}
        self._left_coded: str | None = None
        self.withholds = select is not None or (output is not None and output.withholds)

    def write(self, answer: StreamedAnswer) -> None:
        """Write the answer as it comes, whatever its status.

        Raises:
            OutputFailed: The output is closed or full, or is a terminal and the body binary.
            BadAnswer: A filter does not fit it; it is written as it came.
            NetworkError: The body did not come whole.
        """
        self._headers, self._start = dict(answer.headers), b""
        for name in answer.codings.strange:
            self._terminal.warn(f"`Content-Encoding: {printable(name, limit=40)}` is no content coding: passed over")
        self._tell_status(answer)
        good = answer.status < FIRST_ERROR
        body = self._watched(answer.body(undo=not self._as_sent))
        if self._output is not None and good:
            with self._terminal.byte_progress(answer.length) as progress:
                self._output.write(_counted(body, answer, progress))
            self._write_head(answer)
        elif self.withholds:
            # All of it first: a try that is cut must leave nothing behind.
            raw = b"".join(bounded(body))
            self._write_head(answer)
            self._write_whole(raw, good=good)
        else:
            self._write_head(answer)
            seen = not self._terminal.stdout_is_file
            with nullcontext() if seen else self._terminal.byte_progress(answer.length) as progress:
                self._write_body(_counted(body, answer, progress), good=good)
        self._left_coded = answer.left_coded if not self._as_sent else None

    def write_document(self, answer: StreamedAnswer, raw: bytes) -> None:
        """Write an answer whose body is in memory, as ``write`` does a good one.

        Raises:
            OutputFailed: The output is closed or full.
            BadAnswer: A filter does not fit it; it is written as it came.
        """
        self._tell_status(answer)
        self._write_head(answer)
        if self._output is not None:
            self._output.write((raw,))
        else:
            self._write_whole(raw, good=True)

    def finish(self, status: int) -> None:
        """Put the files of a good answer in place, the head's also of another, and tell what is wrong with it.

        Raises:
            OutputFailed: A file cannot be put in place.
            ApiError: The status is not 2xx.
            BadAnswer: The body is in a content coding that is not undone here.
        """
        if self._dump is not None:
            self._dump.finish()
        if self._output is not None and status < FIRST_ERROR:
            self._output.finish()
        if status >= FIRST_ERROR:
            raise api_error(status, self._start, self._headers, self._advice)
        if self._left_coded is not None:
            raise left_coded(self._left_coded)

    def _watched(self, body: Iterator[bytes]) -> Iterator[bytes]:
        for piece in body:
            if len(self._start) < _SAMPLE:
                self._start += piece[: _SAMPLE - len(self._start)]
            yield piece

    def _write_head(self, answer: StreamedAnswer) -> None:
        lines = (*_head_lines(answer), "")
        if self._dump is not None:
            self._dump.write(f"{line}\r\n".encode() for line in lines)
        if self._include:
            for line in lines:
                self._terminal.data(line)

    def _tell_status(self, answer: StreamedAnswer) -> None:
        if self._terminal.stdout_is_terminal and not self._include:
            self._terminal.say(f"HTTP {answer.status} {answer.reason}".rstrip())

    def write_raw(self, raw: bytes, *, good: bool) -> None:
        """Write a body that is in memory."""
        self._write_body(iter((raw,)), good=good)

    def _write_body(self, body: Iterator[bytes], *, good: bool) -> None:
        if self._terminal.stdout_is_terminal:
            self._write_for_person(body, good=good)
        else:
            self._terminal.write_bytes(body)

    def _write_whole(self, raw: bytes, *, good: bool) -> None:
        """Write a body that is in memory, through the filter where it is a good one's."""
        if self._select is None or not good or not raw:
            self.write_raw(raw, good=good)
            return
        try:
            lines = list(result_lines(self._select(parse_json(raw)), split=self._lines))
        except BadAnswer as exc:
            self.write_raw(raw, good=True)  # the request may have changed something: its answer is not lost
            exc.hint = "the request was made; its answer is written as it came: mend the filter by it (jmespath.org)"
            raise
        for line in lines:
            self._terminal.text(line)

    def _write_for_person(self, body: Iterator[bytes], *, good: bool) -> None:
        first = b""
        for piece in body:
            first += piece
            if len(first) > _PRETTY_LIMIT:
                break
        if not first:
            return
        if b"\0" in first[:_SAMPLE] or not _is_text(first):
            if good:
                raise OutputFailed(
                    "the answer is binary and is not written to a terminal; the request has been made",
                    hint="write it to a file: `-o FILE`",
                )
            self._terminal.say("the answer's body is binary and is not shown")
            return
        try:
            self._terminal.pretty_json(indented_json(parse_json(first)))
        except BadAnswer:  # not JSON, or only its beginning
            self._terminal.long_text(chain((first,), body))


def left_coded(name: str, *, kept: bool = True) -> BadAnswer:
    """Return the error of a body whose content coding is not undone here.

    Args:
        name: The coding.
        kept: Whether the body was written.
    """
    wanted = f"the body is written as it came, which `-H 'Accept-Encoding: {name}'` asks for" if kept else None
    return BadAnswer(
        f"the answer's content coding is `{name}`, which is not undone here, or the body has another",
        hint=wanted or "`-H Accept-Encoding:identity` asks for it plain",
    )


def _head_lines(answer: StreamedAnswer) -> list[str]:
    lines = [f"{answer.http_version} {answer.status} {answer.reason}".rstrip()]
    lines += [f"{name}: {value}" for name, value in answer.header_lines]
    return [printable(line, limit=_HEAD_LIMIT) for line in lines]


def _counted(body: Iterable[bytes], answer: StreamedAnswer, progress: LateProgress | None) -> Iterator[bytes]:
    """Yield a body, and show how much of it has come: on the wire, which is what its length counts."""
    shown = 0
    for piece in body:
        yield piece
        if progress is not None:
            progress.advance(answer.received - shown)
            shown = answer.received


def _is_text(raw: bytes) -> bool:
    try:
        raw[:_SAMPLE].decode("utf-8")
    except UnicodeDecodeError as exc:
        return len(raw) >= _SAMPLE and exc.start > _SAMPLE - 4  # cut within a character
    return True
