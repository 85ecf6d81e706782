"""When a server asks to come back later (RFC 9110 §10.2.3), and how long to wait."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# See: RFC 9110 §9.2.2, the idempotent methods: sending one twice does what sending it once does.
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
# 500 is not among them: a server that failed in the middle may have done part of the work.
PASSING = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may well be answered in a moment."""
_FIRST_PAUSE = 0.5
_DIGITS = re.compile(r"\d{1,40}")  # a number of thousands of digits would cost time to read


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return the seconds that an answer asks to wait, never less than 0, or None if it does not say.

    Args:
        headers: Lower-case names. ``Retry-After`` is seconds or a date; eGain's ``X-RateLimit-Reset`` is a
            UTC date-time.
        now: Epoch seconds.
    """
    value = headers.get("retry-after", "").strip()
    if _DIGITS.fullmatch(value):
        return float(value)
    # Only where there is a value: importing the parser of dates costs as much as the request.
    moment = http_date(value) if value else None
    if moment is None:
        reset = headers.get("x-ratelimit-reset", "").strip()
        moment = _date_time(reset) if reset else None
    return None if moment is None else max(0.0, moment - now)


def pause_seconds(attempt: int, asked: float | None, *, jitter: Callable[[], float] = random.random) -> float:
    """Return the seconds before the next try: what the server asked, or a doubling pause, and a jitter of up to a half.

    The jitter keeps many processes, refused at the same moment, from coming back together.

    Args:
        attempt: How many tries have failed before this one.
        asked: Seconds that the server asked to wait; None where it did not say.
        jitter: A number from 0 to 1.
    """
    doubling = float(_FIRST_PAUSE * 2**attempt)
    base = doubling if asked is None else asked
    return base + jitter() * min(base, doubling) / 2


def http_date(value: str) -> float | None:
    """Return a date of an HTTP header (RFC 9110 §5.6.7) in epoch seconds, or None if it is not one."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(value)
        # Without a zone, as `asctime` writes it, it is in GMT too.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _date_time(value: str) -> float | None:
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(value.removesuffix(" UTC"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return http_date(value)
