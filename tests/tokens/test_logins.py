"""Renewing a stored login, and what is told where that cannot be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.profiles import ACME
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

    with pytest.raises(LoginRequired, match="cannot be renewed"):
        bench.acquire()
    assert bench.refresh_token() is None
    assert len(bench.sender.forms) == 1


def test_ended_login_that_cannot_be_forgotten_is_told_all_the_same(tmp_path: Path) -> None:
    bench = Bench(tmp_path, REFUSED)
    bench.signed_in()
    bench.store.fail("delete", item=Logins.item(bench.settings()))

    with pytest.raises(LoginRequired, match="cannot be renewed"):
        bench.acquire()


def test_refused_secret_of_a_renewal_is_told_with_where_it_came_from(tmp_path: Path) -> None:
    bench = Bench(tmp_path, GrantRefused("refused", oauth_error="invalid_client"))
    bench.signed_in()

    with pytest.raises(GrantRefused) as caught:
        bench.acquire()
    assert "no secret was sent: this flow is a public client's" in (caught.value.hint or "")


@pytest.mark.parametrize(("told", "person"), [(None, "alice"), ("bob", "bob")])
def test_renewed_token_is_of_whom_the_answer_names_or_else_of_who_signed_in(
    tmp_path: Path, told: str | None, person: str
) -> None:
    bench = Bench(tmp_path, replace(make_token(), person=told))
    settings = bench.settings()
    login = StoredLogin(Secret("made-up-refresh"), settings.wire_scopes, person="alice")
    bench.secrets.set(Logins.item(settings), login.as_secret(), use=settings.binding())

    assert bench.acquire().person == person


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

    assert json.loads(login.as_secret().reveal()) == {
        "refresh_token": "made-up-refresh",
        "scopes": ["a", "b"],
        "granted": [],
        "person": None,
        "id": "",
    }
    assert StoredLogin.from_secret(login.as_secret()) == login


def test_login_of_release_0_1_is_read() -> None:
    stored = Secret('{"refresh_token":"made-up-refresh","scopes":["a"]}')

    assert StoredLogin.from_secret(stored) == StoredLogin(Secret("made-up-refresh"), ("a",))


LOGIN = "run `egain login --pkce"
REFUSALS = {
    "plain": ("invalid_grant", "", LOGIN + "`", False),
    "ended": ("invalid_grant", "AADB2C90080: The provided grant has expired.", LOGIN + "`: the server keeps", False),
    "another policy": ("invalid_grant", "AADB2C90088: made-up", "compare the token URL", True),
    "interaction": ("interaction_required", "made-up words", LOGIN + " --force`: the server wants the person", True),
    "login": ("login_required", "", LOGIN + " --force`: the server wants the person to sign in", True),
    "consent": ("consent_required", "", LOGIN + " --force`: the server wants the person's consent", True),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_each_refusal_has_its_own_hint_and_shows_the_server_s_words(tmp_path: Path, kind: str) -> None:
    error, text, hint, kept = REFUSALS[kind]
    bench = Bench(tmp_path, GrantRefused(f"refused: {text}", oauth_error=error, status=400))
    bench.signed_in("made-up-refresh-1")

    with pytest.raises(LoginRequired) as caught:
        bench.acquire()

    assert (caught.value.hint or "").startswith(hint)
    assert text in caught.value.message
    assert (caught.value.oauth_error, caught.value.status) == (error, 400)
    assert bench.refresh_token() == ("made-up-refresh-1" if kept else None)


COMMERCIAL = ACME.replace("self-service", "commercial")
MICROSOFT = ACME.replace("https://login.acme.test/U/token", "https://login.acme.test/t/oauth2/v2.0/token")


@pytest.mark.parametrize(
    ("text", "granted", "named"),
    [
        (ACME, None, None),
        (ACME, "core.read", None),
        (COMMERCIAL, None, "core.read offline_access"),
        (COMMERCIAL, "core.read", "core.read offline_access"),
        (COMMERCIAL, "core.other", "core.other offline_access"),
        (MICROSOFT, None, "core.read offline_access"),
    ],
)
def test_refresh_names_the_scopes_where_microsoft_s_endpoints_want_them(
    tmp_path: Path, text: str, granted: str | None, named: str | None
) -> None:
    bench = Bench(tmp_path, make_token(), make_token(), text=text)
    settings = bench.settings(scopes=("core.read", "offline_access"))
    bench.logins.store(settings, make_token(refresh="made-up-refresh-1", scope=granted))
    for _ in range(2):
        bench.acquire(settings, force_refresh=True)

    assert [sent.get("scope") for sent in bench.sender.sent] == [named, named]


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


def test_login_says_who_signed_in_after_a_refresh_that_does_not(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-opaque"))
    settings = bench.settings()
    bench.logins.store(settings, replace(make_token(refresh="made-up-refresh-1"), person="alice"))

    assert bench.acquire(settings).person == "alice"
