"""Runs the tests against faults: collected once, then forked for each, so that a fault costs its tests alone."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import time
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, NoReturn

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mutation.faults import Fault

assert sys.platform != "win32", "it forks"

_SPARE_SECONDS = 10.0
_ARGUMENTS = ["-x", "-q", "-p", "no:xdist", "-p", "no:schemathesis", "--no-header", "--tb=line"]
_ARGUMENTS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]


class Trial:
    """The faults of one module; one trial a process.

    Args:
        path: Of the module, in the copy of the tree.
        source: Its text.
        files: The tests that are to see a fault in it, the quick ones first.
    """

    def __init__(self, path: Path, source: str, files: list[str]) -> None:
        self._path, self._source, self._files = path, source, files
        self._told = path.with_suffix(".killer")
        self._killers: list[str] = []
        self._stamp = int(time.time())
        self._left: list[Fault] = []
        self._seconds = 600.0
        self._in_child = False
        self._judged: Callable[[Fault, bool], None] = lambda _, __: None
        # That a property fails is enough: no smaller case is looked for.
        phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
        hypothesis.settings.register_profile("mutation", phases=phases, database=None, derandomize=True)
        hypothesis.settings.load_profile("mutation")

    def run(self, faults: list[Fault], judged: Callable[[Fault, bool], None]) -> None:
        """Try each fault, and tell whether it survived.

        Raises:
            RuntimeError: The tests fail without any.
        """
        begun = time.monotonic()
        if not self._survives(self._source, self._whole):
            raise RuntimeError(f"the tests of {self._path.name} fail without a fault: {self._told.read_text()}")
        self._seconds = _SPARE_SECONDS + 3 * (time.monotonic() - begun)
        for fault in faults:
            if fault.function is None:
                judged(fault, self._survives(fault.text, self._whole))
        self._left = [fault for fault in faults if fault.function is not None]
        self._judged = judged
        self._put(self._source)
        pytest.main([*_ARGUMENTS, *self._files], plugins=[self])
        self._put(self._source)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> object:
        """Run the tests of each fault in a fork of what is collected now."""
        if self._in_child:
            return None

        def forked(fault: Fault) -> int:
            _put_in(self._source, fault, self._path)
            session.items.sort(key=self._rank)
            self._in_child = True
            session.config.hook.pytest_runtestloop(session=session)
            return int(session.testsfailed > 0)

        for fault in self._left:

            def child(fault: Fault = fault) -> int:
                return forked(fault)

            self._judged(fault, self._survives(fault.text, child))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down which test failed: it is the first to be asked the next time."""
        if report.failed:
            self._told.write_text(f"{report.nodeid}\n{report.longreprtext[-300:]}")

    def _rank(self, item: pytest.Item) -> int:
        return self._killers.index(item.nodeid) if item.nodeid in self._killers else len(self._killers)

    def _whole(self) -> int:
        self._in_child = True
        return int(pytest.main([*_ARGUMENTS, *self._files], plugins=[self]))

    def _survives(self, text: str, tests: Callable[[], int]) -> bool:
        """Run the tests in a process group of their own; one that takes too long has seen the fault."""
        self._put(text)
        self._told.write_text("")
        child = os.fork()
        if child == 0:
            _end_with(tests)
        end = time.monotonic() + self._seconds
        done = status = 0
        while not done and time.monotonic() < end:
            time.sleep(0.005)
            done, status = os.waitpid(child, os.WNOHANG)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        if not done:
            os.waitpid(child, 0)
        if done and not status:
            return True
        killer = self._told.read_text().partition("\n")[0]
        self._killers = [killer, *(one for one in self._killers if one != killer)][:20]
        return False

    def _put(self, text: str) -> None:
        self._path.write_text(text)
        # Its own second, lest what was compiled of another fault be taken for it.
        self._stamp += 1
        os.utime(self._path, (self._stamp, self._stamp))
        for compiled in (self._path.parent / "__pycache__").glob(f"{self._path.stem}.*"):
            compiled.unlink(missing_ok=True)


def _end_with(tests: Callable[[], int]) -> NoReturn:
    """Run the tests in a process group of their own, say nothing, and end with their status."""
    os.setsid()
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        os.dup2(os.open(os.devnull, flags), number)
    try:
        status = tests()
    except BaseException:  # noqa: BLE001  whatever the fault has broken
        status = 1
    os._exit(status)


def _put_in(source: str, fault: Fault, path: Path) -> None:
    """Give the function that is loaded already the code with the fault, wherever it is referred to."""
    # Of one name there may be two, one for each system.
    former, new = (
        [code for code in _functions(compile(text, str(path), "exec", dont_inherit=True)) if code.co_qualname == name]
        for text, name in ((source, fault.function), (fault.text, fault.function))
    )
    changed = dict(zip(former, new, strict=True))
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__ in changed:
            one.__code__ = changed[one.__code__]


def _functions(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _functions(one)
