"""Signing out where a part fails: the failure is told and the rest is gone."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from fakes.bench import Bench
from fakes.profiles import ACME, make_config
from fakes.secret_store import locked_store
from fakes.tokens import make_token, receive

from egain_auth_cli.errors import ConfigError, EgainError, KeyringLocked, StoreError, TimedOut
from egain_auth_cli.models.grants import Actor
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.tokens.logins import Logins
from egain_auth_cli.tokens.sign_out import LoggedOut, SignOut

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.models.form_request import Client


class Exit(Bench):
    """A log-out service, and what it revoked."""

    def __init__(self, tmp_path: Path, *, refuses: EgainError | None = None, text: str = ACME) -> None:
        super().__init__(tmp_path, text=text)
        self.refuses = refuses
        self.revoked: list[tuple[str, str, str, str]] = []

    def logout(self, *, revoke: bool = True, seconds: float = 5.0, profile: str | None = None) -> LoggedOut:
        service = SignOut(
            self.environ,
            credentials=lambda _: self.credentials,
            revoke=self._revoke,
            lock_seconds=seconds,
        )
        return service.logout(make_config(self.text), profile=profile, revoke=revoke)

    def _revoke(self, url: str, client: Client, token: Secret, kind: str) -> None:
        self.revoked.append((url, client.client_id, token.reveal(), kind))
        if self.refuses is not None:
            raise self.refuses


def test_access_token_is_revoked_where_there_is_no_other(tmp_path: Path) -> None:
    desk = Exit(tmp_path)
    desk.cached(make_token("made-up-access"))
    desk.logout()

    assert [kind for *_, kind in desk.revoked] == ["access_token"]


def test_refresh_token_of_a_run_that_died_is_the_one_revoked(tmp_path: Path) -> None:
    desk = Exit(tmp_path)
    desk.signed_in("made-up-refresh-1")
    receive(
        desk.journal,
        Logins.item(desk.settings()),
        make_token(refresh="made-up-refresh-2"),
        key="k",
        replaces=Secret("made-up-refresh-1"),
    )
    desk.logout()

    assert [token for _, _, token, _ in desk.revoked] == ["made-up-refresh-2"]
    assert desk.journal.recover(Logins.item(desk.settings())) is None


def test_locked_keyring_is_told_and_the_tokens_are_gone_all_the_same(tmp_path: Path) -> None:
    desk = Exit(tmp_path)
    desk.cached(make_token())
    desk.store = locked_store()

    with pytest.raises(KeyringLocked):
        desk.logout()
    assert desk.cache.kept == {}


@pytest.mark.parametrize("call", range(1, 13))
def test_whichever_call_of_the_keyring_fails_the_failure_is_told_and_the_rest_is_gone(
    tmp_path: Path, call: int
) -> None:
    desk = Exit(tmp_path)
    for actor in Actor:
        desk.signed_in(settings=desk.settings(actor=actor))
    desk.cached(make_token())
    desk.store.fail_at(call)
    failed = False
    try:
        desk.logout()
    except StoreError:
        failed = True

    assert desk.cache.kept == {}
    assert len(desk.store.items) <= (1 if failed else 0)


def test_cache_that_cannot_be_cleared_is_told_and_the_login_is_gone(tmp_path: Path) -> None:
    desk = Exit(tmp_path)
    desk.signed_in()
    desk.cache.error = StoreError("not writable")

    with pytest.raises(StoreError, match="not writable"):
        desk.logout(revoke=False)
    assert desk.refresh_token() is None


@pytest.mark.parametrize("variable", ["EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL"])
def test_login_is_not_revoked_at_another_target_and_forgotten_all_the_same(tmp_path: Path, variable: str) -> None:
    desk = Exit(tmp_path)
    desk.signed_in()
    desk.environ[variable] = "https://evil.test/x"
    with contextlib.suppress(ConfigError):
        desk.logout()

    assert (desk.revoked, desk.store.items) == ([], {})


def test_login_is_not_revoked_on_another_host_and_forgotten_all_the_same(tmp_path: Path) -> None:
    desk = Exit(tmp_path)
    desk.signed_in()
    desk.text = ACME.replace("https://login.acme.test/U/revoke", "https://login.evil.test/U/revoke")

    with pytest.raises(ConfigError, match="may still be live: `revocation_url` is on another host"):
        desk.logout()
    assert (desk.revoked, desk.store.items) == ([], {})


def test_login_is_forgotten_even_where_its_endpoint_is_no_longer_configured(tmp_path: Path) -> None:
    desk = Exit(tmp_path)
    desk.signed_in(settings=desk.settings(actor=Actor.CUSTOMER))
    desk.text = ACME.replace('token_url = "https://login.acme.test/C/token"', "")
    desk.logout(revoke=False)

    assert desk.store.items == {}


def test_other_process_that_holds_a_lock_does_not_keep_the_rest(tmp_path: Path) -> None:
    desk = Exit(tmp_path)
    desk.signed_in(settings=desk.settings(actor=Actor.CUSTOMER))
    busy = desk.settings()
    with desk.place.hold(Logins.item(busy), seconds=5), pytest.raises(TimedOut):
        desk.logout(revoke=False, seconds=0.1)

    assert desk.store.items == {}
