from __future__ import annotations

import contextlib
import json
import os
import threading
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.profiles import ACME, altered
from fakes.tokens import make_token

from egain_auth_cli.errors import (
    BadAnswer,
    BindingChanged,
    GrantRefused,
    KeyringMissing,
    LoginRequired,
    NetworkError,
    SettingMissing,
    StoreError,
    TimedOut,
)
from egain_auth_cli.models.grants import Actor, Flow, Subject
from egain_auth_cli.models.moments import duration_text
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.settings.config import Config
from egain_auth_cli.settings.resolve import resolve_settings
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.tokens.acquire import cache_key, lock_name, scopes_not_granted
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


# Cache


@pytest.mark.parametrize("flow", [Flow.PKCE, Flow.CLIENT_CREDENTIALS])
def test_cached_token_is_given_without_a_lock_a_store_or_a_request(tmp_path: Path, flow: Flow) -> None:
    bench = Bench(tmp_path)
    settings = bench.settings(flow=flow)
    bench.cached(make_token("made-up-cached"), settings)

    token, cached = bench.acquire(settings)
    assert (value_of(token), cached) == ("made-up-cached", True)
    assert (bench.sender.forms, bench.store.calls) == ([], [])
    assert not (tmp_path / "locks").exists()


@pytest.mark.parametrize(
    ("left", "min_valid", "cached"),
    [(60, 60, True), (59, 60, False), (1, 0, True), (0, 0, False), (-5, 0, False), (3600, 3601, False)],
)
def test_cached_token_must_still_live_long_enough(tmp_path: Path, left: int, min_valid: int, cached: bool) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh", lives=7200))
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=left))

    token, from_cache = bench.acquire(min_valid=min_valid)
    assert (cached, "made-up-cached" if cached else "made-up-fresh") == (from_cache, value_of(token))


def test_fresh_token_is_cached_and_serves_the_next_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.client_secret()
    settings = bench.settings(flow=Flow.CLIENT_CREDENTIALS)

    seen = [bench.acquire(settings), bench.acquire(settings)]
    assert [(value_of(token), cached) for token, cached in seen] == [("made-up-fresh", False), ("made-up-fresh", True)]
    assert len(bench.sender.forms) == 1


def test_forced_refresh_takes_no_cached_token(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in()
    bench.cached(make_token("made-up-cached"))

    assert value_of(bench.acquire(force_refresh=True).token) == "made-up-fresh"


def test_rejected_token_is_renewed_and_any_other_cached_one_is_taken(tmp_path: Path) -> None:  # C13
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in()
    bench.cached(make_token("made-up-cached"))

    other = bench.acquire(rejected=Secret("made-up-older"))
    same = bench.acquire(rejected=Secret("made-up-cached"))
    assert [(value_of(token), cached) for token, cached in (other, same)] == [
        ("made-up-cached", True),
        ("made-up-fresh", False),
    ]


def test_expired_token_is_refreshed_once_when_many_ask_at_once(tmp_path: Path) -> None:  # C01, C13
    bench = Bench(tmp_path, make_token("made-up-fresh", refresh="made-up-refresh-2"))
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=-1))
    got: list[str] = []
    threads = [
        threading.Thread(target=lambda: got.append(value_of(bench.acquire(seconds=30).token))) for _ in range(16)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert (got, len(bench.sender.forms)) == (["made-up-fresh"] * 16, 1)


@pytest.mark.parametrize("request_", [{"force_refresh": True}, {"min_valid": 999999}])
def test_token_that_another_process_stored_meanwhile_serves(
    tmp_path: Path, request_: dict[str, Any]
) -> None:  # C12, C13
    bench = Bench(tmp_path)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=100))
    settings = bench.settings()
    waiting = threading.Event()
    real = bench.cache.load

    def load(key: Any) -> TokenSet | None:
        found = real(key)
        waiting.set()
        return found

    bench.cache.load = load  # type: ignore[method-assign]
    got: list[Any] = []
    with bench.locks.hold(lock_name(settings, cache_key(settings)), seconds=5):
        waiter = threading.Thread(target=lambda: got.append(bench.acquire(**request_)))
        waiter.start()
        assert waiting.wait(5)
        bench.cached(make_token("made-up-others"))
    waiter.join(10)

    assert [(value_of(token), cached) for token, cached in got] == [("made-up-others", True)]


