from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes.systems import IS_ROOT, NEEDS_POSIX, files_of_at_most, make_fifo, unix_socket

from egain_auth_cli.errors import ConfigError, StoreError
from egain_auth_cli.stores.atomic import ensure_private_folder, read_private, remove_file, write_private
from egain_auth_cli.stores.file_errors import file_errors

if TYPE_CHECKING:
    from collections.abc import Callable

OLD, NEW = b"old content", b"new content" * 1000


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "kept"
    path.parent.mkdir(mode=0o700)
    write_private(path, OLD)
    return path


def as_symlink(path: Path) -> None:
    victim = path.with_name("victim")
    victim.write_bytes(b"victim")
    path.symlink_to(victim)


def as_hard_link(path: Path) -> None:
    victim = path.with_name("victim")
    victim.write_bytes(b"victim")
    victim.chmod(0o600)
    path.hardlink_to(victim)


def as_fifo(path: Path) -> None:
    make_fifo(path)


def as_folder(path: Path) -> None:
    path.mkdir(mode=0o700)


def as_socket(path: Path) -> None:
    with unix_socket() as one:
        one.bind(str(path))


WRONG_KINDS = [as_symlink, as_hard_link, as_fifo, as_folder, as_socket]


@pytest.mark.parametrize("make", WRONG_KINDS)
def test_file_of_the_wrong_kind_is_neither_read_nor_written(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "kept"
    make(path)
    before = path.lstat()

    with pytest.raises(OSError):
        read_private(path, limit=100)
    with pytest.raises(OSError):
        write_private(path, NEW)

    victim = tmp_path / "victim"
    assert (before.st_ino, before.st_mode) == (path.lstat().st_ino, path.lstat().st_mode)
    assert not victim.exists() or victim.read_bytes() == b"victim"
    assert list(tmp_path.glob("*.tmp")) == []


@pytest.mark.parametrize("make", [as_symlink, as_fifo])
def test_folder_that_is_none_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "folder")

    with pytest.raises(NotADirectoryError):
        ensure_private_folder(tmp_path / "folder")


def test_folder_that_is_a_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "folder").symlink_to(tmp_path / "real")

    with pytest.raises(NotADirectoryError):
        ensure_private_folder(tmp_path / "folder")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_new_file_and_folder_are_private_under_any_umask(tmp_path: Path, umask: int) -> None:
    former = os.umask(umask)
    try:
        if umask == 0o777 and not IS_ROOT:
            pytest.skip("a folder without rights is of use to root alone")
        ensure_private_folder(tmp_path / "folder")
        write_private(tmp_path / "folder" / "kept", NEW)
    finally:
        os.umask(former)

    assert mode_of(tmp_path / "folder") & 0o077 == 0
    assert mode_of(tmp_path / "folder" / "kept") & 0o177 == 0


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o640, 0o604, 0o620, 0o602, 0o610])
def test_file_that_others_can_read_is_refused_and_replaced_by_a_private_one(file: Path, mode: int) -> None:
    file.chmod(mode)

    with pytest.raises(PermissionError, match="other users can read it"):
        read_private(file, limit=100)
    write_private(file, NEW)

    assert mode_of(file) == 0o600


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o755])
def test_folder_of_ours_loses_other_peoples_rights(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(mode)

    ensure_private_folder(folder)

    assert mode_of(folder) == 0o700


def test_what_belongs_to_somebody_else_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)

    with pytest.raises(PermissionError, match="another user"):
        read_private(file, limit=100)
    with pytest.raises(PermissionError, match="another user"):
        ensure_private_folder(file.parent)


def test_missing_file_is_none(tmp_path: Path) -> None:
    assert read_private(tmp_path / "nothing", limit=1) is None


def test_file_longer_than_the_limit_is_refused(file: Path) -> None:
    assert read_private(file, limit=len(OLD)) == OLD
    with pytest.raises(OSError, match="longer than"):
        read_private(file, limit=len(OLD) - 1)


def test_content_is_replaced_whole(file: Path) -> None:
    write_private(file, NEW)

    assert read_private(file, limit=len(NEW)) == NEW
    assert [file] == list(file.parent.iterdir())


