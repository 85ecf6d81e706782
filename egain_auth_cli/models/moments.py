"""Moments and spans of time in words; every moment is epoch seconds."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTES_FROM, _HOURS_FROM = 90, 120 * 60
"""Seconds from which a span is told in minutes, and in hours."""


def rfc3339(epoch: float) -> str:
    """Return a moment in UTC, as RFC 3339 writes it."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local_time(epoch: float) -> str:
    """Return a moment in the person's own time zone."""
    return datetime.fromtimestamp(epoch).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def local_clock(epoch: float, *, now: float) -> str:
    """Return a moment in the person's own time zone: the time alone where it is today's."""
    moment, today = datetime.fromtimestamp(epoch).astimezone(), datetime.fromtimestamp(now).astimezone()
    return moment.strftime("%H:%M" if moment.date() == today.date() else "%Y-%m-%d %H:%M")


def duration_text(seconds: float) -> str:
    """Return a span of seconds in words, such as ``12 min``; a negative one counts as none."""
    if seconds < _MINUTES_FROM:
        return f"{max(0.0, seconds):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < _HOURS_FROM else f"{seconds / 3600:.0f} h"
