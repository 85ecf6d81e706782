"""What makes a profile, or keeps its secret, says which profile it meant, which is the default, and what is next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from fakes.instance import TENANT, deployment_info, keep_profile, metadata, serve

if TYPE_CHECKING:
    from fakes.process import Egain
    from fakes.world import World

OWN = ("--tenant", TENANT, "--client-id", "client-1")
WITH_SCOPE = (*OWN, "--scope", "knowledge.portalmgr.read")
SPA = "`egain profile set acme flow pkce` (Single Page Application, Public Client/Native)"
WEB = "`egain profile set acme flow client-credentials` (Web)"
NEXT = {
    "sign in": ((*WITH_SCOPE, "--flow", "pkce"), "`egain login`"),
    "secret, then sign in": ((*WITH_SCOPE, "--flow", "authorization-code"), "`egain secret set`"),
    "secret": ((*WITH_SCOPE, "--flow", "client-credentials"), "`egain secret set`"),
    "token": ((*WITH_SCOPE, "--flow", "anonymous"), "`egain token`"),
    "scopes": ((*OWN, "--flow", "pkce"), "`egain profile set acme flows.pkce.scopes SCOPES`"),
    "client ID": (
        ("--tenant", TENANT, "--flow", "pkce"),
        "`egain profile set acme client_id ID`, then `egain profile set acme flows.pkce.scopes SCOPES`",
    ),
    "registration": (
        (*WITH_SCOPE, "--flow", "token-exchange"),
        "`egain profile set acme flows.token-exchange.registration_id ID`",
    ),
    "flow": (
        OWN,
        f"choose the flow, such as {SPA} or {WEB}",
    ),
}


def last_lines(text: str) -> list[str]:
    return text.splitlines()[-2:]


@pytest.mark.parametrize("kind", NEXT)
def test_new_profile_is_followed_by_what_it_needs_next(egain: Egain, kind: str) -> None:
    options, wanted = NEXT[kind]
    done = egain.run("profile", "add", "acme", *options)

    assert done.status == 0, done.err
    assert last_lines(done.err) == ["profile `acme` is made, and is the default", f"next: {wanted}"]


@pytest.mark.parametrize("variable", ["EGAIN_CLIENT_SECRET", "EGAIN_CLIENT_SECRET_FILE"])
def test_secret_that_the_environment_gives_is_not_asked_for(egain: Egain, variable: str) -> None:
    done = egain.run("profile", "add", "acme", *WITH_SCOPE, "--flow", "client-credentials", env={variable: "made-up"})

    assert last_lines(done.err)[1] == "next: `egain token`"


def test_profile_beside_the_default_is_named_in_what_is_next(egain: Egain) -> None:
    keep_profile(egain)
    done = egain.run("profile", "add", "acme", *WITH_SCOPE, "--flow", "client-credentials")

    assert last_lines(done.err) == [
        "profile `acme` is made; the default is still `kept`: `egain profile use acme` changes that",
        "next: `egain -p acme secret set`",
    ]


def test_profile_that_the_environment_names_is_the_one_in_use(egain: Egain) -> None:
    keep_profile(egain)
    options = (*WITH_SCOPE, "--flow", "anonymous")
    named = egain.run("profile", "add", "acme", *options, env={"EGAIN_PROFILE": "acme"})
    other = egain.run("profile", "add", "first", *options, env={"EGAIN_PROFILE": "kept"})

    assert last_lines(named.err)[1] == "next: `egain token`"
    assert last_lines(other.err)[1] == "next: `egain -p first token`"


def test_discovered_and_imported_profiles_say_so_too(world: World) -> None:
    serve(world.server, deployment_info(world.server), metadata())
    document = world.egain.home / "metadata.json"
    document.write_text(json.dumps(metadata()))
    discovered = world.egain.run("profile", "discover", "found", world.server.url)
    imported = world.egain.run("profile", "import", "brought", str(document), "--client-id", "client-1")

    for done, name in ((discovered, "found"), (imported, "brought")):
        said, *_, following = done.err.splitlines()
        assert done.status == 0, done.err
        assert said.startswith(f"profile `{name}` ")
        assert said.endswith(f"; the default is still `acme`: `egain profile use {name}` changes that")
        assert following.startswith("next: choose the flow, such as `egain profile set ")


def test_profile_that_is_brought_up_to_date_is_not_asked_for_its_secret_again(world: World) -> None:
    world.add_profile(flow="client-credentials")
    serve(world.server, deployment_info(world.server), metadata())
    done = world.egain.run("profile", "discover", "acme", world.server.url)

    assert last_lines(done.err)[1] == "next: `egain token`"


def test_kept_secret_is_told_with_its_profile_and_the_default(world: World) -> None:
    world.add_profile(flow="client-credentials")
    world.add_profile("ci", flow="authorization-code")
    own = world.egain.run("secret", "set", stdin=b"secret-canary\n")
    other = world.egain.run("-p", "ci", "secret", "set", stdin=b"secret-canary\n")

    assert own.err.startswith("the client secret of profile `acme`, the default, is stored: ")
    assert own.err.endswith("\nnext: `egain token`\n")
    assert other.err.startswith("the client secret of profile `ci` (the default is `acme`) is stored: ")
    assert "outranks" not in own.err + other.err
    assert other.err.endswith("\nnext: `egain -p ci login`\n")


@pytest.mark.parametrize(
    ("words", "outranks"),
    [([], ["EGAIN_CLIENT_SECRET", "client_secret_command"]), (["-p", "acme"], ["client_secret_command"])],
)
def test_kept_secret_that_something_outranks_is_told_so(world: World, words: list[str], outranks: list[str]) -> None:
    world.add_profile(flow="client-credentials", client_secret_command=["false"])

    done = world.egain.run(*words, "secret", "set", stdin=b"made-up\n", env={"EGAIN_CLIENT_SECRET": "another"})

    warnings = [line for line in done.err.splitlines() if line.startswith("warning: ")]
    assert (done.status, done.out) == (0, "")
    assert [f"warning: `{one}` has a client secret too, and outranks the stored one" for one in outranks] == warnings
