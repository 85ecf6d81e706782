"""Every command that a hint names can be run as it stands: the program knows it, and nothing is left to fill in."""

from __future__ import annotations

import shlex
import socket
from typing import TYPE_CHECKING, Any

import pytest
from fakes.command_fixtures import CONFIG
from fakes.hinted_commands import FILLED, commands_in, commands_in_the_source, fault_of
from fakes.hostile_server import json_answer
from fakes.process import ended
from fakes.world import CLIENT_SECRET, redirect_of

if TYPE_CHECKING:
    from fakes.command_line import CommandLine
    from fakes.world import World

NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
IN_KEYRING = CONFIG.replace('secret_store = "file"', 'secret_store = "keyring"\ntoken_cache = "keyring"')
WITHOUT = {
    "default": CONFIG.replace('default_profile = "acme"', ""),
    "flow": CONFIG.replace('flow = "pkce"\n', ""),
    "client ID": CONFIG.replace('client_id = "b4b2c1d9-4c19-4e8a-8e7a-9a0b1c2d3e4f"\n', ""),
    "scopes": CONFIG.replace('scopes = ["knowledge.portalmgr.read", "core.aiservices.read"]\n', ""),
    "API": CONFIG.replace('api_url = "https://api.ai.egain.cloud"\n', ""),
    "URLs": CONFIG.partition("[profiles.acme.endpoints.user]")[0],
    "place": CONFIG.replace('secret_store = "file"', 'secret_store = "none"\ntoken_cache = "none"'),
}
LONE_CLIENT = {"EGAIN_CLIENT_ID": "client-1", "EGAIN_TOKEN_URL": "https://ai.example/token"}
SITUATIONS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "no profile": ("", {}, ["token"]),
    "no profile to sign in for": ("", {}, ["login"]),
    "no profile to keep a secret for": ("", {}, ["secret", "set"]),
    "no profile to change": ("", {}, ["profile", "set", "acme", "flow", "pkce"]),
    "no profile to show": ("", LONE_CLIENT, ["profile", "show"]),
    "half a client": ("", {"EGAIN_CLIENT_ID": "client-1"}, ["token"]),
    "client without a flow": ("", LONE_CLIENT, ["token"]),
    "client without scopes": ("", LONE_CLIENT, ["login", "--pkce"]),
    "client without a secret": ("", {**LONE_CLIENT, **NO_KEYRING}, ["token", "--client-credentials", "--scope", "a"]),
    "client without a keyring": (
        "",
        {**LONE_CLIENT, **NO_KEYRING, "EGAIN_AUTHORIZATION_URL": "https://ai.example/a"},
        ["login", "--pkce", "--scope", "a"],
    ),
    "no default": (WITHOUT["default"], {}, ["token"]),
    "slip in a profile's name": (CONFIG, {}, ["-p", "acne", "token"]),
    "other profile": (CONFIG, {}, ["-p", "nothing-like-it", "token"]),
    "taken name": (CONFIG, {}, ["profile", "add", "acme", "--client-id", "x"]),
    "taken name of a rename": (CONFIG, {}, ["profile", "rename", "acme", "ci"]),
    "nobody to ask": (CONFIG, {}, ["profile", "add", "new"]),
    "no editor without a terminal": (CONFIG, {}, ["profile", "edit"]),
    "slip in a key": (CONFIG, {}, ["profile", "set", "acme", "scopes", "a b"]),
    "unknown key": (CONFIG, {}, ["profile", "set", "acme", "zzz", "a"]),
    "wrong value": (CONFIG, {}, ["profile", "set", "acme", "flow", "implicit"]),
    "wrong list": (CONFIG, {}, ["profile", "set", "acme", "redirect_uris", "[1"]),
    "file that is no TOML": ("[", {}, ["token"]),
    "file of a newer version": ("version = 9", {}, ["token"]),
    "profile that does not check": (CONFIG.replace('flow = "pkce"', 'flow = "x"'), {}, ["token"]),
    "flow without a login": (CONFIG, {}, ["-p", "ci", "login"]),
    "login without a flow": (WITHOUT["flow"], {}, ["login"]),
    "token without a flow": (WITHOUT["flow"], {}, ["token"]),
    "login without scopes": (WITHOUT["scopes"], {}, ["login"]),
    "login without a client ID": (WITHOUT["client ID"], {}, ["login"]),
    "login without URLs": (WITHOUT["URLs"], {}, ["login"]),
    "login without a place": (WITHOUT["place"], {}, ["login"]),
    "login without a keyring": (IN_KEYRING, NO_KEYRING, ["login"]),
    "login with a secret that is nowhere": (CONFIG, {}, ["login", "--auth-code", "--scope", "a"]),
    "token without a login": (CONFIG, {}, ["token"]),
    "token without a login of a customer": (CONFIG, {}, ["-p", "acme", "token", "--actor", "customer"]),
    "token without a secret": (CONFIG, {}, ["token", "--client-credentials"]),
    "token without an endpoint": (CONFIG, {}, ["token", "--anonymous", "--scope", "a"]),
    "token without a person": (CONFIG, {"EGAIN_FLOW": "on-behalf-of"}, ["token", "--scope", "a"]),
    "token without another token": (CONFIG, {}, ["token", "--token-exchange"]),
    "token without a keyring": (IN_KEYRING, NO_KEYRING, ["token", "--client-credentials"]),
    "token without a keyring for tokens": (
        IN_KEYRING, {**NO_KEYRING, "EGAIN_CLIENT_SECRET": "made-up"}, ["token", "--client-credentials"]
    ),
    "secret without a keyring": (IN_KEYRING, NO_KEYRING, ["secret", "set"]),
    "secret without a place": (CONFIG, {}, ["-p", "ci", "secret", "set"]),
    "secret without a URL": (WITHOUT["URLs"], {}, ["secret", "set"]),
    "secret that is empty": (CONFIG, {}, ["secret", "set"]),
    "secret that is nowhere": (CONFIG, {}, ["secret", "status"]),
    "logout of nobody": (CONFIG, {}, ["logout"]),
    "doctor": (CONFIG, {}, ["doctor", "--offline"]),
    "doctor without a keyring": (IN_KEYRING, NO_KEYRING, ["doctor", "--offline"]),
    "status": (CONFIG, {}, ["status"]),
    "call without an API": (WITHOUT["API"], {}, ["call", "GET", "/x"]),
    "call of another API": (CONFIG, {}, ["call", "GET", "https://evil.example/x"]),
    "call without a path": (CONFIG, {}, ["call", "GET"]),
    "expired token of the environment": (
        "",
        {"EGAIN_ACCESS_TOKEN": "a.b", "EGAIN_API_URL": "https://api.example", "EGAIN_TOKEN_EXPIRES_AT": "1"},
        ["call", "GET", "/x"],
    ),
    "slip in a command": (CONFIG, {}, ["tokn"]),
    "slip in a command of a group": (CONFIG, {}, ["profile", "delete"]),
    "slip in a format": (CONFIG, {}, ["export", "bash"]),
    "slip in an option": (CONFIG, {}, ["token", "--pkec"]),
    "login by a client": (CONFIG, {}, ["login", "--client-credentials"]),
    "token as an argument": (CONFIG, {}, ["inspect", "a.b.c"]),
    "no token on stdin": (CONFIG, {}, ["inspect", "-"]),
    "two flows": (CONFIG, {}, ["token", "--pkce", "--anonymous"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", SITUATIONS)
def test_commands_of_an_error_can_be_run(program_line: CommandLine, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    config, environ, argv = SITUATIONS[kind]
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    if config:
        program_line.write_config(config)
    ran = program_line(*argv)
    faults = {command: fault for command in commands_in(ran.out + ran.err) if (fault := fault_of(command))}

    # Whoever mistook a command's name alone is told that alone.
    assert {one: fault for one, fault in faults.items() if f"did you mean `{one}`" not in ran.err} == {}
    assert "error: " not in ran.err or "hint: " in ran.err


REFUSALS = (
    "invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client", "unsupported_grant_type",
    "invalid_request", "access_denied", "interaction_required", "made_up_by_nobody",
)  # fmt: skip
ASKING = {
    "client": ("token", "--client-credentials"),
    "person": ("token",),
    "anonymous": ("token", "--anonymous", "--scope", "a"),
    "on behalf": ("token", "--on-behalf-of", "alice", "--scope", "a"),
    "exchange": ("token", "--token-exchange"),
}


@pytest.mark.parametrize("error", REFUSALS)
@pytest.mark.parametrize("named", [(), ("-p", "acme")], ids=["default", "-p"])
def test_commands_of_a_refusal_can_be_run(world: World, error: str, named: tuple[str, ...]) -> None:
    world.server.on("/token", json_answer({"error": error}, status=400))
    given = {"EGAIN_CLIENT_SECRET": CLIENT_SECRET, "EGAIN_SUBJECT_TOKEN": "made-up", "EGAIN_REGISTRATION_ID": "r-1"}
    world.sign_in()
    for asked in ASKING.values():
        done = world.egain.run(*named, *asked, env=given)

        assert {one: fault for one in commands_in(done.err) if (fault := fault_of(one))} == {}, asked
        assert "error: " in done.err


def refused_sign_in(world: World, error: str, *argv: str) -> str:
    with ended(world.egain.start("login", "--no-browser", *argv)) as login:
        asked = redirect_of(login.read_error_until("paste the address")).replace("code=code-canary-1", f"error={error}")
        login.send(asked.encode() + b"\n")
        return login.finish().err


@pytest.mark.parametrize("error", ["access_denied", "unauthorized_client", "invalid_scope"])
def test_commands_of_a_sign_in_that_is_refused_can_be_run(world: World, error: str) -> None:
    said = refused_sign_in(world, error)

    assert {one: fault for one in commands_in(said) if (fault := fault_of(one))} == {}


def test_platform_that_refuses_the_flow_is_led_to_the_other_one(world: World) -> None:
    said = refused_sign_in(world, "unauthorized_client")

    assert "at a Web application a person signs in by `egain login --auth-code`" in said
    assert "`egain profile set acme flow authorization-code` makes that the profile's flow" in said


def test_other_redirect_uri_is_named_in_a_command(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        uri = f"http://127.0.0.1:{taken.getsockname()[1]}/callback"
        world.add_profile(redirect_uris=[uri])
        done = world.egain.run("login")
    [command] = [one for one in commands_in(done.err) if "redirect_uris" in one]

    assert fault_of(command) is None
    assert shlex.split(command)[-1].split()[0] == uri


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 429, 500])
def test_commands_of_an_answer_of_the_api_can_be_run(world: World, status: int) -> None:
    world.give_tokens()
    for path in ("/knowledge/portalmgr/v4/portals", "/knowledge/portalmgr/v4/portal", "/nothing"):
        world.server.on(path, json_answer({"code": "made-up"}, status=status))
        done = world.egain.run("call", "GET", path, "--client-credentials", env={"EGAIN_CLIENT_SECRET": CLIENT_SECRET})

        assert {one: fault for one in commands_in(done.err) if (fault := fault_of(one))} == {}


def test_every_command_in_a_text_of_the_program_is_one() -> None:
    named = list(commands_in_the_source())
    whole = {
        (place, command): fault
        for place, command in named
        if (fault := fault_of(command.replace(FILLED, "x"))) and not _begins_with_what_is_filled_in(command)
    }

    assert len(named) > 60
    assert whole == {}


def _begins_with_what_is_filled_in(command: str) -> bool:
    """Whether the command's own word, or an option, is filled in, so that nothing can be told of it here."""
    words = command.split()[1:]
    return any(FILLED in word for word in words[:2]) and words[:1] != ["-p"]


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("egain profile set NAME flow pkce", "NAME"),
        ("egain profile set acme flows.FLOW.scopes a", "no key"),
        ("egain profile set acme scopes VALUE", "VALUE"),
        ("egain tokn", "No such command"),
        ("egain token --nothing", "No such option"),
        ("egain profile use", "Missing argument"),
        ("egain call GET", None),
        ("egain -p acme login --pkce", None),
        ("egain profile set acme client_id ID", None),
    ],
)
def test_faults_are_found(command: str, why: str | None) -> None:
    fault: Any = fault_of(command)

    assert (fault is None) == (why is None)
    assert why is None or why in fault
