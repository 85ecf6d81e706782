"""Moments in words."""

from __future__ import annotations

import sys

import pytest
from fakes.systems import NEEDS_POSIX

from egain_auth_cli.models.moments import local_clock

NOON = 1_800_000_000
"""13:30 on 2027-01-15, half past one in the tests' own time zone."""


def test_moment_of_today_is_told_by_its_time_alone() -> None:
    if sys.platform == "win32":  # where no variable sets the time zone
        pytest.skip(NEEDS_POSIX)
    assert local_clock(NOON + 3600, now=NOON) == "14:30"
    assert local_clock(NOON + 11 * 3600, now=NOON) == "2027-01-16 00:30"
