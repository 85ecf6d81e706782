"""What a hint says to do depends on where the value came from that was refused."""

from __future__ import annotations

import shlex
import socket
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest
from fakes.hinted_commands import commands_in
from fakes.hostile_server import json_answer
from fakes.world import cache_token

from egain_auth_cli.auth import EgainAuth, access_token
from egain_auth_cli.errors import ProfileMissing

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.command_line import CommandLine
    from fakes.process import Finished
    from fakes.world import World

SECRET = "secret-canary-1"
PRINTS = [sys.executable, "-c", f"print({SECRET!r})"]


def refused(world: World, error: str, *argv: str, **env: str) -> Finished:
    """Ask for a token that the token endpoint refuses."""
    world.server.on("/token", json_answer({"error": error}, status=400))
    done = world.egain.run(*(argv or ("token", "--client-credentials")), env=env)
    assert (done.status, done.stdout) == (4, b"")
    return done


def test_secret_that_is_refused_is_told_by_its_source(world: World, tmp_path: Path) -> None:
    world.add_profile(flow="client-credentials")
    (tmp_path / "secret").write_text(SECRET)
    told = {"variable": refused(world, "invalid_client", EGAIN_CLIENT_SECRET=SECRET).err}
    told["file"] = refused(world, "invalid_client", EGAIN_CLIENT_SECRET_FILE=str(tmp_path / "secret")).err
    world.egain.run("secret", "set", stdin=SECRET.encode())
    told["store"] = refused(world, "invalid_client").err
    world.add_profile(flow="client-credentials", client_secret_command=PRINTS)
    told["command"] = refused(world, "invalid_client").err

    assert "the secret came from `EGAIN_CLIENT_SECRET`" in told["variable"]
    assert "the secret came from `EGAIN_CLIENT_SECRET_FILE`" in told["file"]
    assert "the secret came from `client_secret_command`" in told["command"]
    assert "`egain secret set` replaces the stored one" in told["store"]
    assert [name for name in told if "secret set" in told[name]] == ["store"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EGAIN_CLIENT_ID", "foreign"),
        ("EGAIN_SCOPE", "x.read"),
        ("EGAIN_SCOPE_PREFIX", "https://x/"),
        ("EGAIN_CLIENT_AUTH", "basic"),
        ("EGAIN_FLOW", "client-credentials"),
        ("EGAIN_TOKEN_URL", ""),
    ],
)
def test_variable_that_has_a_say_in_what_is_refused_is_named(world: World, name: str, value: str) -> None:
    world.add_profile(flow="client-credentials", client_secret_command=PRINTS)

    given = {name: value or f"{world.server.url}/token", "EGAIN_CLIENT_SECRET": SECRET}
    done = refused(world, "unauthorized_client", "token", **given)
    without = refused(world, "unauthorized_client")

    assert f"taken from the environment: `{name}`, `EGAIN_CLIENT_SECRET`" in done.err
    assert "environment" not in without.err


def test_token_url_that_is_not_reached_is_told_by_its_variable(world: World) -> None:
    world.add_profile(flow="client-credentials", client_secret_command=PRINTS)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/token"

    done = world.egain.run("token", env={"EGAIN_TOKEN_URL": url, "EGAIN_CLIENT_SECRET": SECRET})

    assert done.status == 5
    assert "`EGAIN_TOKEN_URL` names that host" in done.err


def test_login_that_is_not_renewed_names_the_variable_too(world: World) -> None:
    world.add_profile(flow="pkce")
    world.sign_in()

    done = refused(world, "invalid_grant", "token", EGAIN_TOKEN_URL=f"{world.server.url}/token")

    assert "`egain login --pkce`; taken from the environment: `EGAIN_TOKEN_URL`" in done.err


@pytest.mark.parametrize(("argv", "named"), [((), ""), (("-p", "acme"), "-p acme ")], ids=["default", "-p"])
def test_commands_of_a_hint_are_for_the_profile_that_was_named(world: World, argv: tuple[str, ...], named: str) -> None:
    world.add_profile(flow="client-credentials", secret_store="keyring")
    world.add_profile("other", flow="pkce", secret_store="file")
    no_keyring = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}

    locked = world.egain.run(*argv, "token", env=no_keyring)
    status = world.egain.run("-p", "other", "status")

    assert locked.status == 6
    assert "`egain profile set acme secret_store file`" in locked.err
    assert "`egain -p other login --pkce`" in status.err
    assert refused(world, "invalid_request", *argv, "token", EGAIN_CLIENT_SECRET=SECRET).err.count(
        f"`egain {named}profile show`"
    )


def test_login_that_is_none_is_told_what_gives_the_token(world: World) -> None:
    world.add_profile(flow="client-credentials")

    done = world.egain.run("login")

    assert done.status == 2
    assert "the flow `client-credentials` needs no login" in done.err
    assert "hint: `egain token` gives its token; a person signs in by `egain login --pkce`" in done.err


