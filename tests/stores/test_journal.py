from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes.tokens import make_token, receive

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.secret import Secret
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
    return Recovered(token.refresh_token, replace(token, refresh_token=None), key, digest_of(FORMER))


def record_with(**odd: object) -> bytes:
    record = {"v": 1, "state": "received", "key": "k", "refresh_token": "x", "access_token": "y", "scope": None}
    record["replaces"] = "d"
    return json.dumps(record | {"expires_at": 1, "obtained_at": 1} | odd).encode()


def record_of(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "journal").iterdir()
    return path


def test_what_was_received_is_recovered_after_a_crash(journal: Journal) -> None:
    token = make_token("made-up-access", refresh="made-up-refresh", scope="a b")
    journal.begin(ITEM)
    receive(journal, ITEM, token, key="made-up-key", replaces=FORMER)

    assert recovered(token, key="made-up-key") == journal.recover(ITEM)


def test_record_succeeds_the_login_that_was_renewed_or_is_stored_already_and_no_other() -> None:
    left = recovered(make_token(refresh="made-up-refresh"), key="k")
    logins = [FORMER, Secret("made-up-refresh"), Secret("made-up-other")]

    assert [True, True, False] == [left.succeeds(one) for one in logins]


def test_token_without_a_refresh_token_is_recovered(journal: Journal) -> None:
    receive(journal, ITEM, make_token(), key="k", replaces=FORMER)

    found = journal.recover(ITEM)
    assert found is not None
    assert found.refresh_token is None


def test_renewal_that_only_began_recovers_nothing(journal: Journal) -> None:
    journal.begin(ITEM)

    assert journal.recover(ITEM) is None


def test_nothing_is_recovered_where_nothing_was_written(journal: Journal) -> None:
    assert journal.recover(ITEM) is None


def test_ended_renewal_leaves_nothing_on_disk(journal: Journal, tmp_path: Path) -> None:
    receive(journal, ITEM, make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)
    journal.end(ITEM)
    journal.end(ITEM)

    assert journal.recover(ITEM) is None
    assert list((tmp_path / "journal").iterdir()) == []


def test_ending_takes_a_left_over_temporary_file_along(journal: Journal, tmp_path: Path) -> None:
    journal.begin(ITEM)
    path = record_of(tmp_path)
    path.with_name(f".{path.name}.0123456789ab.tmp").write_text("made-up-refresh")

    journal.end(ITEM)

    assert list((tmp_path / "journal").iterdir()) == []


def test_record_that_was_written_whole_but_not_put_in_place_is_recovered(journal: Journal, tmp_path: Path) -> None:
    token = make_token("made-up-new", refresh="made-up-refresh")
    receive(journal, ITEM, token, key="k", replaces=FORMER)
    path = record_of(tmp_path)
    path.rename(path.with_name(f".{path.name}.0123456789ab.tmp"))
    path.write_bytes(b'{"v": 1, "state": "asked"}')
    path.chmod(0o600)

    assert recovered(token, key="k") == journal.recover(ITEM)


@pytest.mark.parametrize("newer", ["in place", "left over"])
def test_newer_of_two_records_is_recovered(journal: Journal, tmp_path: Path, newer: str) -> None:
    times = (2000, 1000) if newer == "in place" else (1000, 2000)
    receive(journal, ITEM, make_token("made-up-left", refresh="r", obtained_at=times[1]), key="k", replaces=FORMER)
    left = record_of(tmp_path)
    left.rename(left.with_name(f".{left.name}.0123456789ab.tmp"))
    receive(journal, ITEM, make_token("made-up-placed", refresh="r", obtained_at=times[0]), key="k", replaces=FORMER)

    found = journal.recover(ITEM)
    assert found is not None
    assert found.token is not None
    assert found.token.access_token.reveal() == ("made-up-placed" if newer == "in place" else "made-up-left")


@pytest.mark.parametrize("left", ["in place", "left over"])
def test_renamed_login_takes_its_record_along(journal: Journal, tmp_path: Path, left: str) -> None:
    token = make_token("made-up-new", refresh="made-up-refresh")
    receive(journal, ITEM, token, key="k", replaces=FORMER)
    if left == "left over":
        path = record_of(tmp_path)
        path.rename(path.with_name(f".{path.name}.0123456789ab.tmp"))

    journal.rename(ITEM, "other/login/pkce/user")

    assert journal.recover(ITEM) is None
    assert recovered(token, key="k") == journal.recover("other/login/pkce/user")


def test_record_as_it_is_written_is_recovered(journal: Journal, tmp_path: Path) -> None:
    journal.begin(ITEM)
    record_of(tmp_path).write_bytes(record_with())

    assert journal.recover(ITEM) is not None


def test_new_renewal_forgets_what_an_earlier_one_left(journal: Journal) -> None:
    receive(journal, ITEM, make_token(refresh="made-up-refresh"), key="k", replaces=FORMER)
    journal.begin(ITEM)

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
        record_with(v=2),
        record_with(state="asked"),
        b'{"v": 1, "state": "received"}',
        b"[" * 100000,
    ],
)
def test_torn_record_recovers_nothing(journal: Journal, tmp_path: Path, broken: bytes) -> None:
    journal.begin(ITEM)
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
        journal.begin(ITEM)


def test_record_of_a_beginning_holds_no_token(journal: Journal, tmp_path: Path) -> None:
    journal.begin(ITEM)

    assert json.loads(record_of(tmp_path).read_bytes()) == {"v": 1, "state": "asked"}


@pytest.mark.parametrize("odd", [{"access_token": 5}, {"expires_at": "z"}, {"obtained_at": None}])
def test_refresh_token_is_recovered_without_a_usable_access_token(
    journal: Journal, tmp_path: Path, odd: dict[str, object]
) -> None:
    journal.begin(ITEM)
    record_of(tmp_path).write_bytes(record_with(**odd))

    assert journal.recover(ITEM) == Recovered(Secret("x"), None, "k", "d")
