"""Time that passes when it is told to."""

from __future__ import annotations

NOW = 1_800_000_000.0


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += seconds
