from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes.clock import FakeClock
from fakes.elsewhere import Elsewhere
from fakes.systems import NEEDS_POSIX
from fakes.windows import WindowsError

from egain_auth_cli.errors import StoreError
from egain_auth_cli.stores import disk
from egain_auth_cli.stores.atomic import write_private
from egain_auth_cli.stores.file_errors import file_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Time:
    """Passes while somebody sleeps, and at no other time."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.monotonic = self.clock
        self.sleep = self.clock.pass_seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    one = Time()
    monkeypatch.setattr(disk, "time", one)
    return one.clock


CHANGES: dict[str, Callable[[Path], object]] = {
    "replace": lambda path: disk.replace_file(path, path.with_name("other")),
    "unlink": disk.unlink_file,
    "open": lambda path: os.close(disk.open_file(path, os.O_RDONLY)),
}


def refuse(monkeypatch: pytest.MonkeyPatch, name: str, error: Callable[[], OSError], times: int) -> list[object]:
    """Let a call of the system fail so many times."""
    asked: list[object] = []
    real = getattr(os, name)

    def call(*args: Any) -> Any:
        asked.append(args)
        if len(asked) <= times:
            raise error()
        return real(*args)

    monkeypatch.setattr(os, name, call)
    return asked


@pytest.mark.parametrize("winerror", [5, 32, 33])
@pytest.mark.parametrize("name", CHANGES)
def test_file_that_another_program_has_open_for_a_moment_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: FakeClock, name: str, winerror: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    asked = refuse(monkeypatch, name, lambda: WindowsError("file", winerror), 5)
    CHANGES[name](path)

    assert len(asked) == 6


@pytest.mark.parametrize("name", CHANGES)
def test_file_that_stays_open_elsewhere_is_given_up_after_half_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: FakeClock, name: str
) -> None:
    path, start = tmp_path / "file", time.now
    path.write_bytes(b"")
    refuse(monkeypatch, name, lambda: WindowsError("file"), 10_000)

    with pytest.raises(WindowsError):
        CHANGES[name](path)

    assert 0.5 <= time.now - start < 0.6


def test_refusal_without_a_number_is_waited_out_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: FakeClock
) -> None:
    # CPython's `os.open` is the C library's `_wopen`, whose EACCES is all that there is
    path = tmp_path / "file"
    path.write_bytes(b"")
    asked = refuse(monkeypatch, "open", lambda: PermissionError(errno.EACCES, "x"), 5)
    monkeypatch.setattr(disk, "sys", Elsewhere(sys, {"platform": "win32"}))
    os.close(disk.open_file(path, os.O_RDONLY))

    assert len(asked) == 6


@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "x"), FileNotFoundError(errno.ENOENT, "x")])
def test_what_is_no_sharing_violation_is_the_last_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, time: FakeClock, error: OSError
) -> None:
    asked = refuse(monkeypatch, "unlink", lambda: error, 5)

    with pytest.raises(type(error)):
        disk.unlink_file(tmp_path / "file")

    assert (len(asked), time.now) == (1, FakeClock().now)


def test_file_that_stays_open_elsewhere_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught, file_errors(tmp_path / "file", "write", StoreError):
        raise WindowsError("file")

    assert caught.value.hint == f"close the program that has `{tmp_path / 'file'}` open, then try again"


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the system offer the full sync of macOS; give what was synced how."""
    synced: list[str] = []
    fcntl = pytest.importorskip("fcntl", reason=NEEDS_POSIX)
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda handle, number: synced.append(f"full {number}"))
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append("plain"))
    return synced


def test_macos_is_asked_to_empty_the_drives_own_cache(tmp_path: Path, macos: list[str]) -> None:
    write_private(tmp_path / "file", b"data")

    assert macos == ["full 51", "full 51"]  # the file, then its folder


def test_file_system_without_the_full_sync_has_the_plain_one(
    tmp_path: Path, macos: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr("fcntl.fcntl", unsupported)
    write_private(tmp_path / "file", b"data")

    assert macos == ["plain", "plain"]
