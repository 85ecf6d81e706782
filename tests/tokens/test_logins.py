"""Renewing a stored login, and what is told where that cannot be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.tokens import make_token

from egain_auth_cli.errors import BadAnswer, GrantRefused, LoginRequired, NetworkError, StoreError, TimedOut
from egain_auth_cli.models.grants import Actor, Flow
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.tokens.logins import Logins
from egain_auth_cli.tokens.stored_login import StoredLogin

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.models.form_request import FormRequest
    from egain_auth_cli.models.token import TokenSet

REFUSED = GrantRefused("refused", oauth_error="invalid_grant")
DOWN = NetworkError("the host cannot be found")


def value_of(token: TokenSet) -> str:
    return token.access_token.reveal()


def test_nobody_signed_in_is_told_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(LoginRequired, match="nobody is signed in") as caught:
        Bench(tmp_path).acquire()

    assert caught.value.hint == "run `egain login --pkce`"


def test_login_without_a_refresh_token_says_when_it_ended(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.cached(make_token(lives=-600))

    with pytest.raises(LoginRequired, match="the login ended 10 min ago"):
        bench.acquire()


def test_narrower_scopes_are_named(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token())
    bench.signed_in()
    bench.acquire(bench.settings(scopes=("core.read",)))

    assert bench.sender.sent[0]["scope"] == "core.read"


def test_scopes_beyond_the_login_need_a_new_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.signed_in()

    with pytest.raises(LoginRequired, match=r"does not cover the scope `new\.read`") as caught:
        bench.acquire(bench.settings(scopes=("core.read", "new.read")))
    assert caught.value.hint == "run `egain login --pkce --scope core.read --scope new.read --force`"
    assert bench.sender.forms == []


def test_rotated_refresh_token_replaces_the_former(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2", lives=1), make_token("made-up-2"))
    bench.signed_in("made-up-refresh-1")
    bench.acquire()
    bench.clock.pass_seconds(10)
    bench.acquire()

    assert [sent["refresh_token"] for sent in bench.sender.sent] == ["made-up-refresh-1", "made-up-refresh-2"]


def test_absent_refresh_token_keeps_the_former(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token())
    bench.signed_in("made-up-refresh-1")
    bench.acquire()

    assert bench.refresh_token() == "made-up-refresh-1"


def test_ended_login_is_forgotten_and_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path, REFUSED)
    bench.signed_in()

    with pytest.raises(LoginRequired, match="does not renew it any more"):
        bench.acquire()
    assert bench.refresh_token() is None
    assert len(bench.sender.forms) == 1


def test_newer_refresh_token_of_another_process_is_used(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    def refuse_late(_: FormRequest) -> TokenSet:
        bench.signed_in("made-up-refresh-2")
        raise REFUSED

    bench.sender.script = [refuse_late, make_token("made-up-fresh", refresh="made-up-refresh-3")]
    bench.signed_in("made-up-refresh-1")

    assert value_of(bench.acquire()) == "made-up-fresh"
    assert [sent["refresh_token"] for sent in bench.sender.sent] == ["made-up-refresh-1", "made-up-refresh-2"]
    assert bench.refresh_token() == "made-up-refresh-3"


@pytest.mark.parametrize(
    "error", [GrantRefused("x", oauth_error="invalid_client"), DOWN, TimedOut("x"), BadAnswer("x"), KeyboardInterrupt()]
)
def test_other_failures_keep_the_login(tmp_path: Path, error: BaseException) -> None:
    bench = Bench(tmp_path, error)
    bench.signed_in("made-up-refresh-1")

    with pytest.raises(type(error)):
        bench.acquire()
    assert bench.refresh_token() == "made-up-refresh-1"


@pytest.mark.parametrize("raw", ["x", "[]", "{}", '{"refresh_token": "x"}', '{"refresh_token": "x", "scopes": 5}'])
def test_stored_login_that_cannot_be_read_is_told(tmp_path: Path, raw: str) -> None:
    bench = Bench(tmp_path)
    settings = bench.settings()
    bench.secrets.set(Logins.item(settings), Secret(raw), use=settings.binding())

    with pytest.raises(StoreError, match="cannot be read"):
        bench.acquire()


def test_login_is_kept_as_one_text() -> None:
    login = StoredLogin(Secret("made-up-refresh"), ("a", "b"))

    assert json.loads(login.as_secret().reveal()) == {"refresh_token": "made-up-refresh", "scopes": ["a", "b"]}
    assert StoredLogin.from_secret(login.as_secret()) == login


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ({}, "egain login --pkce"),
        ({"profile": "acme"}, "egain -p acme login --pkce"),
        ({"flow": Flow.AUTHORIZATION_CODE, "actor": Actor.CUSTOMER}, "egain login --auth-code --actor customer"),
    ],
)
def test_hint_names_the_command_that_signs_in(tmp_path: Path, options: dict[str, Any], command: str) -> None:
    bench = Bench(tmp_path)

    with pytest.raises(LoginRequired) as caught:
        bench.acquire(bench.settings(**options))
    assert caught.value.hint == f"run `{command}`"