def test_login_without_a_flow_names_those_that_log_in(world: World) -> None:
    world.add_profile(flow=None)

    done = world.egain.run("login")

    assert done.status == 3
    assert "hint: `egain login --pkce` or `egain login --auth-code`; or set `flow` in the profile" in done.err
    assert "--client-credentials" not in done.err


def test_path_that_is_not_there_is_answered_with_the_nearest_that_is_documented(world: World) -> None:
    world.add_profile(flow="client-credentials")
    world.give_tokens()

    done = world.egain.run("call", "GET", "/knowledge/portalmgr/v4/portal", env={"EGAIN_CLIENT_SECRET": SECRET})

    assert done.status == 7
    assert (
        "did you mean `/knowledge/portalmgr/v4/portals`? `egain call --list portal` shows documented paths" in done.err
    )


def test_address_of_this_machine_where_nobody_listens_names_the_sandbox(world: World) -> None:
    world.add_profile(flow="client-credentials")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/token"

    done = world.egain.run("token", env={"EGAIN_TOKEN_URL": url, "EGAIN_CLIENT_SECRET": SECRET})

    assert "nothing listens there: start it, as `egain sandbox`" in done.err


def test_scope_that_was_never_asked_for_is_told_as_that(world: World) -> None:
    world.add_profile(flow="client-credentials", flows={}, client_secret_command=PRINTS)

    done = refused(world, "invalid_scope")

    assert "no scope was asked for: name it by `--scope`, or" in done.err
    assert "flows.client-credentials.scopes" in done.err
    assert "`EGAIN_SCOPE`" in done.err


def test_prefix_of_a_scope_that_is_refused_is_told_with_what_takes_it_away(world: World) -> None:
    world.add_profile(flow="client-credentials", client_secret_command=PRINTS)
    without = refused(world, "invalid_scope")
    in_variable = refused(world, "invalid_scope", EGAIN_SCOPE_PREFIX="https://x.test/auth/")
    world.add_profile(flow="client-credentials", client_secret_command=PRINTS, scope_prefix="https://own.test/auth")
    in_profile = refused(world, "invalid_scope")

    assert "the prefix" not in without.err
    assert "the prefix `https://x.test/auth/` comes from `EGAIN_SCOPE_PREFIX`" in in_variable.err
    assert "the prefix `https://own.test/auth` comes from the profile" in in_profile.err
    command = next(one for one in commands_in(in_profile.err) if one.startswith("egain profile set"))
    assert world.egain.run(*shlex.split(command)[1:]).status == 0
    assert "the prefix" not in refused(world, "invalid_scope").err


def test_secret_that_is_refused_is_told_with_the_other_way_of_sending_it(world: World) -> None:
    world.add_profile(flow="client-credentials", client_secret_command=PRINTS)
    in_body = refused(world, "invalid_client")
    command = next(one for one in commands_in(in_body.err) if one.startswith("egain profile set"))
    assert world.egain.run(*shlex.split(command)[1:]).status == 0
    by_basic = refused(world, "invalid_client")
    in_variable = refused(world, "invalid_client", EGAIN_CLIENT_AUTH="body")

    assert "sent by `client_auth` body" in in_body.err
    assert "sent by `client_auth` basic" in by_basic.err
    assert "`EGAIN_CLIENT_AUTH=basic` sends it the other way" in in_variable.err
    sent = [{name.lower() for name, _ in one.headers} for one in world.server.requests[:2]]
    assert [False, True] == ["authorization" in names for names in sent]


def test_token_that_the_api_refuses_is_no_login_that_ends(world: World) -> None:
    world.add_profile(flow="pkce")
    cache_token(world.egain, "at-0")
    world.server.on("/things", json_answer({"code": "401-101"}, status=401))

    done = world.egain.run("call", "GET", "/things")

    assert done.status == 4
    assert "the API refused the token, and there is nothing to renew it with" in done.err


def test_missing_api_is_told_as_what_a_call_needs(world: World) -> None:
    world.add_profile(flow="client-credentials", api_url=None)

    done = world.egain.run("call", "GET", "/things", env={"EGAIN_CLIENT_SECRET": SECRET})

    assert (done.status, "no `api_url` (`egain call` needs it)" in done.err) == (3, True), done.err


def test_profile_that_a_program_names_wrongly_is_told_in_its_own_words(configured: CommandLine) -> None:
    for auth in (partial(EgainAuth, profile="acmee"), partial(access_token, profile="acmee", flow="pkce")):
        with pytest.raises(ProfileMissing) as caught:
            auth()
        assert caught.value.hint == "`profile=` names one of `acme`, `ci`"