def test_no_store_neither_reads_nor_writes_the_cache(tmp_path: Path) -> None:  # C09
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.environ["EGAIN_CLIENT_SECRET"] = "made-up-client-secret"
    settings = bench.settings(flow=Flow.CLIENT_CREDENTIALS)
    bench.cached(make_token("made-up-cached"), settings)
    bench.cache.calls.clear()

    token, cached = bench.acquire(settings, store=False)
    assert (value_of(token), cached, bench.cache.calls) == ("made-up-fresh", False, [])
    assert [one for one in tmp_path.iterdir() if one.name != "home"] == []


def test_cache_of_the_kind_none_is_never_touched(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"), text=altered(token_cache='"none"'))
    bench.environ["EGAIN_CLIENT_SECRET"] = "made-up-client-secret"

    bench.acquire(bench.settings(flow=Flow.CLIENT_CREDENTIALS))
    assert bench.cache.calls == []


@pytest.mark.parametrize("left", [30, 1])
def test_token_that_still_lives_is_given_where_the_network_is_down(tmp_path: Path, left: int) -> None:  # T11
    bench = Bench(tmp_path, DOWN)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=left))

    token, from_cache = bench.acquire()
    assert (value_of(token), from_cache, len(bench.warnings)) == ("made-up-cached", True, 1)
    assert "could not be renewed" in bench.warnings[0]


@pytest.mark.parametrize("request_", [{"force_refresh": True}, {"rejected": Secret("made-up-cached")}])
def test_unwanted_token_is_not_given_even_where_the_network_is_down(
    tmp_path: Path, request_: dict[str, Any]
) -> None:  # T11
    bench = Bench(tmp_path, DOWN)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=30))

    with pytest.raises(NetworkError, match="cannot be found"):
        bench.acquire(**request_)


def test_expired_token_is_not_given_where_the_network_is_down(tmp_path: Path) -> None:  # T11
    bench = Bench(tmp_path, DOWN)
    bench.signed_in()
    bench.cached(make_token(lives=-1))

    with pytest.raises(NetworkError):
        bench.acquire()


def test_token_that_still_lives_is_given_where_another_process_holds_the_lock(tmp_path: Path) -> None:  # C05
    bench = Bench(tmp_path)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=30))
    settings = bench.settings()

    with bench.locks.hold(lock_name(settings, cache_key(settings)), seconds=5):
        token, cached = bench.acquire(settings, seconds=0.1)
    assert (value_of(token), cached) == ("made-up-cached", True)


def test_waiter_without_a_token_stops_at_its_own_deadline(tmp_path: Path) -> None:  # C05
    bench = Bench(tmp_path)
    bench.signed_in()
    settings = bench.settings()

    with bench.locks.hold(lock_name(settings, cache_key(settings)), seconds=5), pytest.raises(TimedOut):
        bench.acquire(settings, seconds=0.1)


