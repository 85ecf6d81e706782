"""A system that lets files be written and none be renamed, as SELinux's rules may: told, and nothing lost."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, NoReturn

import pytest
from fakes.world import World, api_answer, cache_token

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.command_line import CommandLine


@pytest.fixture
def refusing(world: World, program_line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line in this process, on such a system, with a profile of a client application."""
    world.add_profile(flow="client-credentials")
    world.egain.run("secret", "set", stdin=b"made-up\n")
    cache_token(world.egain, "at-kept")
    for name, value in world.egain.environ.items():
        monkeypatch.setenv(name, value)

    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    for name in ("replace", "rename"):
        monkeypatch.setattr(os, name, refuse)
    return program_line


def files(world: World) -> dict[Path, bytes]:
    """All that is kept; empty files are locks."""
    found = {path: path.read_bytes() for path in world.egain.home.rglob("*") if path.is_file()}
    return {path: data for path, data in found.items() if data}


def test_token_is_printed_though_it_cannot_be_kept(refusing: CommandLine, world: World) -> None:
    world.give_tokens("at-fresh")

    ran = refusing("token", "--force-refresh")

    assert (ran.status, ran.out) == (0, "at-fresh\n")
    assert ran.err.startswith("warning: the token is not kept: cannot write `")
    assert ran.err.endswith("`: permission denied\n")


def test_sign_in_that_could_not_be_kept_is_not_begun(refusing: CommandLine, world: World) -> None:
    before = files(world)

    ran = refusing("login", "--pkce", "--scope", "a", "--timeout", "1")

    assert (ran.status, ran.out, world.server.requests) == (6, "", [])
    assert "permission denied" in ran.err
    assert files(world) == before


def test_secret_that_could_not_be_kept_is_not_asked_for(refusing: CommandLine, world: World) -> None:
    before = files(world)

    ran = refusing("secret", "set")

    assert (ran.status, ran.out, "client secret of" in ran.err) == (6, "", False)
    assert files(world) == before


@pytest.mark.parametrize(
    "words",
    [
        ("profile", "set", "acme", "language", "de-DE"),
        ("profile", "add", "other", "--client-id", "x", "--tenant", "T"),
        ("profile", "rename", "acme", "other"),
        ("profile", "remove", "acme"),
        ("profile", "use", "acme"),
    ],
    ids=" ".join,
)
def test_configuration_stays_as_it_was(refusing: CommandLine, world: World, words: tuple[str, ...]) -> None:
    before = files(world)

    ran = refusing(*words)

    # a new name's secrets are written first
    status, what = (6, "secrets/") if "rename" in words else (3, "config.toml`")
    assert (ran.status, ran.out) == (status, "")
    assert ran.err.startswith(f"error: cannot write `{world.egain.config_file.parent}/{what}")
    assert "permission denied\n\nhint: make `" in ran.err
    assert files(world) == before


def test_answer_is_written_in_place(refusing: CommandLine, world: World) -> None:
    world.server.on("/things", api_answer(b'{"a": "body"}'))
    path = world.egain.home / "out.json"
    path.write_bytes(b"former and longer than the body that comes")

    ran = refusing("call", "GET", "/things", "-o", str(path))

    assert (ran.status, ran.out) == (0, "")
    assert path.read_bytes() == b'{"a": "body"}'
