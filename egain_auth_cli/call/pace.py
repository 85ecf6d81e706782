"""The pace of requests that are made at the same time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.deadline import Deadline


class Pace:
    """When the next request may be sent, by all that share it: a 429 that one meets slows the others too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._from = 0.0

    def wait(self, sleep: Callable[[float], None], deadline: Deadline | None) -> None:
        """Wait until then, or until there is no time left."""
        while (left := self._from - time.monotonic()) > 0:
            rest = left if deadline is None else min(left, deadline.remaining())
            if rest <= 0:
                return  # the request itself tells that its time is over
            sleep(rest)

    def hold(self, seconds: float) -> None:
        """Let nobody send for so many seconds."""
        with self._lock:
            self._from = max(self._from, time.monotonic() + seconds)