def test_fresh_token_that_lives_too_short_is_given_with_a_warning(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh", lives=30))
    bench.signed_in()

    assert value_of(bench.acquire(min_valid=60).token) == "made-up-fresh"
    assert "30 s" in bench.warnings[0]


def test_scopes_that_were_not_granted_are_told(tmp_path: Path) -> None:  # T09
    bench = Bench(tmp_path, make_token(scope="core.read"))
    bench.signed_in()
    bench.acquire()

    assert bench.warnings == ["the server did not grant `knowledge.read`"]


def test_steering_scopes_are_not_missed() -> None:
    assert scopes_not_granted(("openid", "profile", "offline_access", "a", "b"), make_token(scope="b c")) == ("a",)
    assert scopes_not_granted(("a",), make_token(scope=None)) == ()


def test_clock_that_jumps_back_gives_no_refresh_storm(tmp_path: Path) -> None:  # T11
    bench = Bench(tmp_path)
    bench.cached(make_token("made-up-cached"))
    bench.clock.pass_seconds(-600)

    assert bench.acquire().cached


# Grants


def test_client_credentials_are_sent_with_the_stored_secret(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token())
    bench.client_secret()
    bench.acquire(bench.settings(flow=Flow.CLIENT_CREDENTIALS))

    expected = {
        "grant_type": "client_credentials",
        "scope": "app.manage",
        "client_id": "acme-client",
        "client_secret": "made-up-client-secret",
    }
    assert [expected] == bench.sender.sent
    assert bench.sender.forms[0].url == "https://login.acme.test/client/token"


def test_basic_authentication_is_used_where_it_is_set(tmp_path: Path) -> None:  # T02
    bench = Bench(tmp_path, make_token(), text=ACME.replace('client_auth = "body"', 'client_auth = "basic"'))
    bench.client_secret()
    bench.acquire(bench.settings(flow=Flow.CLIENT_CREDENTIALS))

    assert bench.sender.sent == [{"grant_type": "client_credentials", "scope": "app.manage"}]
    assert bench.sender.forms[0].authorization


@pytest.mark.parametrize(
    ("subject", "name", "url"),
    [(Subject.USERNAME, "jane", "U"), (Subject.USERID, "12", "U"), (Subject.EMAIL, "jane@acme.test", "C")],
)
def test_on_behalf_of_names_the_person(tmp_path: Path, subject: Subject, name: str, url: str) -> None:
    bench = Bench(tmp_path, make_token(refresh="made-up-refresh"))
    bench.client_secret()
    bench.acquire(bench.settings(flow=Flow.ON_BEHALF_OF, subject=subject, subject_name=name))

    (sent,) = bench.sender.sent
    assert (name, "password", f"https://login.acme.test/{url}/token") == (
        sent[subject.value],
        sent["grant_type"],
        bench.sender.forms[0].url,
    )
    assert list(bench.store.items) == ["acme/client-secret"]  # its refresh token is dropped


def test_token_exchange_sends_the_subject_token(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token())
    bench.client_secret()
    bench.acquire(bench.settings(flow=Flow.TOKEN_EXCHANGE), subject_token=Secret("made-up-subject"))

    (sent,) = bench.sender.sent
    assert (sent["subject_token"], sent["registration_id"]) == ("made-up-subject", "okta-1")


@pytest.mark.parametrize(
    ("flow", "words"), [(Flow.TOKEN_EXCHANGE, "other provider's token"), (Flow.ON_BEHALF_OF, "needs the person")]
)
def test_missing_subject_is_told(tmp_path: Path, flow: Flow, words: str) -> None:
    bench = Bench(tmp_path)
    bench.client_secret()

    with pytest.raises(SettingMissing, match=words):
        bench.acquire(bench.settings(flow=flow))


@pytest.mark.parametrize("kept", ["nothing", "secret", "no keyring"])
def test_anonymous_customer_sends_the_profiles_own_or_placeholders(tmp_path: Path, kept: str) -> None:
    bench = Bench(tmp_path, make_token())
    if kept == "secret":
        bench.client_secret()
    if kept == "no keyring":
        bench.store.fail("get", KeyringMissing("none"))
    bench.acquire(bench.settings(flow=Flow.ANONYMOUS))

    (sent,) = bench.sender.sent
    expected = "made-up-client-secret" if kept == "secret" else "DUMMY_VALUE_NEEDED"
    assert ("acme-client", expected, "client_credentials") == (
        sent["client_id"],
        sent["client_secret"],
        sent["grant_type"],
    )


def test_refused_grant_is_hinted_by_its_flow_and_leaves_the_cache_alone(tmp_path: Path) -> None:  # T03
    bench = Bench(tmp_path, GrantRefused("refused", oauth_error="unauthorized_client"))
    bench.client_secret()
    settings = bench.settings(flow=Flow.CLIENT_CREDENTIALS)
    bench.cached(make_token("made-up-cached", lives=30), settings)

    with pytest.raises(GrantRefused) as caught:
        bench.acquire(settings)
    assert caught.value.hint
    assert len(bench.cache.kept) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"flow": Flow.AUTHORIZATION_CODE},
        {"actor": Actor.CUSTOMER},
        {"scopes": ("core.read",)},
        {"scopes": ("core.read", "knowledge.read")},
    ],
)
def test_whatever_shapes_a_token_has_a_key_of_its_own(tmp_path: Path, change: dict[str, Any]) -> None:  # S13
    bench = Bench(tmp_path)

    assert cache_key(bench.settings()).digest != cache_key(bench.settings(**change)).digest


