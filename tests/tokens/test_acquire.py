"""A token for a command: from the cache, by a grant, and with what key."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.profiles import altered
from fakes.tokens import make_token

from egain_auth_cli.errors import GrantRefused, KeyringMissing, LoginRequired, NetworkError, SettingMissing, TimedOut
from egain_auth_cli.models.grants import Actor, Flow
from egain_auth_cli.models.moments import duration_text
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.stores.login_marks import LoginMark
from egain_auth_cli.tokens.acquire import scopes_not_granted
from egain_auth_cli.tokens.holder import TokenHolder
from egain_auth_cli.tokens.logins import Logins
from egain_auth_cli.tokens.request import TokenRequest
from egain_auth_cli.tokens.token_key import cache_key

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.models.token import TokenSet

DOWN = NetworkError("the host cannot be found")


def value_of(token: TokenSet) -> str:
    return token.access_token.reveal()


@pytest.mark.parametrize("flow", [Flow.PKCE, Flow.CLIENT_CREDENTIALS])
def test_cached_token_is_given_without_a_lock_a_store_or_a_request(tmp_path: Path, flow: Flow) -> None:
    bench = Bench(tmp_path)
    settings = bench.settings(flow=flow)
    bench.cached(make_token("made-up-cached"), settings)

    assert value_of(bench.acquire(settings)) == "made-up-cached"
    assert (bench.sender.forms, bench.store.calls) == ([], [])
    assert not (tmp_path / "locks").exists()


@pytest.mark.parametrize(
    ("left", "min_valid", "cached"),
    [(60, 60, True), (59, 60, False), (1, 0, True), (0, 0, False), (-5, 0, False), (3600, 3601, False)],
)
def test_cached_token_must_still_live_as_long_as_asked(tmp_path: Path, left: int, min_valid: int, cached: bool) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh", lives=7200))
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=left))

    assert ("made-up-cached" if cached else "made-up-fresh") == value_of(bench.acquire(min_valid=min_valid))


@pytest.mark.parametrize(("left", "cached"), [(60, True), (59, False)])
def test_cached_token_serves_for_its_last_minute_alone_where_nothing_is_asked(
    tmp_path: Path, left: int, cached: bool
) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=left))

    assert ("made-up-cached" if cached else "made-up-fresh") == value_of(bench.acquire())


def test_forced_refresh_takes_no_cached_token(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in()
    bench.cached(make_token("made-up-cached"))

    assert value_of(bench.acquire(force_refresh=True)) == "made-up-fresh"


def test_rejected_token_is_renewed_and_any_other_cached_one_is_taken(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in()
    bench.cached(make_token("made-up-cached"))

    other = bench.acquire(rejected=Secret("made-up-older"))
    same = bench.acquire(rejected=Secret("made-up-cached"))
    assert [value_of(token) for token in (other, same)] == ["made-up-cached", "made-up-fresh"]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("request_", [{"force_refresh": True}, {"min_valid": 999999}])
def test_token_that_another_process_stored_meanwhile_serves(
    tmp_path: Path, request_: dict[str, Any], before: bool
) -> None:
    bench = Bench(tmp_path)
    bench.signed_in()
    if before:
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
    with bench.place.hold(Logins.item(settings), seconds=5):
        waiter = threading.Thread(target=lambda: got.append(bench.acquire(**request_)))
        waiter.start()
        assert waiting.wait(5)
        bench.cached(make_token("made-up-others"))
    waiter.join(10)

    assert [value_of(token) for token in got] == ["made-up-others"]
    assert bench.sender.forms == []


def test_cache_of_the_kind_none_is_never_touched(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"), text=altered(token_cache='"none"'))
    bench.environ["EGAIN_CLIENT_SECRET"] = "made-up-client-secret"

    bench.acquire(bench.settings(flow=Flow.CLIENT_CREDENTIALS))
    assert bench.cache.calls == []


@pytest.mark.parametrize("flow", [Flow.PKCE, Flow.CLIENT_CREDENTIALS])
def test_request_that_is_to_store_nothing_neither_reads_nor_fills_the_cache(tmp_path: Path, flow: Flow) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in()
    bench.client_secret()

    assert value_of(bench.acquire(bench.settings(flow=flow), store=False)) == "made-up-fresh"
    assert bench.cache.calls == []


@pytest.mark.parametrize("left", [30, 1])
def test_token_that_still_lives_is_given_where_the_network_is_down(tmp_path: Path, left: int) -> None:
    bench = Bench(tmp_path, DOWN)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=left))

    assert (value_of(bench.acquire()), len(bench.warnings)) == ("made-up-cached", 1)
    assert "could not be renewed" in bench.warnings[0]


@pytest.mark.parametrize("request_", [{"force_refresh": True}, {"rejected": Secret("made-up-cached")}])
def test_unwanted_token_is_not_given_even_where_the_network_is_down(tmp_path: Path, request_: dict[str, Any]) -> None:
    bench = Bench(tmp_path, DOWN)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=30))

    with pytest.raises(NetworkError, match="cannot be found"):
        bench.acquire(**request_)


@pytest.mark.parametrize("left", [0, -1])
def test_expired_token_is_not_given_where_the_network_is_down(tmp_path: Path, left: int) -> None:
    bench = Bench(tmp_path, DOWN)
    bench.signed_in()
    bench.cached(make_token(lives=left))

    with pytest.raises(NetworkError):
        bench.acquire()


def test_token_that_still_lives_is_given_where_another_process_holds_the_lock(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=30))
    settings = bench.settings()

    with bench.place.hold(Logins.item(settings), seconds=5):
        token = bench.acquire(settings, seconds=0.1)
    assert value_of(token) == "made-up-cached"


def test_token_of_the_former_login_is_not_given_where_somebody_else_signs_in_meanwhile(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=30))
    settings, real = bench.settings(), bench.cache.load

    def load_then_replace(key: Any) -> TokenSet | None:
        found = real(key)
        bench.place.marks.write(Logins.item(settings), LoginMark("made-up-other", "bob"))
        return found

    bench.cache.load = load_then_replace  # type: ignore[method-assign]
    with bench.place.hold(Logins.item(settings), seconds=5), pytest.raises(TimedOut):
        bench.acquire(settings, seconds=0.1)


@pytest.mark.parametrize(
    ("lives", "request_"), [(-1, {}), (30, {"force_refresh": True}), (30, {"rejected": Secret("made-up-cached")})]
)
def test_unwanted_token_is_not_given_where_another_process_holds_the_lock(
    tmp_path: Path, lives: int, request_: dict[str, Any]
) -> None:
    bench = Bench(tmp_path)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=lives))
    settings = bench.settings()

    with bench.place.hold(Logins.item(settings), seconds=5), pytest.raises(TimedOut):
        bench.acquire(settings, seconds=0.1, **request_)


@pytest.mark.parametrize(("lives", "told"), [(60, []), (59, ["59 s"]), (30, ["30 s"]), (0, ["0 s"]), (-5, ["0 s"])])
def test_fresh_token_that_lives_too_short_is_given_with_a_warning(tmp_path: Path, lives: int, told: list[str]) -> None:
    bench = Bench(tmp_path, make_token("made-up-fresh", lives=lives))
    bench.signed_in()

    assert value_of(bench.acquire(min_valid=60)) == "made-up-fresh"
    assert bench.warnings == [f"a fresh token lives {one}, less than the 60 s asked for" for one in told]


@pytest.mark.parametrize(
    ("left", "asked", "words", "forced"),
    [
        (3600, {"rejected": Secret("made-up-cached")}, "the API refused the token", True),
        (3600, {"min_valid": 4000}, "the login ends in 60 min", True),
        (60, {"min_valid": 61}, "the login ends in 60 s", True),
        (59, {}, "the login ends in 59 s", False),
        (1, {}, "the login ends in 1 s", False),
        (0, {}, "the login ended 0 s ago", False),
        (-7200, {}, "the login ended 2 h ago", False),
    ],
)
def test_login_that_nothing_renews_is_told_with_its_end(
    tmp_path: Path, left: int, asked: dict[str, Any], words: str, forced: bool
) -> None:
    bench = Bench(tmp_path)
    bench.cached(make_token("made-up-cached", lives=left))

    with pytest.raises(LoginRequired, match=words) as caught:
        bench.acquire(**asked)

    assert ("--force" in (caught.value.hint or "")) == forced


def test_scopes_that_were_not_granted_are_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token(scope="core.read"))
    bench.signed_in()
    bench.acquire()

    assert bench.warnings == ["the server did not grant `knowledge.read`"]


@pytest.mark.parametrize(
    ("asked", "granted", "missing"),
    [
        (["openid", "profile", "email", "offline_access", "a", "b"], "b c", ["a"]),
        (["a"], None, []),
        (["https://api.egain.cloud/auth/.default"], "https://api.egain.cloud/auth/a b", []),
        ([".default", "a"], "b", ["a"]),
        (["https://api.egain.cloud/auth/a", "https://api.egain.cloud/auth/b"], "a", ["https://api.egain.cloud/auth/b"]),
        (["a"], "https://api.egain.cloud/auth/a", []),
        (["api.egain.cloud/auth/a"], "api.egain.cloud/auth/a", []),
    ],
)
def test_scope_is_missed_where_its_name_is_not_among_those_granted(
    asked: list[str], granted: str | None, missing: list[str]
) -> None:
    assert scopes_not_granted(tuple(asked), make_token(scope=granted)) == tuple(missing)


def test_refused_scope_is_told_with_what_was_sent(tmp_path: Path) -> None:
    bench = Bench(tmp_path, GrantRefused("x", oauth_error="invalid_scope"))
    bench.client_secret()
    with pytest.raises(GrantRefused) as caught:
        bench.acquire(bench.settings(flow=Flow.CLIENT_CREDENTIALS))

    sent = " ".join(bench.settings(flow=Flow.CLIENT_CREDENTIALS).wire_scopes)
    assert sent
    assert f"what was sent: `{sent}`" in (caught.value.hint or "")


@pytest.mark.parametrize("seconds", [1, 60])
def test_clock_that_is_set_back_a_little_makes_no_token_void(tmp_path: Path, seconds: int) -> None:
    bench = Bench(tmp_path)
    bench.cached(make_token("made-up-cached"))
    bench.clock.pass_seconds(-seconds)

    assert value_of(bench.acquire()) == "made-up-cached"
    assert bench.sender.forms == []


@pytest.mark.parametrize("seconds", [600, 8 * 3600, 3 * 365 * 86400])
def test_token_of_a_clock_that_was_ahead_is_not_used_and_replaced_once(tmp_path: Path, seconds: int) -> None:
    bench = Bench(tmp_path)
    settings = bench.settings(flow=Flow.CLIENT_CREDENTIALS)
    bench.cached(make_token("made-up-cached"), settings)
    bench.clock.pass_seconds(-seconds)
    bench.client_secret()
    bench.sender.script.append(make_token("made-up-fresh", obtained_at=bench.clock()))

    assert [value_of(bench.acquire(settings)) for _ in range(2)] == ["made-up-fresh"] * 2
    assert len(bench.sender.forms) == 1


def test_login_of_a_clock_that_was_ahead_and_cannot_be_renewed_asks_for_a_new_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.cached(make_token("made-up-cached"))
    bench.clock.pass_seconds(-600)

    with pytest.raises(LoginRequired, match="clock was ahead"):
        bench.acquire()


@pytest.mark.parametrize(
    ("flow", "words"), [(Flow.TOKEN_EXCHANGE, "other provider's token"), (Flow.ON_BEHALF_OF, "needs the person")]
)
def test_missing_subject_is_told(tmp_path: Path, flow: Flow, words: str) -> None:
    bench = Bench(tmp_path)

    with pytest.raises(SettingMissing, match=words):
        bench.acquire(bench.settings(flow=flow))
    assert bench.store.calls == []  # a keyring is not unlocked in vain


def test_client_without_a_secret_sends_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token())

    with pytest.raises(SettingMissing, match="client secret"):
        bench.acquire(bench.settings(flow=Flow.CLIENT_CREDENTIALS))
    assert bench.sender.forms == []


def test_grant_asks_for_the_scopes_of_the_settings(tmp_path: Path) -> None:
    bench = Bench(tmp_path, make_token())
    bench.client_secret()
    bench.acquire(bench.settings(flow=Flow.CLIENT_CREDENTIALS))

    assert [sent["scope"] for sent in bench.sender.sent] == ["app.manage"]


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


def test_refused_grant_is_hinted_by_its_flow_and_leaves_the_cache_alone(tmp_path: Path) -> None:
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
def test_whatever_shapes_a_token_has_a_key_of_its_own(tmp_path: Path, change: dict[str, Any]) -> None:
    bench = Bench(tmp_path)

    assert cache_key(bench.settings(), login="x").digest != cache_key(bench.settings(**change), login="x").digest


def test_tokens_of_two_logins_have_a_key_each(tmp_path: Path) -> None:
    settings = Bench(tmp_path).settings()

    assert len({cache_key(settings, login=login).digest for login in ("x", "y", None)}) == 3


@pytest.mark.parametrize("variable", ["EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL", "EGAIN_API_URL"])
def test_token_cached_for_one_target_is_not_used_for_another(tmp_path: Path, variable: str) -> None:
    bench = Bench(tmp_path)
    before = bench.credentials.key_of(bench.settings()).digest
    bench.environ[variable] = "https://evil.test/x"

    assert before != bench.credentials.key_of(bench.settings()).digest


def test_subject_tokens_are_told_apart_and_not_shown(tmp_path: Path) -> None:
    settings = Bench(tmp_path).settings(flow=Flow.TOKEN_EXCHANGE)
    keys = [cache_key(settings, login=None, subject_token=Secret(value)) for value in ("made-up-1", "made-up-2")]

    assert keys[0].digest != keys[1].digest
    assert "made-up" not in repr(keys)


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0 s"), (89, "89 s"), (600, "10 min"), (7200, "2 h"), (86400, "24 h")]
)
def test_span_of_time_is_given_in_words(seconds: float, words: str) -> None:
    assert words == duration_text(seconds)


def test_thread_that_comes_too_late_begins_no_renewal(tmp_path: Path) -> None:  # its refresh token would be lost
    bench = Bench(tmp_path, make_token("made-up-fresh"))
    bench.signed_in()
    bench.cached(make_token("made-up-cached"))
    holder = TokenHolder(bench.service(), TokenRequest(settings=bench.settings()), clock=bench.clock)
    token = holder.token()

    holder.settle()

    assert holder.renewed(token) is None
    assert bench.sender.forms == []


class NoticedLock:
    """A lock that tells who comes to it."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.came.release()
        self._lock.acquire()

    def __exit__(self, *exc_info: object) -> None:
        self._lock.release()


