"""The environment alone, the environment against a profile, and credentials that follow no changed address."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes import shared_keyring
from fakes.hostile_server import Answer, HostileServer, token_answer
from fakes.world import CLIENT_ID, CLIENT_SECRET, SCOPE, World, api_answer, cache_token, redirect_of

from egain_auth_cli.models.grants import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakes.process import Finished, LoadedProgram


def error(done: Finished) -> dict[str, Any]:
    document: dict[str, dict[str, Any]] = json.loads(done.err.splitlines()[-1])
    return document["error"]


@pytest.fixture
def bare(world: World) -> World:
    """The same world without any profile."""
    world.egain.config_file.unlink()
    return world


@pytest.fixture
def second() -> Iterator[HostileServer]:
    """A second server that may be spoken to."""
    with HostileServer() as one:
        yield one


def test_environment_alone_gives_a_token_by_basic(bare: World) -> None:
    bare.give_tokens()

    done = bare.egain.run("token", "--client-credentials", env=bare.environment_client())
    (request,) = bare.server.requests

    assert done.shown == (0, "at-1\n", "")
    assert request.form == {"grant_type": "client_credentials", "scope": SCOPE}
    assert request.header("Authorization")[0].startswith("Basic ")
    assert not bare.egain.config_file.exists()


def test_environment_alone_caches_its_token(bare: World) -> None:
    bare.give_tokens()
    environ = bare.environment_client(EGAIN_FLOW="client-credentials")

    done = [bare.egain.run("token", env=environ).shown for _ in range(3)]

    assert done == [(0, "at-1\n", "")] * 3
    assert len(bare.server.requests) == 1


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("EGAIN_SCOPE", "a.read b.read", ("scope", "a.read b.read")),
        ("EGAIN_SCOPE_PREFIX", "https://api.egain.cloud/auth/", ("scope", f"https://api.egain.cloud/auth/{SCOPE}")),
    ],
)
def test_environment_shapes_the_request_and_the_cache(
    bare: World, name: str, value: str, sent: tuple[str, str]
) -> None:
    bare.give_tokens()
    environ = bare.environment_client(EGAIN_FLOW="client-credentials")
    bare.egain.run("token", env=environ)

    done = bare.egain.run("token", env=environ | {name: value})

    assert done.status == 0, done.err
    assert bare.server.requests[-1].form[sent[0]] == sent[1]


def test_environment_says_how_the_client_authenticates(bare: World) -> None:
    bare.give_tokens()

    bare.egain.run("token", "--client-credentials", env=bare.environment_client(EGAIN_CLIENT_AUTH="body"))

    assert bare.server.requests[0].form["client_secret"] == CLIENT_SECRET
    assert bare.server.requests[0].header("Authorization") == []


def test_secret_from_a_file_is_used_without_its_newline(bare: World) -> None:
    bare.give_tokens()
    path = bare.egain.home / "secret"
    path.write_bytes(b"\xef\xbb\xbfsecret-of-a-file\r\n")
    environ = bare.environment_client(
        EGAIN_CLIENT_SECRET="", EGAIN_CLIENT_SECRET_FILE=str(path), EGAIN_CLIENT_AUTH="body"
    )

    done = bare.egain.run("token", "--client-credentials", env=environ)

    assert done.status == 0, done.err
    assert bare.server.requests[0].form["client_secret"] == "secret-of-a-file"


def sign_in_environment(bare: World) -> dict[str, str]:
    return bare.environment_client(
        EGAIN_FLOW="pkce",
        EGAIN_AUTHORIZATION_URL=f"{bare.server.url}/authorize",
        EGAIN_REDIRECT_URI="http://127.0.0.1/callback",
    )


def test_login_by_the_environment_alone_is_kept_and_renewed(bare: World, tmp_path: Path) -> None:
    bare.give_tokens("at-0", expires_in=30, refresh_token="rt-0")
    environ = sign_in_environment(bare) | shared_keyring.environment(tmp_path / "keyring.json")
    running = bare.egain.start("login", "--no-browser", env=environ)
    running.send(redirect_of(running.read_error_until("paste the address")).encode() + b"\n")
    signed_in = running.finish()
    bare.rotate()

    token = bare.egain.run("token", env=environ)
    out = bare.egain.run("logout", env=environ)

    assert (signed_in.status, signed_in.out) == (0, "")
    assert "signed in (the environment's client), valid until " in signed_in.err
    assert token.shown == (0, "at-1\n", "")
    assert (out.status, json.loads((tmp_path / "keyring.json").read_text())) == (0, {})


def test_login_without_a_keyring_is_refused_before_the_browser(bare: World) -> None:
    done = bare.egain.run("login", "--no-browser", env=sign_in_environment(bare))

    assert (done.status, done.out) == (6, "")
    assert "response_type" not in done.err
    assert bare.server.connections == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EGAIN_FLOW", "nothing"),
        ("EGAIN_TOKEN_URL", "http://evil.example/token"),
        ("EGAIN_TOKEN_URL", "https://user:pw@evil.example/token"),
        ("EGAIN_TOKEN_URL", "javascript:alert(1)"),
        ("EGAIN_API_URL", "https://api.example/?q=1"),
        ("EGAIN_SCOPE", 'a"b'),
        ("EGAIN_CLIENT_AUTH", "both"),
        ("EGAIN_REDIRECT_URI", "file:///etc/passwd"),
        ("EGAIN_TIMEOUT", "soon"),
        ("EGAIN_TIMEOUT", "-1"),
        ("EGAIN_CLIENT_SECRET_FILE", "/nonexistent"),
    ],
)
def test_bad_variable_is_a_configuration_failure_that_names_it(
    bare: World, program: LoadedProgram, name: str, value: str
) -> None:
    environ = bare.environment_client() | {name: value}
    if name == "EGAIN_CLIENT_SECRET_FILE":
        environ["EGAIN_CLIENT_SECRET"] = ""

    done = program.run(
        bare.egain, "token", "--client-credentials" if name != "EGAIN_FLOW" else "--no-store", env=environ
    )

    assert (done.status, done.out) == (3, "")
    assert name in done.err
    assert "user:pw" not in done.err
    assert bare.server.requests == []


def test_environment_wins_over_the_default_profile(world: World, second: HostileServer) -> None:
    second.on("/token", token_answer("at-second"))
    environ = {
        "EGAIN_TOKEN_URL": f"{second.url}/token",
        "EGAIN_CLIENT_ID": "env-client",
        "EGAIN_CLIENT_SECRET": "env-s",
    }

    done = world.egain.run("token", "--client-credentials", env=environ)

    assert done.shown == (0, "at-second\n", "")
    assert second.requests[0].form["client_id"] == "env-client"
    assert world.server.requests == []


def test_profile_named_by_the_option_keeps_its_own_against_the_environment(world: World) -> None:
    world.give_tokens()
    world.egain.run("-p", "acme", "secret", "set", stdin=b"secret-of-acme\n")
    environ = {
        "EGAIN_TOKEN_URL": f"{world.elsewhere.url}/token",
        "EGAIN_API_URL": world.elsewhere.url,
        "EGAIN_CLIENT_ID": "env-client",
        "EGAIN_CLIENT_SECRET": "env-secret",
        "EGAIN_CLIENT_AUTH": "basic",
    }

    done = world.egain.run("-p", "acme", "token", "--client-credentials", env=environ)
    status = world.egain.run("-p", "acme", "status", env=environ)

    assert done.shown == (0, "at-1\n", "")
    assert world.server.requests[0].form == {
        "grant_type": "client_credentials",
        "scope": SCOPE,
        "client_id": CLIENT_ID,
        "client_secret": "secret-of-acme",
    }
    for name in ("EGAIN_TOKEN_URL", "EGAIN_API_URL", "EGAIN_CLIENT_ID"):
        assert f"passed over: environment {name} (profile named by -p keeps its own)" in status.out


@pytest.mark.parametrize("gap", [None, ""])
def test_environment_fills_only_the_gaps_of_a_profile_named_by_the_option(world: World, gap: str | None) -> None:
    world.add_profile(client_id=gap)
    world.give_tokens()
    environ = {"EGAIN_CLIENT_ID": "env-client", "EGAIN_CLIENT_SECRET": "env-secret"}

    done = world.egain.run("-p", "acme", "token", "--client-credentials", env=environ)

    assert done.shown == (0, "at-1\n", "")
    assert world.server.requests[0].form["client_id"] == "env-client"


def test_secret_of_another_client_in_the_environment_is_not_sent(world: World) -> None:
    environ = {"EGAIN_CLIENT_ID": "env-client", "EGAIN_CLIENT_SECRET": "env-secret"}

    done = world.egain.run("-p", "acme", "token", "--client-credentials", env=environ)

    assert (done.status, done.out) == (3, "")
    assert world.server.requests == []


@pytest.mark.parametrize("by", ["-p", "EGAIN_PROFILE", "default"])
def test_profile_is_chosen_by_option_then_environment_then_default(world: World, by: str) -> None:
    for name in ("one", "two"):
        world.add_profile(name, client_id=f"client-of-{name}")
    world.give_tokens()
    argv = ("-p", "one") if by == "-p" else ()
    environ = {"EGAIN_PROFILE": "two"} if by != "default" else {}

    world.egain.run(*argv, "token", "--client-credentials", env={"EGAIN_CLIENT_SECRET": "s", **environ})
    expected = {"-p": "client-of-one", "EGAIN_PROFILE": "client-of-two", "default": CLIENT_ID}[by]

    assert world.server.requests[0].form["client_id"] == expected


CHANGES = {
    "client_id": ({"client_id": "client-2"}, {"EGAIN_CLIENT_ID": "client-2"}),
    "token_url": ({"endpoints": "ELSEWHERE"}, {"EGAIN_TOKEN_URL": "ELSEWHERE/token"}),
    "api_url": ({"api_url": "ELSEWHERE"}, {"EGAIN_API_URL": "ELSEWHERE"}),
}


def changed(world: World, what: str, by: str) -> dict[str, str]:
    """Change one address or the client, in the file or by the environment; give the environment."""
    in_file, in_environment = CHANGES[what]
    if by == "environment":
        return {name: value.replace("ELSEWHERE", world.elsewhere.url) for name, value in in_environment.items()}
    values: dict[str, Any] = dict(in_file)
    if values.get("endpoints"):
        url = f"{world.elsewhere.url}/token"
        persona = {"authorization_url": f"{world.elsewhere.url}/authorize", "token_url": url}
        values["endpoints"] = {"user": persona, "client": {"token_url": url}}
    if values.get("api_url"):
        values["api_url"] = world.elsewhere.url
    world.add_profile(**values)
    return {}


@pytest.mark.parametrize("by", ["file", "environment"])
@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("argv", [("token",), ("call", "GET", "/things"), ("export", "sh")])
def test_stored_login_follows_no_changed_address_and_no_changed_client(
    world: World, program: LoadedProgram, what: str, by: str, argv: tuple[str, ...]
) -> None:
    # the second origin must see no connection at all
    world.rotate()
    world.sign_in()
    warm = program.run(world.egain, "token")
    sent = len(world.server.requests)
    environ = changed(world, what, by)

    done = program.run(world.egain, *argv, "--error-format", "json", env=environ)

    assert warm.status == 0
    assert (done.status, done.out) == (3, "")
    assert error(done)["code"] == "binding-changed"
    assert ("by `-p`" if by == "environment" else "egain -p acme login") in error(done)["hint"]
    assert len(world.server.requests) == sent


@pytest.mark.parametrize("by", ["file", "environment"])
@pytest.mark.parametrize("what", CHANGES)
def test_stored_secret_follows_no_changed_address_and_no_changed_client(
    world: World, program: LoadedProgram, what: str, by: str
) -> None:
    world.give_tokens()
    program.run(world.egain, "-p", "acme", "secret", "set", stdin=b"stored-secret\n")
    warm = program.run(world.egain, "token", "--client-credentials")
    sent = len(world.server.requests)
    environ = changed(world, what, by)

    done = program.run(world.egain, "token", "--client-credentials", "--error-format", "json", env=environ)

    assert warm.shown == (0, "at-1\n", "")
    assert (done.status, done.out) == (3, "")
    assert error(done)["code"] == "binding-changed"
    assert ("by `-p`" if by == "environment" else "secret set") in error(done)["hint"]
    assert len(world.server.requests) == sent


def test_changed_back_the_stored_login_is_used_again(world: World) -> None:
    world.rotate()
    world.sign_in()
    world.add_profile(api_url=world.elsewhere.url)
    refused = world.egain.run("token")
    world.add_profile()

    assert refused.status == 3
    assert world.egain.run("token").shown == (0, "at-1\n", "")


def test_cached_client_token_does_not_go_to_a_changed_api(world: World) -> None:
    world.give_tokens("at-old")
    world.client_token()
    world.give_tokens("at-new")
    world.add_profile(api_url="http://127.0.0.1:9")

    assert world.client_token().out == "at-new\n"


def test_login_of_a_profile_is_not_replaced_by_one_of_the_environment(world: World, second: HostileServer) -> None:
    world.rotate()
    world.sign_in()
    environ = {
        "EGAIN_TOKEN_URL": f"{second.url}/token",
        "EGAIN_AUTHORIZATION_URL": f"{second.url}/authorize",
        "EGAIN_CLIENT_ID": "env-client",
    }

    done = world.egain.run("login", "--no-browser", "--force", env=environ)

    assert (done.status, done.out) == (3, "")
    assert world.egain.run("token").shown == (0, "at-1\n", "")


def test_given_access_token_goes_to_no_profile_s_api(world: World) -> None:
    # without EGAIN_API_URL, or with a profile asked for, it is nobody's token
    world.server.on("/things", api_answer())
    world.server.on("/token", Answer(status=400))
    cache_token(world.egain, "at-of-acme", flow=Flow.PKCE)

    alone = world.egain.run("call", "GET", "/things", env={"EGAIN_ACCESS_TOKEN": "at-given"})
    named = world.egain.run(
        "-p",
        "acme",
        "call",
        "GET",
        "/things",
        env={"EGAIN_ACCESS_TOKEN": "at-given", "EGAIN_API_URL": world.server.url},
    )

    assert (alone.status, named.status) == (0, 0)
    assert [one.header("Authorization") for one in world.server.to("/things")] == [["Bearer at-of-acme"]] * 2


def test_configuration_in_the_working_folder_names_nothing(world: World) -> None:
    (world.egain.home / "config.toml").write_text(
        f'default_profile = "evil"\n[profiles.evil]\napi_url = "{world.elsewhere.url}"\n'
    )
    (world.egain.home / ".env").write_text(f"EGAIN_TOKEN_URL={world.elsewhere.url}/token\n")
    world.give_tokens()

    assert world.client_token().shown == (0, "at-1\n", "")