@pytest.mark.parametrize("variable", ["EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL", "EGAIN_API_URL"])
def test_token_cached_for_one_target_is_not_used_for_another(tmp_path: Path, variable: str) -> None:  # S13, I08, rule 5
    bench = Bench(tmp_path)
    before = cache_key(bench.settings()).digest
    bench.environ[variable] = "https://evil.test/x"

    assert before != cache_key(bench.settings()).digest


def test_subject_tokens_are_told_apart_and_not_shown(tmp_path: Path) -> None:
    settings = Bench(tmp_path).settings(flow=Flow.TOKEN_EXCHANGE)
    keys = [cache_key(settings, Secret(value)) for value in ("made-up-1", "made-up-2")]

    assert keys[0].digest != keys[1].digest
    assert "made-up" not in repr(keys)


def test_lock_of_a_login_covers_all_of_its_scopes(tmp_path: Path) -> None:  # C02, rule 7
    bench = Bench(tmp_path)
    every, some = bench.settings(), bench.settings(scopes=("core.read",))
    app, other = (
        bench.settings(flow=Flow.CLIENT_CREDENTIALS),
        bench.settings(flow=Flow.CLIENT_CREDENTIALS, scopes=("x",)),
    )

    assert lock_name(every, cache_key(every)) == lock_name(some, cache_key(some))
    assert lock_name(app, cache_key(app)) != lock_name(other, cache_key(other))


# Stored logins


def test_nobody_signed_in_is_told_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(LoginRequired, match="nobody is signed in") as caught:
        Bench(tmp_path).acquire()

    assert caught.value.hint == "run `egain login --pkce`"


