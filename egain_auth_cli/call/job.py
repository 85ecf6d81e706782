"""``call --wait``: a job that was accepted is asked for its state until it has ended (RFC 9110 §15.3.3)."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.call.document import bounded, parse_json
from egain_auth_cli.call.errors import api_error
from egain_auth_cli.call.url import api_request_url
from egain_auth_cli.errors import ApiError, BadAnswer, EgainError, NetworkError, TimedOut
from egain_auth_cli.models.command_words import command_line
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.retry import PASSING, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from egain_auth_cli.call.advice import Advice
    from egain_auth_cli.call.request import CallRequest
    from egain_auth_cli.call.send import ApiCaller
    from egain_auth_cli.deadline import Deadline
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.terminal.progress import LateProgress
    from egain_auth_cli.tokens.holder import TokenSource
    from egain_auth_cli.transport.streaming import StreamedAnswer

ACCEPTED = 202
_NOT_FOUND = 404
_FIRST_ERROR = 300
_DONE = frozenset({"successful", "success", "succeeded", "completed", "complete", "done"})
_FAILED = frozenset({"failed", "failure", "error", "cancelled", "canceled", "aborted", "rejected"})
_STATUS = "/status"
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 1.0, 30.0, 1.5
"""Seconds between two questions, where the server names none: eGain's jobs take minutes to hours."""
_LONGEST_ASKED = 3600.0
"""Seconds that a server may ask to wait; one that asks for more is asked again after them."""
_LAST_QUESTION = 0.5
"""Seconds that are kept for it."""
_ONCE = "it goes on at the server, and the answer is on standard output: do not make the request again"
_OUTAGES = 5
"""Questions in a row that may fail as a network does now and then."""


class JobState(NamedTuple):
    """What a job says of itself.

    Attributes:
        answer: Its head.
        raw: The document, as it was sent.
        word: The state, in lower case.
        shown: The state for a person, and how far it is.
        over: Whether it is the last one.
    """

    answer: StreamedAnswer
    raw: bytes
    word: str
    shown: str
    over: bool

    @classmethod
    def of(cls, answer: StreamedAnswer, raw: bytes) -> JobState:
        """Return the state in an answer.

        Raises:
            BadAnswer: It has none.
        """
        document = parse_json(raw) if raw.strip() else None
        status = document.get("status") if isinstance(document, dict) else None
        if isinstance(status, dict):
            status = status.get("value")
        if not isinstance(status, str) or not isinstance(document, dict):
            raise BadAnswer("it shows no `status`")
        progress = document.get("progress")
        percentage = progress.get("percentage") if isinstance(progress, dict) else None
        shown, word = printable(status, limit=60), status.strip().lower()
        # A release may have a word of its own for the end, but then says when that was.
        over = word in _DONE | _FAILED or bool(document.get("completionTime") or document.get("failureTime"))
        if isinstance(percentage, (int, float)) and 0 <= percentage <= 100 and not over:  # noqa: PLR2004
            shown += f", {percentage:.0f} %"
        return cls(answer, raw, word, shown, over)

    def check(self) -> None:
        """Raise the error of a job that has failed.

        Raises:
            ApiError: It has.
        """
        document = parse_json(self.raw)
        if self.word in _FAILED or (isinstance(document, dict) and document.get("failureTime")):
            said = document.get("error") if isinstance(document, dict) else None
            why = f": {printable(said, limit=300)}" if isinstance(said, str) and said else ""
            raise ApiError(f"the job ended as `{self.shown}`{why}", hint="its last state is on standard output")


