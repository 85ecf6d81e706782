"""Bounded waiting: a deadline, and a call that is given up when its time is over."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
"""What the bounded call returns."""
_SLICE = 0.25
"""Seconds after which Ctrl-C is heard that came just before a wait for a lock; on Windows, one that came meanwhile."""


def at_once(seconds: float) -> float:
    """Return how many of these seconds to wait for a lock at once, so that Ctrl-C is heard."""
    return min(seconds, _SLICE)


class Deadline:
    """A point in time, on a clock that never jumps.

    Args:
        seconds: How long from now.
        clock: Monotonic seconds.

    Attributes:
        seconds: The whole time, for messages.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds
        self.seconds = seconds

    def remaining(self) -> float:
        """Return the seconds left, never below 0."""
        return max(0.0, self._end - self._clock())


class Timeouts:
    """The time limits of a request and its answer.

    Args:
        deadline: The end of all of it; None for no limit but the two below.
        head_seconds: Seconds to the answer's head, from the request's last byte on.
        silence: Seconds without a byte in a body, that of the request or of the answer.
        setting: How a person sets them, for the hint.
    """

    def __init__(
        self,
        deadline: Deadline | None,
        *,
        head_seconds: float = 60.0,
        silence: float = 60.0,
        setting: str = "`EGAIN_TIMEOUT` sets the seconds to wait",
    ) -> None:
        self.deadline = deadline
        self.head_seconds = head_seconds if deadline is None else deadline.seconds
        self.silence = silence if deadline is None else deadline.seconds
        self.setting = setting
        self._moved = time.monotonic()

    def moved(self) -> None:
        """Count the time to the head from now on: a piece of the request has just been sent, or it begins."""
        self._moved = time.monotonic()

    def head(self) -> float:
        """Return the seconds left to the answer's head, never below 0."""
        if self.deadline is not None:
            return self.deadline.remaining()
        return max(0.0, self._moved + self.head_seconds - time.monotonic())


def run_bounded(func: Callable[[], T], *, seconds: float | Callable[[], float]) -> T:
    """Call ``func`` in a thread and wait at most ``seconds`` for it; a function says what is left, anew each time.

    NOTE: a thread that hangs (a keyring behind a lost prompt, a resolver without an answer) cannot be
    stopped. It is a daemon, so the process still ends at once.

    Returns:
        What ``func`` returns.

    Raises:
        TimeoutError: ``func`` did not return in time.
        BaseException: Whatever ``func`` raises.
    """
    done = threading.Event()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(func())
        except BaseException as exc:  # noqa: BLE001  relayed to the caller below
            failure.append(exc)
        finally:
            done.set()

    # Not a ThreadPoolExecutor: that joins its threads when the interpreter ends, and would hang there instead.
    threading.Thread(target=work, daemon=True).start()
    left = seconds if callable(seconds) else Deadline(seconds).remaining
    while not done.wait(at_once(left())):
        if left() <= 0:
            raise TimeoutError
    if failure:
        raise failure[0]
    return outcome[0]