def test_login_without_a_refresh_token_says_when_it_ended(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.cached(make_token(lives=-600))

    with pytest.raises(LoginRequired, match="the login ended 10 min ago"):
        bench.acquire()


def test_refresh_asks_for_the_same_again_without_naming_scopes(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token())
    bench.signed_in("made-up-refresh-1")
    bench.acquire()

    expected = {"grant_type": "refresh_token", "refresh_token": "made-up-refresh-1", "client_id": "acme-client"}
    assert [expected] == bench.sender.sent


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


def test_web_applications_refresh_carries_its_secret(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token())
    settings = bench.settings(flow=Flow.AUTHORIZATION_CODE)
    bench.client_secret()
    bench.signed_in(settings=settings)
    bench.acquire(settings)

    assert bench.sender.sent[0]["client_secret"] == "made-up-client-secret"


def test_rotated_refresh_token_replaces_the_former(tmp_path: Path) -> None:  # T09
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2", lives=1), make_token("made-up-2"))
    bench.signed_in("made-up-refresh-1")
    bench.acquire()
    bench.clock.pass_seconds(10)
    bench.acquire()

    assert [sent["refresh_token"] for sent in bench.sender.sent] == ["made-up-refresh-1", "made-up-refresh-2"]


def test_absent_refresh_token_keeps_the_former(tmp_path: Path) -> None:  # T09
    bench = Bench(tmp_path, make_token())
    bench.signed_in("made-up-refresh-1")
    bench.acquire()

    assert bench.refresh_token() == "made-up-refresh-1"


def test_finished_renewal_leaves_no_record(tmp_path: Path) -> None:  # C06
    bench = Bench(tmp_path, make_token(refresh="made-up-refresh-2"))
    bench.signed_in()
    bench.acquire()

    assert bench.journal.recover(Logins.item(bench.settings())) is None
    assert list((tmp_path / "journal").iterdir()) == []


def test_ended_login_is_forgotten_and_told(tmp_path: Path) -> None:  # T10
    bench = Bench(tmp_path, REFUSED)
    bench.signed_in()

    with pytest.raises(LoginRequired, match="does not renew it any more"):
        bench.acquire()
    assert bench.refresh_token() is None
    assert len(bench.sender.forms) == 1


def test_newer_refresh_token_of_another_process_is_used(tmp_path: Path) -> None:  # T10
    bench = Bench(tmp_path)

    def refuse_late(_: FormRequest) -> TokenSet:
        bench.signed_in("made-up-refresh-2")
        raise REFUSED

    bench.sender.script = [refuse_late, make_token("made-up-fresh", refresh="made-up-refresh-3")]
    bench.signed_in("made-up-refresh-1")

    assert value_of(bench.acquire().token) == "made-up-fresh"
    assert [sent["refresh_token"] for sent in bench.sender.sent] == ["made-up-refresh-1", "made-up-refresh-2"]
    assert bench.refresh_token() == "made-up-refresh-3"


@pytest.mark.parametrize(
    "error", [GrantRefused("x", oauth_error="invalid_client"), DOWN, TimedOut("x"), BadAnswer("x"), KeyboardInterrupt()]
)
def test_other_failures_keep_the_login(tmp_path: Path, error: BaseException) -> None:  # T10, T04, C06
    bench = Bench(tmp_path, error)
    bench.signed_in("made-up-refresh-1")

    with pytest.raises(type(error)):
        bench.acquire()
    assert bench.refresh_token() == "made-up-refresh-1"


@pytest.mark.parametrize("disk", ["full", "in the way"])
def test_no_refresh_is_sent_where_the_disk_is_not_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: str
) -> None:  # rule 6, C08, C09
    bench = Bench(tmp_path)
    bench.signed_in()
    if disk == "in the way":
        (tmp_path / "journal").write_text("in the way")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if disk == "full":
            patch.setattr(os, "fsync", fail)
        with pytest.raises(StoreError):
            bench.acquire()
    assert (bench.sender.forms, bench.refresh_token()) == ([], "made-up-refresh-1")


def test_login_that_cannot_be_stored_after_its_rotation_is_kept_and_adopted_by_the_next_run(
    tmp_path: Path,
) -> None:  # C06: K8
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2"), make_token("made-up-2"))
    bench.signed_in("made-up-refresh-1")
    bench.store.fail("set")

    with pytest.raises(StoreError, match="renewed but cannot be stored") as caught:
        bench.acquire()
    bench.store.mend()

    assert "taken from there" in (caught.value.hint or "")
    assert value_of(bench.acquire(force_refresh=True).token) == "made-up-2"
    assert bench.sender.sent[1]["refresh_token"] == "made-up-refresh-2"
    assert bench.refresh_token() == "made-up-refresh-2"


def test_record_stays_until_the_store_works_again(tmp_path: Path) -> None:  # C06
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2"), make_token("made-up-2"))
    bench.signed_in("made-up-refresh-1")
    bench.store.fail("set")
    for _ in range(3):
        with pytest.raises(StoreError):
            bench.acquire()
    bench.store.mend()
    bench.acquire()

    assert bench.refresh_token() == "made-up-refresh-2"
    assert len(bench.sender.forms) <= 2


