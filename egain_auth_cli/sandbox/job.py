"""An import, a validation or an export, and the state that it is in at a moment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

NEVER = math.inf
_ITEMS = 40
_BEFORE_FAILURE = 0.5
_SHOWN = {
    "Pending": (),
    "Scheduled": ("progress", "startTime", "currentOperation", "scheduledStopTime"),
    "In Progress": ("progress", "logFileLocation", "startTime", "estimatedCompletion", "currentOperation"),
    "Successful": ("progress", "logFileLocation", "startTime", "completionTime", "results"),
    "Failed": ("progress", "logFileLocation", "startTime", "failureTime", "error", "retryable"),
    "Cancelled": ("progress",),  # of which eGain shows no example
}
"""The members of each state."""
_NOT_OF_EXPORTS = ("logFileLocation", "currentOperation", "retryable")


@dataclass(slots=True, kw_only=True)
class Job:
    """A job; its moments are epoch seconds.

    Attributes:
        id: A UUID.
        kind: ``Import``, ``Validation`` or ``Export``.
        place: Where its data come from, or go to.
        starts: When it does.
        seconds: How long it takes.
        fails: Whether it ends so.
        stops: When somebody ended it, or when it is to stop if it is not done.
        portal: The id of the portal that it exports; empty for another job.
    """

    id: str
    kind: str
    place: str
    starts: float
    seconds: float
    fails: bool
    stops: float = NEVER
    portal: str = ""

    def has_ended(self, now: float) -> bool:
        """Tell whether it is over, in whichever way."""
        return now >= min(self.starts + self.seconds, self.stops)

    def document(self, now: float) -> dict[str, object]:
        """Return its state, with the members that eGain shows in it."""
        status, is_export = self._status(now), self.kind == "Export"
        members = self._members(now)
        left_out = _NOT_OF_EXPORTS if is_export else ()
        names = [name for name in _SHOWN[status] if name in members and name not in left_out]
        kind = {} if is_export else {"jobType": self.kind}
        return {"status": status, **kind, **{name: members[name] for name in names}}

    def _status(self, now: float) -> str:
        ends = self.starts + self.seconds
        if self.stops < ends and now >= self.stops:
            return "Cancelled"
        if now < self.starts:
            return "Pending" if self.kind == "Export" else "Scheduled"
        if now < ends:
            return "In Progress"
        return "Failed" if self.fails else "Successful"

    def _members(self, now: float) -> dict[str, object]:
        ends = _moment(self.starts + self.seconds)
        return {
            "progress": self._progress(min(now, self.stops)),
            "logFileLocation": f"{self.place.rstrip('/')}/logs/{self.id}.txt",
            "startTime": _moment(self.starts),
            "currentOperation": f"{self.kind} of {_ITEMS} items",
            "estimatedCompletion": ends,
            "completionTime": ends,
            "failureTime": ends,
            "results": {"successful": _ITEMS, "warnings": 0, "errors": 0},
            "error": "The data source cannot be read.",
            "retryable": True,
            **({"scheduledStopTime": _moment(self.stops)} if self.stops < NEVER else {}),
        }

    def _progress(self, moment: float) -> dict[str, object]:
        if moment < self.starts:
            return {"processed": 0, "total": 0, "percentage": 0}
        share = min((moment - self.starts) / self.seconds, 1) * (_BEFORE_FAILURE if self.fails else 1)
        return {"processed": int(share * _ITEMS), "total": _ITEMS, "percentage": int(100 * share)}


def epoch(moment: str) -> float:
    """Return the epoch seconds of a moment as eGain writes it.

    Raises:
        ValueError: There is no such day or hour.
    """
    return datetime.fromisoformat(moment).timestamp()


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
