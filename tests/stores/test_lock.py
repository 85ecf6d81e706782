"""A lock between processes: who waits, who gives up, and what its file is."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from fakes.systems import NEEDS_POSIX, make_fifo

from egain_auth_cli.errors import StoreError, TimedOut
from egain_auth_cli.stores.lock import Locks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOLDER = """
import sys, pathlib
from egain_auth_cli.stores.lock import Locks
with Locks(lambda: pathlib.Path(sys.argv[1])).hold("login acme", seconds=10):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def locks(tmp_path: Path) -> Locks:
    return Locks(lambda: tmp_path / "locks")


@contextlib.contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "held\n"
            yield child
        finally:
            child.kill()


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_second_process_gives_up_at_its_own_deadline(tmp_path: Path, locks: Locks) -> None:
    with holder(tmp_path / "locks"):
        before = time.monotonic()
        with pytest.raises(TimedOut, match="another `egain`"), locks.hold("login acme", seconds=0.1):
            pass

        assert 0.1 <= time.monotonic() - before < 2


def test_wait_is_as_long_as_asked_and_looks_often(locks: Locks, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    pauses: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pauses.append)
    monkeypatch.setattr("egain_auth_cli.stores.lock.time", clock)

    with locks.hold("login acme", seconds=0), pytest.raises(TimedOut), locks.hold("login acme", seconds=10):
        pytest.fail("two at once")

    assert [sum(pauses), max(pauses)] == pytest.approx([10, 0.02])


@pytest.mark.skipif(sys.platform == "win32", reason=NEEDS_POSIX)
def test_lock_that_is_not_had_or_is_given_back_leaves_no_file_open(locks: Locks) -> None:
    with locks.hold("login acme", seconds=1):
        before = len(os.listdir("/dev/fd"))  # noqa: PTH208  names alone
        with pytest.raises(TimedOut), locks.hold("login acme", seconds=0):
            pass
        with locks.hold("login other", seconds=0):
            pass

        assert before == len(os.listdir("/dev/fd"))  # noqa: PTH208


def test_second_process_gets_the_lock_when_the_first_is_done(tmp_path: Path, locks: Locks) -> None:
    with holder(tmp_path / "locks") as child:
        assert child.stdin is not None
        threading.Timer(0.1, child.stdin.close).start()
        with locks.hold("login acme", seconds=10):
            assert child.wait(10) == 0


def test_other_names_do_not_wait_for_each_other(locks: Locks) -> None:
    with contextlib.ExitStack() as held:
        for number in range(40):
            held.enter_context(locks.hold(f"login {number}", seconds=0))


def test_lock_file_is_private_never_unlinked_and_never_truncated(tmp_path: Path, locks: Locks) -> None:
    with locks.hold("login acme", seconds=1):
        path = only_file(tmp_path / "locks")
    path.write_bytes(b"something")
    number = path.stat().st_ino
    with locks.hold("login acme", seconds=1):
        pass

    assert (number, b"something") == (path.stat().st_ino, path.read_bytes())
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]


@pytest.mark.parametrize("umask", [0, 0o077])
def test_lock_file_is_private_under_any_umask(tmp_path: Path, locks: Locks, umask: int) -> None:
    former = os.umask(umask)
    try:
        with locks.hold("login acme", seconds=1):
            pass
    finally:
        os.umask(former)

    assert stat.S_IMODE(only_file(tmp_path / "locks").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["link", "dangling link", "hard link", "fifo", "folder"])
def test_lock_of_the_wrong_kind_is_refused(tmp_path: Path, locks: Locks, kind: str) -> None:
    with locks.hold("login acme", seconds=1):
        path = only_file(tmp_path / "locks")
    path.unlink()
    victim = tmp_path / "victim"
    if kind in ("link", "hard link"):
        victim.write_bytes(b"victim")
    if kind == "hard link":
        path.hardlink_to(victim)
    elif kind.endswith("link"):
        path.symlink_to(victim)
    elif kind == "fifo":
        make_fifo(path)
    else:
        path.mkdir()

    with pytest.raises(StoreError), locks.hold("login acme", seconds=0.3):
        pass

    assert (victim.read_bytes() == b"victim") if kind in ("link", "hard link") else not victim.exists()


def test_folder_of_locks_that_is_a_link_is_refused(tmp_path: Path, locks: Locks) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "locks").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreError), locks.hold("login acme", seconds=0.3):
        pass

    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_lock_is_released_when_the_body_fails(locks: Locks) -> None:
    with pytest.raises(KeyError), locks.hold("login acme", seconds=1):
        raise KeyError
    with locks.hold("login acme", seconds=0.3):
        pass


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOLCK, "has no locks"),
        (errno.ENOTSUP, "has no locks"),
        (errno.ENOSYS, "has no locks"),
        (errno.EINVAL, "has no locks"),
        (errno.EIO, "input/output error"),
    ],
)
def test_file_system_that_gives_no_lock_is_refused(
    locks: Locks, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:  # never an unlocked refresh
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    import fcntl

    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)

    with pytest.raises(StoreError, match=said), locks.hold("login acme", seconds=0.3):
        pytest.fail("the body ran without a lock")


def test_lock_file_that_was_removed_meanwhile_excludes_nobody_twice(
    tmp_path: Path, locks: Locks, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    import fcntl

    real = fcntl.flock
    removed: list[Path] = []

    def flock(handle: int, operation: int) -> None:
        if not removed:
            removed.append(only_file(tmp_path / "locks"))
            removed[0].unlink()
        real(handle, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    before = len(os.listdir("/dev/fd"))  # noqa: PTH208  names alone
    with (
        locks.hold("login acme", seconds=1),
        pytest.raises(TimedOut),
        Locks(lambda: tmp_path / "locks").hold("login acme", seconds=0.1),
    ):
        pytest.fail("two at once")

    assert removed[0].exists()
    assert before == len(os.listdir("/dev/fd"))  # noqa: PTH208


def test_threads_of_one_process_take_turns(locks: Locks) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with locks.hold("login acme", seconds=20):
            inside.append(1)
            most.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert most == [1] * 8
