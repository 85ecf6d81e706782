"""The last requests of a sandbox, in memory, as the page at `/` shows them."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

MOST_REQUESTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """One request and what came of it: names alone, never what was sent under them.

    Attributes:
        time: Of day, for a person.
        method: Of the request.
        path: Without the query.
        step: What it is in OAuth's terms.
        lesson: A sentence or two about that step.
        flow: The flow or the persona; empty where there is none.
        client: The client application; empty where the request names none.
        fields: The names of what was sent, in query, form and JSON.
        outcome: The status and what the answer was.
        went_well: Whether it is no refusal.
    """

    time: str
    method: str
    path: str
    step: str
    lesson: str
    flow: str
    client: str
    fields: tuple[str, ...]
    outcome: str
    went_well: bool


class RecentRequests:
    """Keeps the last of them; requests come in many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[SeenRequest] = deque(maxlen=MOST_REQUESTS)

    def add(self, seen: SeenRequest) -> None:
        """Keep one; of many the oldest is forgotten."""
        with self._lock:
            self._kept.append(seen)

    def latest_first(self) -> list[SeenRequest]:
        """Return those that are kept."""
        with self._lock:
            return list(reversed(self._kept))
