"""The table of a soak: what was asked and measured, and a failure where a figure is not kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest
from figures import amount

@pytest.mark.figure("things done", "all", most={"ms": 200})
@pytest.mark.parametrize("number", range(amount(2, 3)))
def test_things(measured, number):
    measured(amount(10, 1000), "things")
    measured(SLOWEST - number, "ms")
    assert number != BROKEN

def test_that_keeps_no_figure():
    raise AssertionError
"""


def soak(folder: Path, *, slowest: float = 200.0, broken: int = -1, soaked: str = "1") -> tuple[int, list[str]]:
    """Run these tests as ``make soak`` does; the status, and the lines of the table without its blanks."""
    (folder / "test_made_up.py").write_text(f"SLOWEST, BROKEN = {slowest}, {broken}\n{TESTS}")
    command = [sys.executable, "-m", "pytest", "-p", "figures", "-p", "no:cacheprovider", "-m", "figure", "-q", "."]
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parent), "SOAK": soaked}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, [" ".join(line.split()) for line in done.stdout.splitlines() if line.startswith("things")]


def test_counts_are_added_up_and_the_longest_time_stands_beside_what_was_asked(tmp_path: Path) -> None:
    assert soak(tmp_path) == (0, ["things done all 3,000 things, 200.0 ms ok"])


@pytest.mark.parametrize(("slowest", "broken"), [(201.0, -1), (2.0, 1)])
def test_time_beyond_its_bound_or_a_test_that_fails_ends_a_soak_with_1(
    tmp_path: Path, slowest: float, broken: int
) -> None:
    status, lines = soak(tmp_path, slowest=slowest, broken=broken)

    assert (status, lines[0].rpartition(" ")[2]) == (1, "FAILED")


def test_any_other_run_tries_less_and_judges_no_time(tmp_path: Path) -> None:
    assert soak(tmp_path, slowest=9000.0, soaked="") == (0, [])