def test_token_of_a_run_that_died_is_given_without_a_request(tmp_path: Path) -> None:  # C06: K8, K9
    bench = Bench(tmp_path)
    bench.signed_in("made-up-refresh-1")
    settings = bench.settings()
    token = make_token("made-up-left", refresh="made-up-refresh-2")
    bench.journal.received(
        Logins.item(settings), token, key=cache_key(settings).digest, replaces=Secret("made-up-refresh-1")
    )

    assert value_of(bench.acquire().token) == "made-up-left"
    assert (bench.sender.forms, bench.refresh_token()) == ([], "made-up-refresh-2")
    assert bench.journal.recover(Logins.item(settings)) is None


@pytest.mark.parametrize("died", ["for other scopes", "long ago"])
def test_login_of_a_run_that_died_is_adopted_even_where_its_token_does_not_serve(
    tmp_path: Path, died: str
) -> None:  # C06
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in("made-up-refresh-1")
    settings = bench.settings()
    token = make_token("made-up-left", refresh="made-up-refresh-2", lives=-5 if died == "long ago" else 3600)
    key = cache_key(settings).digest if died == "long ago" else "other"
    bench.journal.received(Logins.item(settings), token, key=key, replaces=Secret("made-up-refresh-1"))

    assert value_of(bench.acquire().token) == "made-up-fresh"
    assert bench.sender.sent[0]["refresh_token"] == "made-up-refresh-2"


def test_token_of_a_login_in_another_configuration_folder_is_not_taken(tmp_path: Path) -> None:
    text = altered(secret_store='"file"', flow='"pkce"')
    folders = [tmp_path / "one", tmp_path / "two", tmp_path / "." / "one"]
    settings = [
        resolve_settings(FlowOptions(flow=flow), {}, Config(tomllib.loads(text), folder / "config.toml"))
        for flow in (Flow.PKCE, Flow.CLIENT_CREDENTIALS)
        for folder in folders
    ]
    one, two, again, *application = [cache_key(found).digest for found in settings]

    assert (one == again, one == two) == (True, False)
    assert len(set(application)) == 1  # an application's token is the same wherever it was asked for


def test_record_of_another_login_of_the_same_name_is_not_adopted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in("made-up-refresh-1")
    settings = bench.settings()
    theirs = make_token("made-up-theirs", refresh="made-up-refresh-theirs")
    key = cache_key(settings).digest
    bench.journal.received(Logins.item(settings), theirs, key=key, replaces=Secret("made-up-refresh-other"))

    assert value_of(bench.acquire().token) == "made-up-fresh"
    assert bench.sender.sent[0]["refresh_token"] == "made-up-refresh-1"


def test_cache_that_cannot_be_written_does_not_lose_the_rotated_login(tmp_path: Path) -> None:  # C06: K10
    bench = Bench(tmp_path, make_token("made-up-1", refresh="made-up-refresh-2"))
    bench.signed_in("made-up-refresh-1")
    real = bench.cache.save
    bench.cache.save = lambda *_: (_ for _ in ()).throw(StoreError("full"))  # type: ignore[method-assign]
    with contextlib.suppress(StoreError):
        bench.acquire()
    bench.cache.save = real  # type: ignore[method-assign]

    assert bench.refresh_token() == "made-up-refresh-2"


@pytest.mark.parametrize("variable", ["EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL", "EGAIN_API_URL"])
def test_login_is_not_used_for_another_target(tmp_path: Path, variable: str) -> None:  # S13, I08, rule 5
    bench = Bench(tmp_path)
    bench.signed_in()
    bench.environ[variable] = "https://evil.test/x"

    with pytest.raises(BindingChanged):
        bench.acquire()
    assert bench.sender.forms == []


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


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0 s"), (89, "89 s"), (600, "10 min"), (7200, "2 h"), (86400, "24 h")]
)
def test_span_of_time_is_given_in_words(seconds: float, words: str) -> None:
    assert words == duration_text(seconds)
