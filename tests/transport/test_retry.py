"""When a server asks to come back later, and how long the pause is."""

from __future__ import annotations

import pytest
from fakes.clock import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.transport.retry import pause_seconds, retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 120 "}, 120.0),
        ({"retry-after": "999999999"}, 999999999.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 15 Jan 2027 08:01:00 GMT"}, 60.0),
        ({"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0.0),
        ({"retry-after": "Fri Jan 15 08:01:00 2027"}, 60.0),  # asctime's: GMT, whatever the zone here
        ({"x-ratelimit-reset": "2027-01-15T08:02:00Z"}, 120.0),
        ({"x-ratelimit-reset": "2027-01-15T08:02:00"}, 120.0),
        ({"x-ratelimit-reset": "2027-01-15 08:02:00 UTC"}, 120.0),
        ({"x-ratelimit-reset": "2027-01-15T10:02:00+02:00"}, 120.0),
        ({"x-ratelimit-reset": "Fri, 15 Jan 2027 08:01:00 GMT"}, 60.0),
        ({"x-ratelimit-reset": "later"}, None),
        ({"retry-after": "7", "x-ratelimit-reset": "2027-01-15T08:02:00Z"}, 7.0),
        ({"retry-after": "soon", "x-ratelimit-reset": "2027-01-15T08:02:00Z"}, 120.0),
    ],
)
def test_pause_that_a_server_asks_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert NOW == 1800000000.0
    assert seconds == retry_after(headers, now=NOW)


@settings(deadline=None, max_examples=500)
@given(
    st.text(max_size=40) | st.from_regex(r"[0-9:, A-Za-z+-]{0,40}"),
    st.sampled_from(["retry-after", "x-ratelimit-reset"]),
)
def test_no_header_breaks_the_reader_of_pauses(value: str, name: str) -> None:
    seconds = retry_after({name: value}, now=NOW)

    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Mon, 99 Jan 99999 99:99:99 GMT",
        "1 Jan 1 0:0:0 -0000",
        "Fri, 15 Jan 2027 08:01:00 +99999999999999",
        "0001-01-01",
        "9999-12-31T23:59:59-23:59",
    ],
)
@pytest.mark.parametrize("name", ["retry-after", "x-ratelimit-reset"])
def test_date_beyond_the_calendar_does_no_harm(value: str, name: str) -> None:
    seconds = retry_after({name: value}, now=NOW)

    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("attempt", "asked", "jitter", "seconds"),
    [
        (0, None, 0.0, 0.5),
        (1, None, 0.0, 1.0),
        (2, None, 0.0, 2.0),
        (0, None, 1.0, 0.75),
        (0, 0.0, 1.0, 0.0),
        (0, 30.0, 0.0, 30.0),
        (0, 30.0, 1.0, 30.25),
    ],
)
def test_pause_doubles_and_jitters_and_heeds_the_server(
    attempt: int, asked: float | None, jitter: float, seconds: float
) -> None:
    assert seconds == pause_seconds(attempt, asked, jitter=lambda: jitter)
