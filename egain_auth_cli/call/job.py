"""``call --wait``: a job that was accepted is asked for its state until it has ended (RFC 9110 §15.3.3)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from egain_auth_cli.call.advice import Advice
from egain_auth_cli.call.document import bounded, parse_json
from egain_auth_cli.call.errors import api_error
from egain_auth_cli.errors import ApiError, BadAnswer, EgainError, TimedOut
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.retry import retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.call.request import CallRequest
    from egain_auth_cli.call.send import ApiCaller
    from egain_auth_cli.deadline import Deadline
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.tokens.holder import TokenSource
    from egain_auth_cli.transport.streaming import StreamedAnswer

ACCEPTED = 202
_NOT_FOUND = 404
_DONE = frozenset({"successful", "success", "succeeded", "completed", "complete", "done"})
_FAILED = frozenset({"failed", "failure", "error", "cancelled", "canceled", "aborted", "rejected"})
_STATUS = "/status"
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 1.0, 30.0, 1.5
"""Seconds between two questions, where the server names none: eGain's jobs take minutes to hours."""


class JobWaiter:
    """Asks for a job's state until that is final.

    Args:
        terminal: Shows the person how far it is.
        caller: Calls the API.
        tokens: Gives the bearer token.
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
        deadline: Deadline | None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._terminal = terminal
        self._caller = caller
        self._tokens = tokens
        self._deadline = deadline
        self._clock = clock
        self._sleep = sleep

    def wait(self, request: CallRequest, location: str | None) -> bytes:
        """Wait for the job that a request has begun.

        Args:
            request: The one that was accepted.
            location: Its answer's Location.

        Returns:
            The last state, as it was sent.

        Raises:
            BadAnswer: There is no Location, it leaves the API, or no state is found there.
            ApiError: The job cannot be asked for.
            TimedOut: It has not ended in time; it goes on at the server.
        """
        target = job_target(location, api_url=request.api_url)
        with self._terminal.progress("the job has been accepted") as progress:
            pause = _FIRST_PAUSE
            while True:
                raw, asked, target = self._ask(request, target)
                state, shown = job_state(raw)
                if state in _DONE | _FAILED:
                    return raw
                if progress is not None:
                    progress.tell(f"the job: {shown}")
                self._pause(asked or pause, target)
                pause = min(pause * _GROWTH, _LONGEST_PAUSE)

    def _ask(self, request: CallRequest, target: str) -> tuple[bytes, float | None, str]:
        status, raw, headers = self._get(request, target)
        if status == _NOT_FOUND and not target.endswith(_STATUS):
            # eGain's Location of an export is the job's own path, at which no operation is documented.
            target += _STATUS
            status, raw, headers = self._get(request, target)
        if status >= 300:  # noqa: PLR2004
            error = api_error(status, raw, headers, Advice.on("GET", target, None))
            error.message = f"the job was accepted, but its state cannot be read: {error.message}"
            error.hint = f"ask for it by `egain call GET {target}`" + (f"; {error.hint}" if error.hint else "")
            raise error
        return raw, retry_after(headers, now=self._clock()), target

    def _get(self, request: CallRequest, target: str) -> tuple[int, bytes, dict[str, str]]:
        held: list[bytes] = []
        heads: list[StreamedAnswer] = []

        def receive(answer: StreamedAnswer) -> None:
            held[:] = bounded(answer.body())
            heads.append(answer)

        question = request.question(target)
        status = self._caller.call(question, self._tokens, on_answer=receive, withholds=True, deadline=self._deadline)
        return status, b"".join(held), dict(heads[-1].headers)

    def _pause(self, seconds: float, target: str) -> None:
        left = seconds if self._deadline is None else self._deadline.remaining()
        if left <= 0 or left < seconds:
            raise TimedOut(
                "the job has not ended within `--timeout`; it goes on at the server",
                hint=f"ask for its state by `egain call GET {target}`",
            )
        self._sleep(seconds)


def job_target(location: str | None, *, api_url: str) -> str:
    """Return the URL of a job's state from a Location, which eGain writes with and without a leading slash.

    Raises:
        BadAnswer: There is none, or it leaves the API.
    """
    if not location:
        raise BadAnswer("the request was accepted, but its answer has no `Location`", hint="leave out `--wait`")
    text = location.strip()
    elsewhere = "://" in text.partition("?")[0] or text.startswith("//")
    target = text if elsewhere else f"{origin_of(api_url)}/{text.removeprefix('/')}"
    from egain_auth_cli.call.url import api_request_url

    try:
        api_request_url(api_url, target)
    except EgainError as exc:
        raise BadAnswer(
            f"the request was accepted, but its `Location` is not followed: {exc.message}", hint="leave out `--wait`"
        ) from exc
    return target


def job_state(raw: bytes) -> tuple[str, str]:
    """Return a job's state in lower case, and how far it is in words.

    Raises:
        BadAnswer: The document has none.
    """
    document = parse_json(raw) if raw.strip() else None
    status = document.get("status") if isinstance(document, dict) else None
    if isinstance(status, dict):
        status = status.get("value")
    if not isinstance(status, str) or not isinstance(document, dict):
        raise BadAnswer("the job was accepted, but its `Location` shows no `status`", hint="leave out `--wait`")
    progress = document.get("progress")
    percentage = progress.get("percentage") if isinstance(progress, dict) else None
    shown = printable(status, limit=60)
    if isinstance(percentage, (int, float)) and not isinstance(percentage, bool):
        shown += f", {percentage:.0f} %"
    return status.strip().lower(), shown


def check_job(raw: bytes) -> None:
    """Raise the error of a job that has failed.

    Raises:
        ApiError: It has.
    """
    state, shown = job_state(raw)
    if state in _FAILED:
        document = parse_json(raw)
        said = document.get("error") if isinstance(document, dict) else None
        why = f": {printable(said, limit=300)}" if isinstance(said, str) and said else ""
        raise ApiError(f"the job ended as `{shown}`{why}", hint="its last state is on standard output")
