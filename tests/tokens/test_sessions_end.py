"""Signing out, the status of a login, and which flows a profile is ready for."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.profiles import ACME, altered, make_config
from fakes.secret_store import locked_store
from fakes.tokens import make_token

from egain_auth_cli.errors import AuthError, ConfigError, EgainError, KeyringLocked, NetworkError, StoreError, TimedOut
from egain_auth_cli.health.flows import list_flows
from egain_auth_cli.health.status import Status, StatusReader
from egain_auth_cli.models.grants import Actor, Flow, Subject
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.stores.secret_store import client_secret_item
from egain_auth_cli.tokens.acquire import cache_key, lock_name
from egain_auth_cli.tokens.keep_secret import SecretPlace
from egain_auth_cli.tokens.logins import Logins
from egain_auth_cli.tokens.sign_out import LoggedOut, SignOut

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.models.form_request import Client
    from egain_auth_cli.settings.settings import FlowOptions, Settings


class Exit(Bench):
    """A log-out service, and what it revoked."""

    def __init__(self, tmp_path: Path, *, refuses: EgainError | None = None, text: str = ACME) -> None:
        super().__init__(tmp_path, text=text)
        self.refuses = refuses
        self.revoked: list[tuple[str, str, str, str]] = []

    def logout(self, *, revoke: bool = True, seconds: float = 5.0, profile: str | None = None) -> LoggedOut:
        service = SignOut(
            self.environ,
            cache=lambda _: self.cache,
            logins=lambda _: self.logins,
            locks=self.locks,
            revoke=self._revoke,
            lock_seconds=seconds,
        )
        return service.logout(make_config(self.text), profile=profile, revoke=revoke)

    def _revoke(self, url: str, client: Client, token: Secret, kind: str) -> None:
        self.revoked.append((url, client.client_id, token.reveal(), kind))
        if self.refuses is not None:
            raise self.refuses


def test_everything_of_the_profile_but_its_client_secret_is_forgotten(tmp_path: Path) -> None:  # S12
    desk = Exit(tmp_path)
    desk.client_secret()
    for flow in (Flow.PKCE, Flow.AUTHORIZATION_CODE):
        for actor in Actor:
            settings = desk.settings(flow=flow, actor=actor)
            desk.signed_in(settings=settings)
            desk.cached(make_token(), settings)
    done = desk.logout()

    assert (done.profile, done.forgotten) == ("acme", 8)
    assert ({client_secret_item("acme")}, {}) == (set(desk.store.items), desk.cache.kept)


def test_refresh_token_is_revoked_where_the_server_can(tmp_path: Path) -> None:  # T12
    desk = Exit(tmp_path)
    desk.signed_in("made-up-refresh")
    done = desk.logout()

    assert desk.revoked == [("https://login.acme.test/U/revoke", "acme-client", "made-up-refresh", "refresh_token")]
    assert done.revoked == 1


def test_access_token_is_revoked_where_there_is_no_other(tmp_path: Path) -> None:  # T12
    desk = Exit(tmp_path)
    desk.cached(make_token("made-up-access"))
    desk.logout()

    assert [kind for *_, kind in desk.revoked] == ["access_token"]


def test_refresh_token_of_a_run_that_died_is_the_one_revoked(tmp_path: Path) -> None:  # T12, C06
    desk = Exit(tmp_path)
    desk.signed_in("made-up-refresh-1")
    desk.journal.received(
        Logins.item(desk.settings()),
        make_token(refresh="made-up-refresh-2"),
        key="k",
        replaces=Secret("made-up-refresh-1"),
    )
    desk.logout()

    assert [token for _, _, token, _ in desk.revoked] == ["made-up-refresh-2"]
    assert desk.journal.recover(Logins.item(desk.settings())) is None


def test_nothing_is_revoked_where_it_is_not_wanted(tmp_path: Path) -> None:
    desk = Exit(tmp_path)
    desk.signed_in()
    done = desk.logout(revoke=False)

    assert (desk.revoked, done.revoked, desk.refresh_token()) == ([], 0, None)


def test_logging_out_twice_is_no_error(tmp_path: Path) -> None:
    desk = Exit(tmp_path)

    assert LoggedOut("acme", 0, 0) == desk.logout()


@pytest.mark.parametrize(
    ("refuses", "code"),
    [(NetworkError("not reached"), 5), (TimedOut("x"), 5), (AuthError("its token may still be live"), 4)],
)
def test_failed_revocation_is_told_and_what_is_stored_is_gone_all_the_same(
    tmp_path: Path, refuses: EgainError, code: int
) -> None:  # T12
    desk = Exit(tmp_path, refuses=refuses)
    desk.signed_in()
    desk.cached(make_token())

    with pytest.raises(EgainError) as caught:
        desk.logout()
    assert (code, True) == (caught.value.exit_code, "may still be live" in caught.value.message)
    assert (desk.refresh_token(), desk.cache.kept) == (None, {})


def test_locked_keyring_is_told_and_the_tokens_are_gone_all_the_same(tmp_path: Path) -> None:  # S12
    desk = Exit(tmp_path)
    desk.cached(make_token())
    desk.store = locked_store()

    with pytest.raises(KeyringLocked):
        desk.logout()
    assert desk.cache.kept == {}


@pytest.mark.parametrize("call", range(1, 13))
def test_whichever_call_of_the_keyring_fails_the_failure_is_told_and_the_rest_is_gone(
    tmp_path: Path, call: int
) -> None:  # S12
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


def test_cache_that_cannot_be_cleared_is_told_and_the_login_is_gone(tmp_path: Path) -> None:  # S12
    desk = Exit(tmp_path)
    desk.signed_in()
    desk.cache.error = StoreError("not writable")

    with pytest.raises(StoreError, match="not writable"):
        desk.logout(revoke=False)
    assert desk.refresh_token() is None


@pytest.mark.parametrize("variable", ["EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL"])
def test_login_is_not_revoked_at_another_target_and_forgotten_all_the_same(
    tmp_path: Path, variable: str
) -> None:  # S13, T12
    desk = Exit(tmp_path)
    desk.signed_in()
    desk.environ[variable] = "https://evil.test/x"
    with contextlib.suppress(ConfigError):
        desk.logout()

    assert (desk.revoked, desk.store.items) == ([], {})


def test_login_is_not_revoked_on_another_host_and_forgotten_all_the_same(tmp_path: Path) -> None:  # T12
    desk = Exit(tmp_path)
    desk.signed_in()
    desk.text = ACME.replace("https://login.acme.test/U/revoke", "https://login.evil.test/U/revoke")

    with pytest.raises(ConfigError, match="may still be live: `revocation_url` is on another host"):
        desk.logout()
    assert (desk.revoked, desk.store.items) == ([], {})


def test_login_is_forgotten_even_where_its_endpoint_is_no_longer_configured(tmp_path: Path) -> None:  # S12
    desk = Exit(tmp_path)
    desk.signed_in(settings=desk.settings(actor=Actor.CUSTOMER))
    desk.text = ACME.replace('token_url = "https://login.acme.test/C/token"', "")
    desk.logout(revoke=False)

    assert desk.store.items == {}


def test_other_process_that_holds_a_lock_does_not_keep_the_rest(tmp_path: Path) -> None:  # S12
    desk = Exit(tmp_path)
    desk.signed_in(settings=desk.settings(actor=Actor.CUSTOMER))
    busy = desk.settings()
    with desk.locks.hold(lock_name(busy, cache_key(busy)), seconds=5), pytest.raises(TimedOut):
        desk.logout(revoke=False, seconds=0.1)

    assert desk.store.items == {}


def status_of(bench: Bench, place: SecretPlace | None = None, **options: Any) -> Status:
    service = StatusReader(cache=lambda _: bench.cache, logins=lambda _: bench.logins, clock=bench.clock)
    return service.describe(bench.settings(**options), place or SecretPlace("memory", None))


@pytest.mark.parametrize(
    ("cached", "login", "expected"),
    [
        (None, False, (None, None, False, False)),
        (600, False, (600.0, True, False, True)),
        (-5, False, (-5.0, True, False, False)),
        (-5, True, (-5.0, True, True, True)),
        (None, True, (None, None, True, True)),
    ],
)
def test_status_of_a_login_says_what_is_left_and_whether_it_can_be_used(
    tmp_path: Path, cached: int | None, login: bool, expected: tuple[Any, ...]
) -> None:
    bench = Bench(tmp_path)
    if cached is not None:
        bench.cached(make_token(lives=cached))
    if login:
        bench.signed_in()
    found = status_of(bench)

    left, there, renewable, usable = expected
    assert (left, renewable, usable, None) == (found.seconds_left, found.renewable, found.usable, found.problem)
    assert (found.expires_at is not None) == bool(there)


def test_status_of_a_flow_without_a_person_needs_no_login(tmp_path: Path) -> None:
    found = status_of(Bench(tmp_path), flow=Flow.CLIENT_CREDENTIALS)

    assert (found.renewable, found.usable, found.client_secret) == (None, True, "memory")


def test_status_of_an_unfinished_profile_is_told_without_an_error(tmp_path: Path) -> None:
    found = status_of(Bench(tmp_path, text='default_profile = "x"\n[profiles.x]\n'), SecretPlace(None, None))

    assert (found.usable, found.client_secret, found.expires_at) == (False, "none", None)


def test_status_says_why_the_login_or_the_secret_cannot_be_used(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    secret = status_of(bench, SecretPlace(None, StoreError("the secret is broken")), flow=Flow.CLIENT_CREDENTIALS)
    bench.store = locked_store()

    assert (secret.problem, status_of(bench).problem) == ("the secret is broken", "the keyring is locked")


def test_status_lists_what_is_kept_of_every_flow_and_actor(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    code, customer, application = (
        bench.settings(flow=Flow.AUTHORIZATION_CODE),
        bench.settings(actor=Actor.CUSTOMER),
        bench.settings(flow=Flow.CLIENT_CREDENTIALS),
    )
    bench.signed_in(settings=code)
    bench.cached(make_token(lives=600), customer)
    bench.cached(make_token(lives=-5), application)
    bench.cached(make_token(), bench.settings(flow=Flow.ON_BEHALF_OF, subject=Subject.USERNAME, subject_name="alice"))
    service = StatusReader(cache=lambda _: bench.cache, logins=lambda _: bench.logins, clock=bench.clock)

    def resolve(options: FlowOptions) -> Settings:
        return bench.settings(flow=options.flow, actor=options.actor)

    found = service.describe(bench.settings(), SecretPlace(None, None), resolve).kept

    assert [
        (Flow.PKCE, Actor.CUSTOMER, 600.0, False),
        (Flow.AUTHORIZATION_CODE, Actor.USER, None, True),
        (Flow.CLIENT_CREDENTIALS, None, -5.0, None),
    ] == [(one.flow, one.actor, one.seconds_left, one.renewable) for one in found]


def test_status_says_of_a_kept_login_why_it_is_not_used(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.signed_in()
    bench.text = altered(client_id='"another-client"')
    service = StatusReader(cache=lambda _: bench.cache, logins=lambda _: bench.logins, clock=bench.clock)

    def resolve(options: FlowOptions) -> Settings:
        if options.flow is Flow.AUTHORIZATION_CODE:
            raise ConfigError("invalid")
        return bench.settings(flow=options.flow, actor=options.actor)

    (found,) = service.describe(bench.settings(), SecretPlace(None, None), resolve).kept
    assert found.problem == "the stored credential belongs to another client ID and is not used"


def test_status_holds_nothing_secret(tmp_path: Path) -> None:  # E08
    bench = Bench(tmp_path)
    bench.signed_in("made-up-refresh")
    bench.cached(make_token("made-up-access"))

    assert "made-up" not in repr(status_of(bench))


def test_every_flow_is_listed_with_what_a_profile_lacks() -> None:
    def resolve(options: Any) -> Settings:
        from fakes.profiles import make_settings

        return make_settings(options)

    def locate(settings: Settings) -> SecretPlace:
        if settings.flow.value is Flow.ON_BEHALF_OF:
            raise StoreError("locked")
        return SecretPlace("memory" if settings.flow.value is Flow.CLIENT_CREDENTIALS else None, None)

    flows = {one.flow: one for one in list_flows(resolve, locate)}
    assert set(Flow) == set(flows)
    assert [flow for flow, one in flows.items() if one.ready] == [Flow.PKCE, Flow.CLIENT_CREDENTIALS, Flow.ANONYMOUS]
    assert {("client secret",)} == {one.missing for one in flows.values() if not one.ready}


def test_without_a_profile_nothing_is_said_to_be_missing() -> None:
    def locate(_: Settings) -> SecretPlace:
        raise AssertionError

    flows = list_flows(None, locate)
    assert {None} == {one.missing for one in flows}
    assert not [one for one in flows if one.ready or not one.persona or not one.platform or not one.needs]


def test_incomplete_profile_lacks_what_it_lacks() -> None:
    def resolve(options: Any) -> Settings:
        from dataclasses import replace

        from fakes.profiles import make_settings

        return make_settings(replace(options, profile="x"), text="[profiles.x]\n")

    flows = {one.flow: one.missing for one in list_flows(resolve, lambda _: SecretPlace(None, None))}
    assert flows[Flow.PKCE] == ("client_id", "authorization_url", "token_url", "scopes")
    assert flows[Flow.TOKEN_EXCHANGE] == ("client_id", "token_url", "registration_id")
