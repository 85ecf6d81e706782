"""How much is tried, and the figures that it keeps: in small by every run, in full by ``make soak``, as a table.

``amount`` alone knows which of the two this is. A test that keeps a figure is marked with the figure's name, what is
asked, and the most that a time may be; what it has ``measured`` stands in the table. Times are judged there and nowhere
else: a machine may be busy, a soak has it for itself.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from _pytest.terminal import TerminalReporter

    Measured = Callable[[float, str], None]

_SOAK = bool(os.environ.get("SOAK"))
_MARK = "figure"
T = TypeVar("T")


def amount(usual: T, full: T) -> T:
    """Return the first in every run, the second in a soak."""
    return full if _SOAK else usual


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Note what was measured: a whole number is a count, any other a time or a size; and its unit."""
    return lambda number, unit: record_property(unit, number)


@dataclass
class Row:
    """A figure of the table.

    Attributes:
        asked: In words.
        most: What the times and sizes may be at most, by unit.
        outcomes: Of its tests.
        counts: Of all of its tests together, by unit.
        peaks: The largest time or size, by unit.
    """

    asked: str
    most: Mapping[str, float]
    outcomes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)

    def add(self, outcome: str, properties: Iterable[tuple[str, object]]) -> None:
        """Take one test's outcome and what it measured."""
        self.outcomes.append(outcome)
        for unit, number in properties:
            if isinstance(number, int):
                self.counts[unit] = self.counts.get(unit, 0) + number
            elif isinstance(number, float):
                self.peaks[unit] = max(self.peaks.get(unit, number), number)

    @property
    def kept(self) -> bool:
        within = all(self.peaks.get(unit, most + 1) <= most for unit, most in self.most.items())
        return within and set(self.outcomes) == {"passed"}

    @property
    def measured(self) -> str:
        passed = f"{self.outcomes.count('passed')} of {len(self.outcomes)} tests"
        counts = [f"{number:,} {unit}" for unit, number in self.counts.items()]
        return ", ".join([*counts, *(f"{number:.1f} {unit}" for unit, number in self.peaks.items())]) or passed


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{_MARK}(name, asked, most={{}}): a figure that this test keeps")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if _SOAK:
        items.sort(key=_is_timed)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run what is timed alone, after all the rest."""
    if not _SOAK or sys.platform == "win32":
        return (yield)
    import fcntl

    turn = os.open(item.config.rootpath, os.O_RDONLY)
    try:
        fcntl.flock(turn, fcntl.LOCK_EX if _is_timed(item) else fcntl.LOCK_SH)
        return (yield)
    finally:
        os.close(turn)


def _is_timed(item: pytest.Item) -> bool:
    return any("most" in mark.kwargs for mark in item.iter_markers(_MARK))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers(_MARK):
        item.user_properties.append((_MARK, [*mark.args, mark.kwargs.get("most", {})]))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a soak for a time beyond its bound too."""
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    if _SOAK and reporter is not None and not all(row.kept for row in _table(reporter).values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say every figure."""
    table = _table(terminalreporter) if _SOAK else {}
    lines = [("figure", "asked", "measured", "")]
    lines += [(name, row.asked, row.measured, "ok" if row.kept else "FAILED") for name, row in table.items()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines if table else []:
        terminalreporter.write_line("  ".join(map(str.ljust, line, widths)).rstrip())


def _table(reporter: TerminalReporter) -> dict[str, Row]:
    table: dict[str, Row] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in reporter.stats.get(outcome, []):
            for key, figure in report.user_properties:
                if key == _MARK:
                    name, asked, most = figure
                    table.setdefault(name, Row(asked, most)).add(outcome, report.user_properties)
    return table