def test_temporary_file_is_a_private_sibling_made_exclusively(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[Path, int, int]] = []
    real = os.open

    def spying(path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        opened.append((Path(path), flags, mode))
        return real(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", spying)
    write_private(file, NEW)

    (temp, flags, mode), *_ = opened
    wanted = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    if sys.platform != "win32":
        wanted |= os.O_NOFOLLOW | os.O_CLOEXEC
    assert (file.parent, 0o600) == (temp.parent, mode)
    assert wanted == flags & wanted
    assert flags & os.O_TRUNC == 0


def test_order_is_write_fsync_rename_fsync_of_the_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(handle: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else f"file of {os.fstat(handle).st_size}"
        steps.append(f"fsync {kind}")
        real_fsync(handle)

    def replace(one: Any, other: Any, **more: Any) -> None:
        steps.append("rename")
        real_replace(one, other, **more)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(os, "rename", replace)
    write_private(file, NEW)

    assert [f"fsync file of {len(NEW)}", "rename", "fsync folder"] == steps


class FailingAt:
    """Raises at the n-th of the system calls that a write makes."""

    def __init__(self, patch: pytest.MonkeyPatch, number: int, code: int) -> None:
        self.left = number
        for name in ("open", "fsync", "replace", "lstat", "fdopen", "write"):
            patch.setattr(os, name, self._failing(getattr(os, name), code))

    def _failing(self, real: Callable[..., Any], code: int) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise OSError(code, os.strerror(code))
            return real(*args, **more)

        return call


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize("number", range(1, 9))
def test_failure_at_any_call_leaves_a_whole_file(file: Path, number: int, code: int) -> None:
    failed: OSError | None = None
    with pytest.MonkeyPatch.context() as patch:
        failing = FailingAt(patch, number, code)
        try:
            write_private(file, NEW)
        except OSError as exc:
            failed = exc

    content = read_private(file, limit=len(NEW))
    assert content == (NEW if failed is None else OLD)
    assert [file] == list(file.parent.iterdir())
    assert failed is None or (failed.errno, failing.left <= 0) == (code, True)


def test_disk_that_fills_up_half_way_keeps_the_old_file(file: Path) -> None:  # a real short write
    with files_of_at_most(100), pytest.raises(OSError, match="File too large"):
        write_private(file, NEW)

    assert read_private(file, limit=100) == OLD
    assert [file] == list(file.parent.iterdir())


def test_interruption_leaves_no_temporary_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_private(file, NEW)

    assert ([file], OLD) == (list(file.parent.iterdir()), file.read_bytes())


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EIO])
def test_file_system_that_cannot_sync_folders_is_served(file: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    real = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(code, "no")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        write_private(file, NEW)

    assert file.read_bytes() == NEW


def test_removing_says_whether_there_was_a_file(file: Path) -> None:
    assert [remove_file(file), remove_file(file)] == [True, False]
    assert not file.exists()


@pytest.mark.parametrize("name", ["a*", "a?", "[a]"])
def test_removing_a_file_leaves_what_its_name_would_match(tmp_path: Path, name: str) -> None:
    if sys.platform == "win32" and name != "[a]":
        pytest.skip("no file has such a name there")
    folder = tmp_path / "folder"
    folder.mkdir()
    others = [folder / f".{other}.made-up.tmp" for other in ("a", "ab", "abc")]
    for path in others:
        path.touch()
    write_private(folder / name, NEW)

    assert remove_file(folder / name)
    assert others == sorted(folder.iterdir())


def test_removing_a_link_leaves_its_target(tmp_path: Path) -> None:
    as_symlink(tmp_path / "kept")

    remove_file(tmp_path / "kept")

    assert (tmp_path / "victim").read_bytes() == b"victim"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "free some space"),
        (errno.EROFS, "EGAIN_CACHE_DIR"),
        (errno.EACCES, "EGAIN_CACHE_DIR"),
        (errno.ELOOP, "out of the way"),
        (errno.EISDIR, "out of the way"),
        (errno.EIO, "look at"),
    ],
)
def test_each_file_error_is_mapped_with_a_way_on(code: int, hint: str) -> None:
    path = Path("/somewhere/with\x1b/kept")

    with pytest.raises(StoreError, match=r"cannot read `/somewhere/with\\x1b/kept`: ") as caught:  # noqa: SIM117
        with file_errors(path, "read", StoreError):
            raise OSError(code, os.strerror(code))

    assert hint in (caught.value.hint or "")
    assert caught.value.message.isprintable()


def test_file_error_without_a_reason_names_its_kind() -> None:
    with pytest.raises(ConfigError, match=r"(?i)timeouterror"), file_errors(Path("x"), "read", ConfigError):
        raise TimeoutError


def test_file_that_is_being_written_survives_the_clean_up_of_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, fsync = tmp_path / "file", os.fsync

    def cleared(handle: int) -> None:
        if not path.exists():
            remove_file(path)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", cleared)
    write_private(path, NEW)

    assert path.read_bytes() == NEW


def test_temporary_file_that_was_cleared_before_it_was_locked_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    import fcntl

    path, lock = tmp_path / "file", fcntl.flock
    cleared: list[int] = []

    def late(handle: int, how: int) -> None:
        if not cleared:
            cleared.append(handle)
            for one in tmp_path.glob(".file.*.tmp"):
                one.unlink()
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    write_private(path, NEW)

    assert (path.read_bytes(), len(cleared)) == (NEW, 1)
