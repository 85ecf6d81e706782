"""Headers that ask to come back later: a finite number of seconds, that of the date by its own letters."""

from __future__ import annotations

import calendar
import math
import re

from egain_auth_cli.transport.retry import pause_seconds, retry_after

NOW = 1_700_000_000.0
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAYS = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
MONTH, CLOCK = f"(?P<month>{'|'.join(MONTHS)})", "(?P<h>[0-9]{2}):(?P<m>[0-9]{2}):(?P<s>[0-9]{2})"
# RFC 9110 §5.6.7: what is written today, and what C's `asctime` writes. Neither has another zone than GMT.
DATES = [
    re.compile(rf"{DAYS}, (?P<day>[0-9]{{2}}) {MONTH} (?P<year>[0-9]{{4}}) {CLOCK} GMT"),
    re.compile(rf"{DAYS} {MONTH} (?P<day>[ 0-9][0-9]) {CLOCK} (?P<year>[0-9]{{4}})"),
]


def check(data: bytes) -> None:
    """Take the lines for the two headers."""
    value, reset, *_ = [*data.decode("latin-1").split("\n"), "", ""]
    asked = retry_after({"retry-after": value, "x-ratelimit-reset": reset}, now=NOW)

    assert asked is None or (asked >= 0 and math.isfinite(asked))
    for attempt in (0, 3, 40):
        pause = pause_seconds(attempt, asked, jitter=lambda: 1.0)
        assert math.isfinite(pause)
        assert pause >= (asked or 0)
    if re.fullmatch("[0-9]{1,40}", value):
        assert asked == int(value) or math.isclose(float(value), asked or 0)
    moment = epoch_of(value)
    if moment is not None:
        assert asked == max(0, moment - NOW)


def epoch_of(value: str) -> int | None:
    """Return a date's moment, counted without the library's parsers."""
    match = next((found for date in DATES if (found := date.fullmatch(value)) is not None), None)
    if match is None:
        return None
    day, hour, minute, second = (int(match[name]) for name in ("day", "h", "m", "s"))
    year, month = int(match["year"]), MONTHS.index(match["month"]) + 1
    if not 1000 <= year or not 1 <= day <= calendar.monthrange(year, month)[1] or hour > 23 or minute > 59:
        return None
    return calendar.timegm((year, month, day, hour, minute, second)) if second < 60 else None
