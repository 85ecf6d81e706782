"""The status of a login: what is left of it, and whether it can be used."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.profiles import altered
from fakes.secret_store import locked_store
from fakes.tokens import make_token

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.health.status import Status, StatusReader
from egain_auth_cli.models.grants import Actor, Flow, Subject

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.settings.settings import FlowOptions, Settings


def reader(bench: Bench) -> StatusReader:
    return StatusReader(lambda _: bench.credentials, clock=bench.clock)


def status_of(bench: Bench, **options: Any) -> Status:
    return reader(bench).describe(bench.settings(**options))


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
    if login:
        bench.signed_in()
    if cached is not None:
        bench.cached(make_token(lives=cached))
    found = status_of(bench)

    left, there, renewable, usable = expected
    assert (left, renewable, usable, None) == (found.seconds_left, found.renewable, found.usable, found.problem)
    assert (found.expires_at is not None) == bool(there)


def test_status_of_a_flow_without_a_person_needs_no_login(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.client_secret()
    found = status_of(bench, flow=Flow.CLIENT_CREDENTIALS)

    assert (found.renewable, found.usable, found.client_secret) == (None, True, "memory")


def test_status_of_an_unfinished_profile_is_told_without_an_error(tmp_path: Path) -> None:
    found = status_of(Bench(tmp_path, text='default_profile = "x"\n[profiles.x]\n'))

    assert (found.usable, found.client_secret, found.expires_at) == (False, "none", None)


def test_status_says_why_the_login_or_the_secret_cannot_be_used(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.environ["EGAIN_CLIENT_SECRET"] = "two\nlines"
    secret = status_of(bench, flow=Flow.CLIENT_CREDENTIALS)
    del bench.environ["EGAIN_CLIENT_SECRET"]
    bench.store = locked_store()

    assert (secret.problem or "").startswith("`EGAIN_CLIENT_SECRET` is no client secret")
    assert status_of(bench).problem == "the keyring is locked"


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

    def resolve(options: FlowOptions) -> Settings:
        return bench.settings(flow=options.flow, actor=options.actor)

    found = reader(bench).describe(bench.settings(), resolve).stored

    assert [
        (Flow.PKCE, Actor.CUSTOMER, 600.0, False),
        (Flow.AUTHORIZATION_CODE, Actor.USER, None, True),
        (Flow.CLIENT_CREDENTIALS, None, -5.0, None),
    ] == [(one.flow, one.actor, one.seconds_left, one.renewable) for one in found]


def test_status_says_of_a_kept_login_why_it_is_not_used(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.signed_in()
    bench.text = altered(client_id='"another-client"')

    def resolve(options: FlowOptions) -> Settings:
        if options.flow is Flow.AUTHORIZATION_CODE:
            raise ConfigError("invalid")
        return bench.settings(flow=options.flow, actor=options.actor)

    (found,) = reader(bench).describe(bench.settings(), resolve).stored
    assert found.problem == "the stored credential belongs to another client ID and is not used"


def test_status_holds_nothing_secret(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.signed_in("made-up-refresh")
    bench.cached(make_token("made-up-access"))

    assert "made-up" not in repr(status_of(bench))


@pytest.mark.parametrize("stored", ["token", "login"])
def test_status_says_who_signed_in(tmp_path: Path, stored: str) -> None:
    bench = Bench(tmp_path)
    if stored == "token":
        bench.cached(replace(make_token(), person="alice"))
    else:
        bench.logins.store(bench.settings(), replace(make_token(refresh="made-up-refresh"), person="alice"))

    assert status_of(bench).person == "alice"
