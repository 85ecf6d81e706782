"""When the token's file is renewed while a command runs: by a clock that the test moves."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from fakes.clock import FakeClock
from fakes.systems import NEEDS_POSIX
from fakes.tokens import make_token

from egain_auth_cli.errors import NetworkError
from egain_auth_cli.exec_ import parent as exec_parent
from egain_auth_cli.exec_.child import Job
from egain_auth_cli.exec_.parent import Parent

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.models.token import TokenSet


class Waits:
    """Stands in for the event of the command's end: each wait passes at once, and the last one brings the end."""

    def __init__(self, clock: FakeClock, count: int) -> None:
        self.seconds: list[float] = []
        self._clock, self._count = clock, count

    def wait(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        self._clock.pass_seconds(seconds)
        return len(self.seconds) > self._count

    def is_set(self) -> bool:
        return False


class Renewals:
    """Gives tokens of one life, or what is in its place."""

    def __init__(self, clock: FakeClock, lives: int, failures: int = 0) -> None:
        self.asked: list[float] = []
        self._clock, self._lives, self._failures = clock, lives, failures

    def __call__(self, seconds: float) -> TokenSet:
        self.asked.append(seconds)
        if len(self.asked) <= self._failures:
            raise NetworkError("down")
        return make_token(f"made-up-{len(self.asked)}", lives=self._lives, obtained_at=self._clock())


@pytest.mark.parametrize(
    ("lives", "failures", "waits", "asked"),
    [
        (3600, 0, [3480, 3480, 3480], [121, 121]),
        (3600, 2, [3480, 15, 15, 3480], [121, 121, 121]),
        (100, 0, [50, 50], [51]),
        (100, 1, [50, 15, 50], [51, 51]),
        (20, 1, [10, 5, 10], [11, 11]),
        (0, 0, [0.2, 0.2], [1]),
    ],
)
def test_file_is_renewed_before_its_token_ends(
    tmp_path: Path, lives: int, failures: int, waits: list[float], asked: list[float]
) -> None:
    clock, said = FakeClock(), list[str]()
    renew = Renewals(clock, lives, failures)
    parent = Parent(renew, clock=clock, warn=said.append)
    ended = Waits(clock, len(waits) - 1)
    parent._ended = ended  # type: ignore[assignment]
    job = Job(command=["x"], name="X", api_url=None, refresh_file=tmp_path / "token")

    parent._keep_current(job, make_token(lives=lives))

    assert [*ended.seconds, *renew.asked] == pytest.approx([*waits, *asked])
    assert len(said) == failures
    assert (tmp_path / "token").read_text() == f"made-up-{len(renew.asked)}\n"


def test_end_of_the_command_ends_what_renews_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    monkeypatch.setattr(exec_parent, "forbid_core_dumps", lambda: None)
    clock, before = FakeClock(), set(threading.enumerate())
    former = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)]
    parent = Parent(Renewals(clock, 3600), clock=clock, warn=pytest.fail)
    job = Job(command=["sh", "-c", "exit 3"], name="X", api_url=None, refresh_file=tmp_path / "token")

    status = parent.run("/bin/sh", job, {}, make_token())

    assert (status, set(threading.enumerate()) - before) == (3, set())
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)] == former
    assert not (tmp_path / "token").exists()


def test_token_that_comes_after_the_command_s_end_is_not_written(tmp_path: Path) -> None:
    clock, file = FakeClock(), tmp_path / "token"

    def renew(_: float) -> TokenSet:
        parent._ended.set()  # meanwhile the command ends
        return make_token(obtained_at=clock())

    parent = Parent(renew, clock=clock, warn=pytest.fail)
    clock.pass_seconds(3600)
    parent._keep_current(Job(command=["x"], name="X", api_url=None, refresh_file=file), make_token())

    assert not file.exists()


def test_end_of_a_token_without_a_file_is_told_once_where_it_is_watched() -> None:
    clock = FakeClock()
    for watched in (True, False):
        said: list[str] = []
        parent = Parent(Renewals(clock, 3600), clock=clock, warn=said.append)
        parent._ended = Waits(clock, 5)  # type: ignore[assignment]
        parent._keep_current(Job(command=["x"], name="X", api_url=None, watch_expiry=watched), make_token())

        assert len(said) == watched
