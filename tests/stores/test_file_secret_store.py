from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.errors import StoreError
from egain_auth_cli.stores import file_secret_store
from egain_auth_cli.stores.file_secret_store import FileSecretStore

if TYPE_CHECKING:
    from pathlib import Path

ITEM = "acme/client-secret"


@pytest.fixture
def store(tmp_path: Path) -> FileSecretStore:
    return FileSecretStore(tmp_path / "config" / "secrets")


def file_of(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "config" / "secrets").iterdir()
    return path


def test_secret_is_a_private_file_in_a_private_folder(store: FileSecretStore, tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        store.set(ITEM, "made-up-secret")
    finally:
        os.umask(former)

    path = file_of(tmp_path)
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent, path.parent.parent)]
    assert modes == [0o600, 0o700, 0o700]


def test_name_of_an_item_is_never_a_path(store: FileSecretStore, tmp_path: Path) -> None:
    for item in ("../../x", "/etc/passwd", "a\0b", ".", "CON", "x" * 1000):
        store.set(item, "made-up-secret")

    assert len(list((tmp_path / "config" / "secrets").iterdir())) == 6
    assert sorted(one.name for one in tmp_path.iterdir()) == ["config", "home"]


@pytest.mark.parametrize("mode", [0o644, 0o660])
def test_secret_that_others_can_read_is_refused(store: FileSecretStore, tmp_path: Path, mode: int) -> None:
    store.set(ITEM, "made-up-secret")
    file_of(tmp_path).chmod(mode)

    with pytest.raises(StoreError, match="other users can read it"):
        store.get(ITEM)


def test_link_in_place_of_a_secret_is_refused(store: FileSecretStore, tmp_path: Path) -> None:
    store.set(ITEM, "made-up-secret")
    path = file_of(tmp_path)
    path.rename(tmp_path / "victim")
    path.symlink_to(tmp_path / "victim")

    with pytest.raises(StoreError):
        store.get(ITEM)
    with pytest.raises(StoreError):
        store.set(ITEM, "made-up-other")

    assert (tmp_path / "victim").read_text() == "made-up-secret"


def test_folder_of_secrets_that_is_a_link_is_refused(store: FileSecretStore, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "config" / "secrets").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StoreError):
        store.set(ITEM, "made-up-secret")

    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_secret_that_is_no_text_is_told(store: FileSecretStore, tmp_path: Path) -> None:
    store.set(ITEM, "made-up-secret")
    file_of(tmp_path).write_bytes(b"\xff\xfe")

    with pytest.raises(StoreError, match=r"(?i)not utf-8"):
        store.get(ITEM)


def test_full_disk_keeps_the_former_secret(store: FileSecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.set(ITEM, "made-up-secret")

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StoreError, match=r"(?i)no space left"):
            store.set(ITEM, "made-up-other")

    assert store.get(ITEM) == "made-up-secret"


def test_secret_that_cannot_be_removed_is_told(store: FileSecretStore, tmp_path: Path) -> None:
    store.set(ITEM, "made-up-secret")
    path = file_of(tmp_path)
    path.unlink()
    path.mkdir()

    with pytest.raises(StoreError, match="cannot remove"):
        store.delete(ITEM)


def test_disk_that_does_not_keep_what_was_written_is_told(
    store: FileSecretStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_secret_store, "write_private", lambda *_: None)

    with pytest.raises(StoreError, match="does not hold what was written"):
        store.set(ITEM, "made-up-secret")


def test_deleting_takes_a_left_over_temporary_file_along(store: FileSecretStore, tmp_path: Path) -> None:
    store.set(ITEM, "made-up-secret")
    path = file_of(tmp_path)
    path.with_name(f".{path.name}.0123456789ab.tmp").write_text("made-up-secret")

    store.delete(ITEM)

    assert list(path.parent.iterdir()) == []


def test_description_names_the_folder(store: FileSecretStore, tmp_path: Path) -> None:  # shown by status
    assert f"plain files of mode 0600 in {tmp_path / 'config' / 'secrets'}" == store.describe()
