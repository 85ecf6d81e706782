"""A renewal that was not stored: the next run adopts what the record holds."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.tokens import make_token, receive

from egain_auth_cli.errors import StoreError
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.tokens.logins import Logins
from egain_auth_cli.transport.token_answer import BadTokenAnswer

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.models.token import TokenSet


def value_of(token: TokenSet) -> str:
    return token.access_token.reveal()


def test_finished_renewal_leaves_no_record(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token(refresh="made-up-refresh-2"))
    bench.signed_in()
    bench.acquire()

    assert bench.journal.recover(Logins.item(bench.settings())) is None
    assert list((tmp_path / "logins").glob("*.renewal")) == []


def test_login_that_cannot_be_stored_after_its_rotation_is_kept_and_adopted_by_the_next_run(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2"), make_token("made-up-2"))
    bench.signed_in("made-up-refresh-1")
    bench.store.fail("set", item=Logins.item(bench.settings()))

    assert value_of(bench.acquire()) == "made-up-1"
    bench.store.mend()

    assert ["renewed but cannot be stored" in one and "until it can be" in one for one in bench.warnings] == [True]
    assert value_of(bench.acquire(force_refresh=True)) == "made-up-2"
    assert bench.sender.sent[1]["refresh_token"] == "made-up-refresh-2"
    assert bench.refresh_token() == "made-up-refresh-2"


def test_token_of_a_renewal_that_was_stored_nowhere_else_is_given_by_the_next_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2"))
    bench.signed_in("made-up-refresh-1")
    bench.store.fail("set", item=Logins.item(bench.settings()))
    bench.acquire()
    bench.store.mend()
    bench.cache.kept.clear()

    assert value_of(bench.acquire()) == "made-up-1"
    assert len(bench.sender.forms) == 1


def test_login_that_can_be_kept_nowhere_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("no space left on device")

    monkeypatch.setattr("egain_auth_cli.stores.journal.Record.received", fail)
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2"))
    bench.signed_in("made-up-refresh-1")
    bench.store.fail("set", item=Logins.item(bench.settings()))

    assert value_of(bench.acquire()) == "made-up-1"
    assert ["run `egain login --pkce --force` before the token ends" in one for one in bench.warnings] == [True]


def test_record_stays_until_the_store_works_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2"), make_token("made-up-2"))
    bench.signed_in("made-up-refresh-1")
    bench.store.fail("set", item=Logins.item(bench.settings()))
    bench.acquire()
    for _ in range(3):
        with pytest.raises(StoreError):
            bench.acquire(force_refresh=True)
    bench.store.mend()
    bench.acquire(force_refresh=True)

    assert bench.refresh_token() == "made-up-refresh-2"
    assert [sent["refresh_token"] for sent in bench.sender.sent] == ["made-up-refresh-1", "made-up-refresh-2"]


@pytest.mark.parametrize("request_", [{}, {"store": False}])
def test_no_refresh_is_sent_where_its_successor_has_no_place(tmp_path: Path, request_: dict[str, Any]) -> None:
    bench = Bench(tmp_path, make_token(refresh="made-up-refresh-2"))
    bench.signed_in("made-up-refresh-1")
    bench.store.fail("set")

    with pytest.raises(StoreError):
        bench.acquire(**request_)
    assert (bench.sender.forms, bench.refresh_token()) == ([], "made-up-refresh-1")


@pytest.mark.parametrize("flow", [Flow.PKCE, Flow.CLIENT_CREDENTIALS])
def test_token_that_cannot_be_cached_is_given_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flow: Flow
) -> None:
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2"))
    settings = bench.settings(flow=flow)
    bench.signed_in("made-up-refresh-1") if flow is Flow.PKCE else bench.client_secret()

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(bench.cache, "save", full)

    assert value_of(bench.acquire(settings)) == "made-up-1"
    assert bench.warnings == ["the token is not kept: the disk is full"]
    assert flow is not Flow.PKCE or bench.refresh_token() == "made-up-refresh-2"


def test_successor_in_an_answer_that_is_not_a_token_is_kept(tmp_path: Path) -> None:
    bad = BadTokenAnswer("an ID token alone")
    bad.refresh_token = Secret("made-up-refresh-2")
    bench = Bench(tmp_path, bad, make_token("made-up-2"))
    bench.signed_in("made-up-refresh-1")

    with pytest.raises(BadTokenAnswer):
        bench.acquire()

    assert bench.refresh_token() == "made-up-refresh-2"
    assert value_of(bench.acquire()) == "made-up-2"


ENDING = [signal.SIGINT, signal.SIGTERM]
if sys.platform != "win32":
    ENDING.append(signal.SIGHUP)


@pytest.mark.parametrize("number", ENDING)
def test_signal_while_a_refresh_is_on_the_wire_waits_for_its_answer(tmp_path: Path, number: signal.Signals) -> None:
    def answer(_: object) -> TokenSet:
        signal.raise_signal(number)
        return make_token("made-up-1", refresh="made-up-refresh-2")

    bench = Bench(tmp_path, answer)
    bench.signed_in("made-up-refresh-1")

    def end(_: int, __: object) -> None:
        raise KeyboardInterrupt

    former = signal.signal(number, end)
    try:
        with pytest.raises(KeyboardInterrupt):
            bench.acquire()
    finally:
        signal.signal(number, former)

    assert bench.refresh_token() == "made-up-refresh-2"


def test_token_of_a_run_that_died_is_given_without_a_request(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.signed_in("made-up-refresh-1")
    settings = bench.settings()
    token = make_token("made-up-left", refresh="made-up-refresh-2")
    receive(
        bench.journal,
        Logins.item(settings),
        token,
        key=bench.credentials.key_of(settings).digest,
        replaces=Secret("made-up-refresh-1"),
    )

    assert value_of(bench.acquire()) == "made-up-left"
    assert (bench.sender.forms, bench.refresh_token()) == ([], "made-up-refresh-2")
    assert bench.journal.recover(Logins.item(settings)) is None


@pytest.mark.parametrize("died", ["for other scopes", "long ago"])
def test_login_of_a_run_that_died_is_adopted_even_where_its_token_does_not_serve(tmp_path: Path, died: str) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in("made-up-refresh-1")
    settings = bench.settings()
    token = make_token("made-up-left", refresh="made-up-refresh-2", lives=-5 if died == "long ago" else 3600)
    key = bench.credentials.key_of(settings).digest if died == "long ago" else "other"
    receive(bench.journal, Logins.item(settings), token, key=key, replaces=Secret("made-up-refresh-1"))

    assert value_of(bench.acquire()) == "made-up-fresh"
    assert bench.sender.sent[0]["refresh_token"] == "made-up-refresh-2"


def test_record_of_another_login_of_the_same_name_is_not_adopted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in("made-up-refresh-1")
    settings = bench.settings()
    theirs = make_token("made-up-theirs", refresh="made-up-refresh-theirs")
    key = bench.credentials.key_of(settings).digest
    receive(bench.journal, Logins.item(settings), theirs, key=key, replaces=Secret("made-up-refresh-other"))

    assert value_of(bench.acquire()) == "made-up-fresh"
    assert bench.sender.sent[0]["refresh_token"] == "made-up-refresh-1"


def test_cache_that_cannot_be_written_does_not_lose_the_rotated_login(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2"))
    bench.signed_in("made-up-refresh-1")
    real = bench.cache.save
    bench.cache.save = lambda *_: (_ for _ in ()).throw(StoreError("full"))  # type: ignore[method-assign]
    with contextlib.suppress(StoreError):
        bench.acquire()
    bench.cache.save = real  # type: ignore[method-assign]

    assert bench.refresh_token() == "made-up-refresh-2"
