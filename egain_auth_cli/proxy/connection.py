"""A client's connection: the exact target of each request, and an end to heads that do not come."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

TARGET: ContextVar[bytes] = ContextVar("TARGET")
"""The request's target as it came, where ASGI tells no empty query from none (RFC 9112 §3.2)."""
_HEAD_SECONDS = 30.0
"""For a request's head, from its connection or its first byte on."""


class Connection(H11Protocol):
    """A connection of uvicorn on h11, which refuses what two parsers might read differently.

    Attributes:
        most: Connections that may wait for a head at once: the oldest makes room.
        waiting: Those that wait, the oldest first; one dictionary for each server.
    """

    most: int
    waiting: dict[Connection, asyncio.TimerHandle]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  as uvicorn passes them
        super().__init__(*args, **kwargs)
        self._parsed: Callable[[], Any] = self.conn.next_event
        self.conn.next_event = self._next_event  # type: ignore[method-assign]  # the one place that sees the target

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; what is no whole head has a time to become one."""
        if self.conn.their_state.__name__ == "MUST_CLOSE":
            return  # it said that its last request was the last; some send a line's end after a body (RFC 9112 §2.2)
        super().data_received(data)
        cycle: Any = self.cycle  # None before the first request, whatever uvicorn's types say
        if cycle is None or cycle.response_complete:
            self._await_head()

    def _next_event(self) -> Any:  # noqa: ANN401
        event = self._parsed()
        if (target := getattr(event, "target", None)) is not None:
            self._stop_waiting()
            TARGET.set(target)  # the request's task, made next, has its context from here
        return event

    def _await_head(self) -> None:
        if self in self.waiting or self.transport.is_closing():
            return
        self.waiting[self] = self.loop.call_later(_HEAD_SECONDS, self.transport.close)
        if len(self.waiting) > self.most:
            oldest = next(iter(self.waiting))
            self.waiting.pop(oldest).cancel()
            oldest.transport.close()

    def _stop_waiting(self) -> None:
        timer = self.waiting.pop(self, None)
        if timer is not None:
            timer.cancel()
