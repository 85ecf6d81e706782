from __future__ import annotations

import errno
import json
import os
import stat
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes.systems import NEEDS_POSIX
from fakes.tokens import make_token, receive

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import LONGEST_TOKEN
from egain_auth_cli.stores.journal import Journal, Recovered, digest_of

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.models.token import TokenSet

ITEM = "acme/login/pkce/user"
FORMER = Secret("made-up-former-refresh")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(lambda: tmp_path / "journal")


def recovered(token: TokenSet, *, key: str) -> Recovered:
    assert token.refresh_token is not None
    rest = replace(token, refresh_token=None)
    return Recovered(token.refresh_token, rest, key, digest_of(FORMER), "made-up-login", Secret("made-up-kept"))


def begin(journal: Journal) -> None:
    """Begin a renewal of which nothing is received."""
    with journal.begin(ITEM):
        pass


def record_with(**odd: object) -> bytes:
    record = {"v": 2, "key": "k", "refresh_token": "x", "access_token": "y", "scope": None}
    record["replaces"] = "d"
    return json.dumps(record | {"expires_at": 1, "obtained_at": 1} | odd).encode()


def record_of(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "journal").iterdir()
    return path


def test_what_was_received_is_recovered_after_a_crash(journal: Journal) -> None:
    token = make_token("made-up-access", refresh="made-up-refresh", scope="a b")
    begin(journal)
    receive(journal, ITEM, token, key="made-up-key", replaces=FORMER)

    assert recovered(token, key="made-up-key") == journal.recover(ITEM)


def test_record_succeeds_the_login_that_was_renewed_or_is_stored_already_and_no_other() -> None:
    left = recovered(make_token(refresh="made-up-refresh"), key="k")
    logins = [FORMER, Secret("made-up-refresh"), Secret("made-up-other")]

    assert [True, True, False] == [left.succeeds(one) for one in logins]


def test_renewal_that_only_began_recovers_nothing(journal: Journal) -> None:
    begin(journal)

    assert journal.recover(ITEM) is None


def test_nothing_is_recovered_where_nothing_was_written(journal: Journal) -> None:
    assert journal.recover(ITEM) is None


def test_ended_renewal_leaves_nothing_on_disk(journal: Journal, tmp_path: Path) -> None:
    receive(journal, ITEM, make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)
    journal.end(ITEM)
    journal.end(ITEM)

    assert journal.recover(ITEM) is None
    assert list((tmp_path / "journal").iterdir()) == []


def test_record_as_it_is_written_is_recovered(journal: Journal, tmp_path: Path) -> None:
    receive(journal, ITEM, make_token(refresh="x"), key="k", replaces=FORMER)
    record_of(tmp_path).write_bytes(record_with())

    assert journal.recover(ITEM) is not None


def test_new_renewal_forgets_what_an_earlier_one_left(journal: Journal) -> None:
    receive(journal, ITEM, make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)
    begin(journal)

    assert journal.recover(ITEM) is None


def test_one_login_does_not_see_anothers_record(journal: Journal) -> None:
    receive(journal, ITEM, make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)

    assert journal.recover("other/login/pkce/user") is None


def test_record_is_private_and_named_by_a_digest(journal: Journal, tmp_path: Path) -> None:
    receive(journal, "../../etc/x", make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)

    path = record_of(tmp_path)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]
    assert path.stem.isalnum()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"null",
        b"\xff\xfe",
        b"{}",
        record_with(v=1),
        record_with(refresh_token=5),
        record_with(key=None),
        record_with(replaces=5),
        record_with(login=5),
        record_with(kept=None),
        b'{"v": 2}',
        b'{"v": 2, "key": "k"',
        b"[" * 100000,
    ],
)
def test_torn_record_recovers_nothing(journal: Journal, tmp_path: Path, broken: bytes) -> None:
    receive(journal, ITEM, make_token(refresh="x"), key="k", replaces=FORMER)
    record_of(tmp_path).write_bytes(broken)

    assert journal.recover(ITEM) is None


def test_record_that_others_can_read_is_refused(journal: Journal, tmp_path: Path) -> None:
    receive(journal, ITEM, make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)
    record_of(tmp_path).chmod(0o644)

    with pytest.raises(StoreError, match="other users can read"):
        journal.recover(ITEM)


