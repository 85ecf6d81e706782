from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest
from fakes.clock import FakeClock

from egain_auth_cli import deadline as waiting
from egain_auth_cli.deadline import Deadline, at_once, run_bounded


def test_deadline_counts_down_and_stops_at_zero() -> None:
    clock = FakeClock(100.0)
    deadline = Deadline(30, clock=clock)
    seen = []
    for step in (0, 10, 25):
        clock.pass_seconds(step)
        seen.append(deadline.remaining())

    assert seen == [30.0, 20.0, 0.0]
    assert deadline.seconds == 30


def test_deadline_runs_on_a_clock_that_never_jumps_by_default() -> None:  # wall clock moved
    before = time.monotonic()
    deadline = Deadline(5)

    left = deadline.remaining()
    assert 5 - (time.monotonic() - before) - 0.001 <= left <= 5


def test_bounded_call_gives_what_the_function_returns() -> None:
    assert "value" == run_bounded(lambda: "value", seconds=5)


def test_bounded_call_raises_what_the_function_raises() -> None:
    def fail() -> None:
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        run_bounded(fail, seconds=5)


def test_bounded_call_relays_even_an_exit() -> None:
    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        run_bounded(leave, seconds=5)


def test_bounded_call_gives_up_on_a_function_that_hangs() -> None:
    release = threading.Event()
    before = time.monotonic()

    with pytest.raises(TimeoutError):
        run_bounded(release.wait, seconds=0.05)

    release.set()
    assert time.monotonic() - before < 2


def test_a_process_with_a_hanging_call_really_exits() -> None:
    program = (
        "import threading\n"
        "from egain_auth_cli.deadline import run_bounded\n"
        "try:\n    run_bounded(threading.Event().wait, seconds=0.05)\n"
        "except TimeoutError:\n    print('gave up')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "gave up\n", "")


@pytest.mark.parametrize("end", [0.05, None])
def test_wait_in_slices_lasts_as_long_as_one_in_a_piece(monkeypatch: pytest.MonkeyPatch, end: float | None) -> None:
    # so that a Ctrl-C is heard whenever it comes
    monkeypatch.setattr(waiting, "_SLICE", 0.01)
    released = threading.Event()

    def work() -> str:
        released.wait(end)
        return "done"

    if end is None:
        with pytest.raises(TimeoutError):
            run_bounded(work, seconds=0.1)
    else:
        assert run_bounded(work, seconds=30) == "done"
    released.set()
    assert (waiting.at_once(300), waiting.at_once(0.001)) == (0.01, 0.001)


def test_no_wait_for_a_lock_is_so_long_that_a_signal_just_before_it_goes_unheard() -> None:
    assert at_once(300) <= 0.5
    assert at_once(0.1) == 0.1