@pytest.mark.parametrize("refused", [False, True])
def test_those_who_wait_for_a_token_that_cannot_be_had_do_not_each_try_for_it(tmp_path: Path, *, refused: bool) -> None:
    def fail(_: object) -> TokenSet:
        for _ in range(8):
            assert lock.came.acquire(timeout=20)
        raise DOWN

    bench = Bench(tmp_path, fail, make_token("made-up-fresh"))
    bench.signed_in()
    if refused:
        bench.cached(make_token("made-up-cached"))
    holder = TokenHolder(bench.service(), TokenRequest(settings=bench.settings()), clock=bench.clock)
    rejected = holder.token() if refused else None
    holder._lock = lock = NoticedLock()  # type: ignore[assignment]

    def ask(_: int) -> str:
        with pytest.raises(NetworkError, match="cannot be found"):
            holder.token() if rejected is None else holder.renewed(rejected)
        return "told"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, range(8)))
    tried = len(bench.sender.forms)
    later = holder.token() if rejected is None else holder.renewed(rejected)

    assert (told, tried, len(bench.sender.forms)) == (["told"] * 8, 1, 2)
    assert later == Secret("made-up-fresh")


def test_holder_whose_endpoint_is_slow_to_fail_asks_it_now_and_then_alone(tmp_path: Path) -> None:
    def fail(_: object) -> TokenSet:
        bench.clock.pass_seconds(30)
        raise DOWN

    bench = Bench(tmp_path, fail)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=50))
    holder = TokenHolder(bench.service(), TokenRequest(settings=bench.settings()), clock=bench.clock)

    assert [holder.token().reveal() for _ in range(3)] == ["made-up-cached"] * 3
    assert len(bench.sender.forms) == 1


def test_holder_whose_endpoint_is_out_of_reach_asks_it_now_and_then_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path, DOWN, DOWN)
    bench.signed_in()
    bench.cached(make_token("made-up-cached", lives=50))
    holder = TokenHolder(bench.service(), TokenRequest(settings=bench.settings()), clock=bench.clock)

    tokens = {holder.token().reveal() for _ in range(5)}
    asked = len(bench.sender.forms)
    bench.clock.pass_seconds(11)
    tokens |= {holder.token().reveal() for _ in range(5)}

    assert (tokens, asked, len(bench.sender.forms)) == ({"made-up-cached"}, 1, 2)


def test_holder_gives_no_former_person_s_token_where_there_is_no_next_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.signed_in()
    bench.cached(make_token("made-up-cached"))
    holder = TokenHolder(bench.service(), TokenRequest(settings=bench.settings()), clock=bench.clock)
    holder.token()
    bench.logins.forget(bench.settings())

    for _ in range(2):
        with pytest.raises(LoginRequired):
            holder.token()