class JobWaiter:
    """Asks for a job's state until that is final.

    Args:
        terminal: Shows the person how far it is.
        caller: Calls the API.
        tokens: Gives the bearer token.
        command: The command line that calls the API with such a token, as far as ``call``.
        deadline: The end of the wait; None for none.
        clock: Epoch seconds.
        sleep: Waits between two questions.
    """

    def __init__(
        self,
        terminal: Terminal,
        caller: ApiCaller,
        tokens: TokenSource,
        *,
        command: Sequence[str],
        advice: Advice,
        deadline: Deadline | None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._terminal = terminal
        self._caller = caller
        self._tokens = tokens
        self._command = command
        self._advice = advice
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep

    def wait(self, request: CallRequest, target: str) -> JobState:
        """Wait for the job that a request has begun.

        Args:
            request: The one that was accepted.
            target: The URL of the job's state.

        Returns:
            The last state.

        Raises:
            EgainError: The state cannot be had, or is none, or the time is over; the job goes on at the server, and the
                hint says how to ask for it.
        """
        self._target = target
        try:
            with self._terminal.progress("the job has been accepted") as progress:
                return self._follow(request, progress)
        except EgainError as exc:
            exc.message = f"the job was accepted, but its end is not known: {exc.message}"
            exc.hint = f"it goes on at the server; ask for its state by `{self._question}`"
            raise
        except KeyboardInterrupt:
            self._terminal.instruct(f"the job goes on at the server; ask for its state by `{self._question}`")
            raise

    @property
    def _question(self) -> str:
        return command_line([*self._command, "GET", self._target])

    def _follow(self, request: CallRequest, progress: LateProgress | None) -> JobState:
        pause, outages = _FIRST_PAUSE, 0
        while True:
            asked: float | None = None
            try:
                state, asked = self._ask(request)
            except (NetworkError, ApiError) as exc:
                outages += 1
                if outages > _OUTAGES or not _passes(exc):
                    raise
                self._terminal.trace(f"the job's state cannot be had now: {exc.message}")
            else:
                outages = 0
                if state.over:
                    return state
                if progress is not None:
                    progress.tell(f"the job: {state.shown}")
            self._pause(pause if asked is None else min(asked, _LONGEST_ASKED), bound=asked is None)
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)

    def _ask(self, request: CallRequest) -> tuple[JobState, float | None]:
        answer, raw = self._get(request)
        path, mark, query = self._target.partition("?")
        if answer.status == _NOT_FOUND and not path.endswith(_STATUS):
            # eGain's Location of an export is the job's own path, at which no operation is documented.
            self._target = f"{path}{_STATUS}{mark}{query}"
            answer, raw = self._get(request)
        if answer.status >= _FIRST_ERROR:
            raise api_error(answer.status, raw, answer.headers, self._advice.about(self._target))
        return JobState.of(answer, raw), retry_after(answer.headers, now=self._clock())

    def _get(self, request: CallRequest) -> tuple[StreamedAnswer, bytes]:
        held: list[bytes] = []
        heads: list[StreamedAnswer] = []

        def receive(answer: StreamedAnswer) -> None:
            held[:] = bounded(answer.body())
            heads.append(answer)

        question = request.question(self._target)
        self._caller.call(question, self._tokens, on_answer=receive, withholds=True, deadline=self._deadline)
        return heads[-1], b"".join(held)

    def _pause(self, seconds: float, *, bound: bool) -> None:
        """Wait; a pause of our own ends with the time, so that the last question is put then."""
        left = math.inf if self._deadline is None else self._deadline.remaining()
        if left <= _LAST_QUESTION or (left < seconds and not bound):
            raise TimedOut("it has not ended within `--timeout`")
        self._sleep(min(seconds, left - _LAST_QUESTION) if bound else seconds)


def _passes(error: EgainError) -> bool:
    """Return whether a question may be put again: a network is away for a moment, as a gateway is."""
    if isinstance(error, ApiError):
        return error.status in PASSING
    return not isinstance(error, (BadAnswer, TimedOut))


def job_target(location: str | None, *, api_url: str) -> str:
    """Return the URL of a job's state from a Location, which eGain writes with and without a leading slash.

    Raises:
        BadAnswer: There is none, or it leaves the API.
    """
    if not location:
        raise BadAnswer("the job was accepted, but its answer has no `Location` to ask at", hint=_ONCE)
    text = location.strip()
    elsewhere = "://" in text.partition("?")[0] or text.startswith("//")
    target = text if elsewhere else f"{origin_of(api_url)}/{text.removeprefix('/')}"
    try:
        api_request_url(api_url, target)
    except EgainError as exc:
        raise BadAnswer(f"the job was accepted, but its `Location` is not followed: {exc.message}", hint=_ONCE) from exc
    return target
