"""Profiles made, changed, renamed and removed: what belongs to them goes with them, and nothing stays behind."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from fakes.world import CLIENT_ID, World, stored_refresh_token

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.process import Egain, LoadedProgram

MARKS = (b"rt-canary", b"at-canary", b"stored-canary", b"client-canary")


def stocked(world: World) -> World:
    """Return the profile a secret, a login and cached tokens."""
    world.egain.run("-p", "acme", "secret", "set", stdin=b"stored-canary\n")
    world.sign_in(refresh_token="rt-canary", access_token="at-canary", left=3000)
    world.give_tokens("client-canary")
    for argv in (("token", "--client-credentials"), ("token",), ("-p", "acme", "token")):
        assert world.egain.run(*argv).status == 0
    return world


def holding(egain: Egain) -> list[Path]:
    return [path for path in egain.files() if any(mark in path.read_bytes() for mark in MARKS)]


def document(egain: Egain) -> dict[str, Any]:
    return tomllib.loads(egain.config_file.read_text())


def test_removed_profile_leaves_nothing_behind(world: World) -> None:
    stocked(world)
    world.add_profile("other")

    done = world.egain.run("profile", "remove", "acme")

    assert done.shown == (0, "", "profile `acme` is removed\n")
    assert list(document(world.egain)["profiles"]) == ["other"]
    assert "default_profile" not in document(world.egain)
    assert holding(world.egain) == []


def test_last_profile_can_be_removed_too(egain: Egain) -> None:
    egain.run("profile", "add", "acme", "--tenant", "T1", "--client-id", "x")
    egain.run("profile", "set", "acme", "secret_store", "file")
    done = egain.run("profile", "remove", "acme")

    assert done.shown == (0, "", "profile `acme` is removed\n")
    assert egain.run("profile", "list").out == ""


def test_without_a_keyring_a_profile_can_be_renamed_and_removed(egain: Egain) -> None:
    # nothing can be stored in a keyring that is not there
    for name in ("acme", "other"):
        egain.run("profile", "add", name, "--tenant", "T1", "--client-id", "x")

    renamed, removed = egain.run("profile", "rename", "acme", "new"), egain.run("profile", "remove", "new")

    assert [(done.status, done.out) for done in (renamed, removed)] == [(0, ""), (0, "")]


def test_removal_that_fails_keeps_the_profile_with_its_secret(world: World) -> None:
    stocked(world)
    world.egain.config_file.parent.chmod(0o500)
    done = world.egain.run("profile", "remove", "acme", under=["plain-user"])
    world.egain.config_file.parent.chmod(0o700)

    assert (done.status, done.out) == (3, "")
    assert world.egain.run("secret", "status").status == 0


def test_renamed_profile_takes_its_secret_and_its_login_along(world: World) -> None:
    stocked(world)

    done = world.egain.run("profile", "rename", "acme", "new")
    old = [path for path in holding(world.egain) if "acme" in path.name]

    assert done.shown == (0, "", "profile `acme` is now `new`\n")
    assert document(world.egain)["default_profile"] == "new"
    assert stored_refresh_token(world.egain) == "rt-canary"
    assert world.egain.run("-p", "new", "secret", "status").status == 0
    assert old == []


def test_old_name_of_a_renamed_profile_gives_no_token(world: World) -> None:
    stocked(world)
    world.egain.run("profile", "rename", "acme", "new")

    done = world.egain.run("-p", "acme", "token")

    assert (done.status, done.out) == (3, "")


def test_profile_made_anew_under_an_old_name_inherits_nothing(world: World) -> None:
    stocked(world)
    world.add_profile("other")
    world.egain.run("profile", "remove", "acme")
    world.add_profile()

    done = world.egain.run("-p", "acme", "token")
    secret = world.egain.run("-p", "acme", "secret", "status")

    assert (done.status, secret.status) == (4, 3)


@pytest.mark.parametrize("new", ["other", "acme"])
def test_rename_to_a_name_that_is_taken_changes_nothing(world: World, new: str) -> None:
    stocked(world)
    world.add_profile("other")
    before = world.egain.config_file.read_bytes()

    done = world.egain.run("profile", "rename", "acme", new)

    assert (done.status, done.out) == (3, "")
    assert world.egain.config_file.read_bytes() == before
    assert stored_refresh_token(world.egain) == "rt-canary"


@pytest.mark.parametrize("name", ["../x", "/", ".", "", "a" * 65, "a b", "a/b", "\u00e9", "a\n", "a\x1b[0m"])
def test_name_that_could_be_a_path_is_refused(egain: Egain, program: LoadedProgram, name: str) -> None:
    done = program.run(egain, "profile", "add", name, "--client-id", "x", "--tenant", "T1")

    assert (done.status, done.out) == (3, "")
    assert done.err.rstrip("\n").replace("\n", "").isprintable()
    assert not egain.config_file.exists()


def test_names_that_differ_in_case_alone_are_two_profiles(world: World) -> None:
    for name in ("Case", "case"):
        world.add_profile(name)
        world.egain.run("-p", name, "secret", "set", stdin=f"secret-of-{name}\n".encode())
    world.give_tokens()
    for name in ("Case", "case"):
        world.egain.run("-p", name, "token", "--client-credentials")

    assert [one.form["client_secret"] for one in world.server.requests] == ["secret-of-Case", "secret-of-case"]


def test_comments_and_unknown_keys_survive_every_change(world: World) -> None:
    text = world.egain.config_file.read_text()
    ours = f"# mine\n{text}# last\n\n[tool.other]\nkept = true # really\n"
    world.egain.config_file.write_text(
        ours.replace('client_id = "client-1"', 'client_id = "client-1" # the one\nfuture = 1')
    )
    for argv in (
        ("set", "acme", "domain_hint", "x.example"),
        ("add", "other", "--client-id", "y", "--tenant", "T1"),
        ("set", "other", "secret_store", "file"),
        ("use", "other"),
        ("rename", "other", "third"),
        ("remove", "third"),
    ):
        done = world.egain.run("profile", *argv)
        assert done.status == 0, done.err
    after = world.egain.config_file.read_text()

    assert [mark for mark in ("# mine", "# last", "# really", "# the one", "future = 1") if mark not in after] == []
    assert document(world.egain)["tool"] == {"other": {"kept": True}}


def test_newer_configuration_is_refused_and_left_alone(world: World) -> None:
    newer = world.egain.config_file.read_bytes().replace(b"version = 1", b"version = 2")
    world.egain.config_file.write_bytes(newer)

    done = world.egain.run("profile", "set", "acme", "domain_hint", "x.example")

    assert (done.status, done.out) == (3, "")
    assert world.egain.config_file.read_bytes() == newer


@pytest.mark.parametrize(
    "content",
    [
        b"version = 1\nversion = 2\n",
        b"\xff\xfe[\x00",
        b"a = '\x00'",
        b"a = [" * 20_000,
        b"a = " + b"9" * 5000,
        b"[profiles]\nacme = 1\n",
        b"profiles = []\n",
        b"default_profile = 1\n",
        b"#" * (1024 * 1024 + 1),
    ],
)
def test_unreadable_configuration_is_one_line_and_left_alone(
    egain: Egain, program: LoadedProgram, content: bytes
) -> None:
    egain.config_file.parent.mkdir(mode=0o700)
    egain.config_file.write_bytes(content)

    done = program.run(egain, "-p", "acme", "profile", "show")

    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("error: ")
    assert done.err.partition("\n\nhint: ")[0].count("\n") == 0
    assert egain.config_file.read_bytes() == content


def test_configuration_that_is_a_folder_is_refused(egain: Egain) -> None:
    egain.config_file.mkdir(parents=True)

    assert egain.run("profile", "list").status == 3


def test_configuration_may_be_a_link_and_is_written_through_it(world: World, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_bytes(world.egain.config_file.read_bytes())
    world.egain.config_file.unlink()
    world.egain.config_file.symlink_to(target)

    done = world.egain.run("profile", "set", "acme", "domain_hint", "x.example")

    assert done.status == 0, done.err
    assert world.egain.config_file.is_symlink()
    assert 'domain_hint = "x.example"' in target.read_text()


def test_byte_order_mark_is_read_over(world: World) -> None:
    world.egain.config_file.write_bytes(b"\xef\xbb\xbf" + world.egain.config_file.read_bytes())

    edited = world.egain.run("profile", "set", "acme", "language", "de-DE")
    kept = document(world.egain)["profiles"]["acme"]

    assert edited.status == 0, edited.err
    assert (kept["client_id"], kept["language"]) == (CLIENT_ID, "de-DE")


def test_profile_that_is_asked_for_on_a_terminal_is_written(egain: Egain) -> None:
    answers = {
        "Authorization URL (Auth URL): ": "https://ai.egain.cloud/system/auth/T1-U/oauth2/authorize",
        "Token URL (Access Token URL): ": "https://ai.egain.cloud/system/auth/T1-U/oauth2/token",
        "Scope Prefix (API Permission Prefix), if any: ": "",
        "Domain URL (API Domain) [https://api.ai.egain.cloud]: ": "",
        "Flow [pkce]: ": "",
        "Client ID: ": "client-1",
        "Redirect URL, as registered": "",
        "Scopes, separated by spaces": "knowledge.portalmgr.read",
        "There is no keyring here": "",
        "Make this profile": "",
    }
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, answer in answers.items():
            terminal.read_until(label)
            terminal.send(f"{answer}\n".encode())
        done = terminal.finish()
    profile = document(egain)["profiles"]["acme"]

    assert done.status == 0, done.out
    assert (profile["flow"], profile["api_url"]) == ("pkce", "https://api.ai.egain.cloud")
    assert profile["flows"]["pkce"]["scopes"] == ["knowledge.portalmgr.read"]


def test_question_that_is_interrupted_writes_nothing(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        terminal.read_until("Authorization URL")
        terminal.send(b"\x03")
        done = terminal.finish()

    assert done.status == 130
    assert not egain.config_file.exists()


def test_secret_is_asked_for_without_echo(world: World) -> None:
    with world.egain.on_terminal("secret", "set") as terminal:
        terminal.read_until("client secret of profile acme: ")
        terminal.send(b"typed-secret\n")
        done = terminal.finish()
    world.give_tokens()
    world.egain.run("token", "--client-credentials")

    assert done.status == 0, done.out
    assert "typed-secret" not in done.out
    assert world.server.requests[0].form["client_secret"] == "typed-secret"


def test_deleted_secret_is_gone(world: World) -> None:
    world.egain.run("secret", "set", stdin=b"stored-canary\n")

    deleted, again = (world.egain.run("secret", "delete") for _ in range(2))

    assert deleted.shown == (0, "", "the client secret of profile `acme` is removed\n")
    assert again.shown == (0, "", "the client secret of profile `acme` was not stored\n")
    assert holding(world.egain) == []
