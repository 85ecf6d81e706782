"""``egain logout`` in every case: what was stored is gone, and what the server said is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Answer, first_line_of
from fakes.world import World, stored_refresh_token

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def signed_in(world: World) -> World:
    """A profile with a login, a cached token and a client secret, and a server that can revoke."""
    urls = world.profile()["endpoints"]["user"] | {"revocation_url": f"{world.server.url}/revoke"}
    world.add_profile(endpoints={"user": urls, "client": {"token_url": urls["token_url"]}})
    world.egain.run("-p", "acme", "secret", "set", stdin=b"stored-secret\n")
    world.sign_in(refresh_token="rt-canary", access_token="at-canary", left=3000)
    world.give_tokens("client-canary")
    assert world.egain.run("token", "--client-credentials").out == "client-canary\n"
    assert world.egain.run("token").out == "at-canary\n"
    world.server.requests.clear()
    return world


def holding(world: World) -> list[Path]:
    """The files that still hold something of the login."""
    marks = (b"rt-canary", b"at-canary", b"client-canary")
    return [path for path in world.egain.files() if any(mark in path.read_bytes() for mark in marks)]


def test_login_is_revoked_and_forgotten(signed_in: World) -> None:
    signed_in.server.on("/revoke", Answer())

    done = signed_in.egain.run("logout")

    assert done.shown == (0, "", "profile `acme`: signed out, revoked at the server\n")
    assert first_line_of(signed_in.server.requests) == ["POST /revoke"]
    assert holding(signed_in) == []


def test_client_secret_stays(signed_in: World) -> None:
    signed_in.server.on("/revoke", Answer())
    signed_in.egain.run("logout")

    done = signed_in.egain.run("secret", "status")

    assert done.status == 0, done.err


def test_after_logout_nobody_is_signed_in_and_no_request_is_made(signed_in: World) -> None:
    signed_in.server.on("/revoke", Answer())
    signed_in.egain.run("logout")
    sent = len(signed_in.server.requests)

    done = signed_in.egain.run("token")

    assert (done.status, done.out) == (4, "")
    assert "egain login --pkce" in done.err
    assert len(signed_in.server.requests) == sent


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer(status=400, body=b'{"error":"unsupported_token_type"}'), 4),
        (Answer(status=401), 4),
        (Answer(status=500), 5),
        (Answer(cut=10), 5),
    ],
)
def test_login_that_was_not_revoked_is_forgotten_all_the_same(signed_in: World, answer: Answer, status: int) -> None:
    signed_in.server.on("/revoke", answer)

    done = signed_in.egain.run("logout")

    assert (done.status, done.out) == (status, "")
    assert "may still be live" in done.err
    assert holding(signed_in) == []


def test_server_that_cannot_be_reached_is_told(signed_in: World) -> None:
    urls = signed_in.profile()["endpoints"]["user"] | {"revocation_url": "http://127.0.0.1:9/revoke"}
    signed_in.add_profile(endpoints={"user": urls})

    done = signed_in.egain.run("logout", "--error-format", "json")
    said = json.loads(done.err.splitlines()[-1])["error"]

    assert (done.status, said["code"], said["exit"]) == (5, "network", 5)
    assert "may still be live" in said["message"]
    assert holding(signed_in) == []


def test_server_that_hangs_is_given_up_at_the_deadline(signed_in: World) -> None:
    signed_in.server.on("/revoke", Answer(until=signed_in.server.closing))

    done = signed_in.egain.run("logout", env={"EGAIN_TIMEOUT": "1"})

    assert done.status == 5
    assert done.seconds < 3
    assert holding(signed_in) == []


def test_no_revoke_asks_the_server_nothing(signed_in: World) -> None:
    done = signed_in.egain.run("logout", "--no-revoke")

    assert done.shown == (0, "", "profile `acme`: signed out\n")
    assert signed_in.server.requests == []
    assert holding(signed_in) == []


def test_server_without_revocation_is_signed_out_of_here_alone(world: World) -> None:
    world.sign_in(refresh_token="rt-canary", access_token="at-canary")

    done = world.egain.run("logout")

    assert done.shown == (0, "", "profile `acme`: signed out\n")
    assert world.server.requests == []
    assert holding(world) == []


def test_nothing_stored_is_no_failure(world: World) -> None:
    done = world.egain.run("logout")

    assert done.shown == (0, "", "profile `acme`: nothing was stored\n")


def test_all_signs_out_of_every_profile_though_one_fails(signed_in: World) -> None:
    urls = signed_in.profile()["endpoints"]["user"] | {"revocation_url": "http://127.0.0.1:9/revoke"}
    signed_in.add_profile("unreachable", endpoints={"user": urls})
    signed_in.add_profile("third")
    for name in ("unreachable", "third"):
        signed_in.egain.environ["EGAIN_PROFILE"] = name
        signed_in.sign_in(refresh_token="rt-canary", access_token="at-canary", left=3000)
    del signed_in.egain.environ["EGAIN_PROFILE"]
    signed_in.server.on("/revoke", Answer())

    done = signed_in.egain.run("logout", "--all")

    assert done.status == 5
    assert "profile `acme`: signed out, revoked at the server\n" in done.err
    assert "profile `third`: signed out\n" in done.err
    assert holding(signed_in) == []


def test_one_profile_s_logout_leaves_another_s_login(signed_in: World) -> None:
    signed_in.add_profile("other")
    signed_in.egain.environ["EGAIN_PROFILE"] = "other"
    signed_in.sign_in(refresh_token="rt-of-other")
    signed_in.server.on("/revoke", Answer())

    signed_in.egain.run("-p", "acme", "logout")

    assert stored_refresh_token(signed_in.egain) == "rt-of-other"


@pytest.mark.parametrize("actor", ["user", "customer"])
def test_every_actor_s_login_is_forgotten(world: World, actor: str) -> None:
    world.add_profile(actor=actor)
    world.sign_in(refresh_token="rt-canary")
    world.add_profile(actor="user")

    world.egain.run("logout")

    assert holding(world) == []


def test_secret_store_that_fails_is_told_and_the_tokens_are_gone(signed_in: World) -> None:
    secrets = signed_in.egain.config_file.parent / "secrets"
    secrets.chmod(0o500)

    done = signed_in.egain.run("logout", "--no-revoke", under=["plain-user"])
    secrets.chmod(0o700)

    assert (done.status, done.out) == (6, "")
    assert [path for path in holding(signed_in) if path.parent != secrets] == []