def test_full_disk_is_told_before_anything_is_sent(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(StoreError, match="no space left"):
        begin(journal)


def test_disk_that_is_full_by_then_still_takes_the_longest_answer(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    token = make_token("a" * LONGEST_TOKEN, refresh="r" * LONGEST_TOKEN, scope="knowledge.portalmgr.read " * 40)
    with journal.begin(ITEM) as record:
        taken = record_of(tmp_path).stat().st_blocks * 512

        def full(*_: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "open", full)
            assert token.refresh_token is not None
            kept = Secret("k" * LONGEST_TOKEN)
            record.received(
                token.refresh_token, login="made-up-login", kept=kept, token=token, key="k", replaces=FORMER
            )

    assert taken >= record_of(tmp_path).stat().st_size
    assert recovered(token, key="k")._replace(kept=kept) == journal.recover(ITEM)


@pytest.mark.parametrize("system_reserves", [True, False])
def test_space_that_is_not_there_is_not_taken(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system_reserves: bool
) -> None:
    def write(handle: int, data: memoryview, *, real: Any = os.write) -> int:
        if os.fstat(handle).st_size > 4096:
            raise OSError(errno.ENOSPC, "No space left on device")
        written: int = real(handle, data[:4096])
        return written

    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "x")

    if system_reserves:  # on some file systems
        monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    else:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    monkeypatch.setattr(os, "write", write)

    with pytest.raises(StoreError, match="no space left"):
        begin(journal)

    assert list((tmp_path / "journal").iterdir()) == []


@pytest.mark.parametrize("odd", [{"access_token": 5}, {"expires_at": "z"}, {"obtained_at": None}])
def test_refresh_token_is_recovered_without_a_usable_access_token(
    journal: Journal, tmp_path: Path, odd: dict[str, object]
) -> None:
    receive(journal, ITEM, make_token(refresh="x"), key="k", replaces=FORMER)
    record_of(tmp_path).write_bytes(record_with(**odd))

    assert journal.recover(ITEM) == Recovered(Secret("x"), None, "k", "d", "", Secret(""))


def test_record_whose_space_was_not_given_back_yet_is_recovered(journal: Journal, tmp_path: Path) -> None:
    token = make_token(refresh="made-up-refresh")
    receive(journal, ITEM, token, key="k", replaces=FORMER)
    path = record_of(tmp_path)
    path.write_bytes(path.read_bytes() + bytes(1000))

    assert recovered(token, key="k") == journal.recover(ITEM)


def test_space_that_a_record_does_not_need_is_given_back_to_the_store(journal: Journal, tmp_path: Path) -> None:
    receive(journal, ITEM, make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)

    assert record_of(tmp_path).read_bytes().endswith(b"}")


def test_what_was_received_is_on_the_disk_before_the_store_is_asked(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bytes] = []
    monkeypatch.setattr(
        "egain_auth_cli.stores.journal.sync_file", lambda _: synced.append(record_of(tmp_path).read_bytes())
    )

    receive(journal, ITEM, make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)

    assert b"made-up-refresh" in synced[-1]


@pytest.mark.parametrize("fails", ["make_private", "write_whole", "sync_file", "remove_file"])
def test_each_failure_of_the_disk_is_one_of_the_store_and_leaves_no_file_open(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    before = len(os.listdir("/dev/fd"))  # noqa: PTH208  names alone
    monkeypatch.setattr(f"egain_auth_cli.stores.journal.{fails}", fail)

    with pytest.raises(StoreError, match="input/output error"):
        receive(journal, ITEM, make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)

    assert before == len(os.listdir("/dev/fd"))  # noqa: PTH208


def test_copied_record_is_recovered_at_its_new_place_and_stays_at_the_former(journal: Journal, tmp_path: Path) -> None:
    other = Journal(lambda: tmp_path / "new" / "journal")
    token = make_token(refresh="made-up-refresh")
    receive(journal, ITEM, token, key="k", replaces=FORMER)

    journal.copy(ITEM, other, "renamed")

    assert recovered(token, key="k") == other.recover("renamed") == journal.recover(ITEM)
    assert other.recover(ITEM) is None


def test_where_there_is_no_record_to_copy_none_is_left_at_the_new_place(journal: Journal) -> None:
    receive(journal, "renamed", make_token(refresh="made-up-others"), key="k", replaces=FORMER)

    journal.copy(ITEM, journal, "renamed")

    assert journal.recover("renamed") is None


def test_record_of_others_is_not_copied(journal: Journal, tmp_path: Path) -> None:
    receive(journal, ITEM, make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)
    record_of(tmp_path).chmod(0o644)

    with pytest.raises(StoreError, match="other users can read"):
        journal.copy(ITEM, journal, "renamed")
