"""Folders that are read-only, a file, a link, or open to others: nothing is burned, memory alone still works."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from fakes.systems import make_fifo
from fakes.world import World, redirect_of, stored_refresh_token

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = ["plain-user"]


@pytest.fixture
def read_only_cache(world: World) -> Path:
    world.egain.cache.mkdir(mode=0o700, exist_ok=True)
    world.egain.cache.chmod(0o500)
    return world.egain.cache


@pytest.fixture
def cache_that_is_a_file(world: World) -> Path:
    world.egain.cache.write_text("not a folder")
    return world.egain.cache


def client_token(world: World, *argv: str, under: list[str]) -> tuple[int, str, str]:
    environ = {"EGAIN_CLIENT_SECRET": "secret-canary-1"}
    return world.egain.run("token", "--client-credentials", *argv, under=under, env=environ).shown


def test_read_only_cache_sends_nothing_and_says_what_to_do(world: World, read_only_cache: Path) -> None:
    world.give_tokens()
    status, out, err = client_token(world, under=PLAIN)

    assert (status, out) == (6, "")
    assert "permission denied" in err
    assert "`--no-store` needs none" in err
    assert world.server.requests == []


def test_no_store_works_on_a_read_only_disk(world: World, read_only_cache: Path) -> None:
    world.give_tokens()
    world.egain.config_file.parent.chmod(0o500)

    assert client_token(world, "--no-store", under=[*PLAIN, "full-disk"]) == (0, "at-1\n", "")


def test_no_store_works_where_the_cache_is_a_file(world: World, cache_that_is_a_file: Path) -> None:
    world.give_tokens()

    assert client_token(world, "--no-store", under=[]) == (0, "at-1\n", "")


def test_cache_that_is_a_file_is_a_store_failure(world: World, cache_that_is_a_file: Path) -> None:
    world.give_tokens()
    status, out, err = client_token(world, under=[])

    assert (status, out) == (6, "")
    assert err.startswith("error: cannot ")
    assert cache_that_is_a_file.read_text() == "not a folder"


def test_read_only_cache_loses_no_login_and_hinders_no_renewal(world: World) -> None:
    tokens = world.rotate()
    world.sign_in()
    for folder in (world.egain.cache, *world.egain.cache.iterdir()):
        folder.chmod(0o500)

    done = [world.egain.run("token", under=PLAIN) for _ in range(2)]

    assert [(one.status, one.out) for one in done] == [(0, "at-1\n")] * 2  # the second from beside the login
    assert ["the token is not kept" in one.err for one in done] == [True, True]
    assert (tokens.reused, stored_refresh_token(world.egain)) == (0, tokens.current)


def test_read_only_secrets_give_the_token_that_still_lives(world: World) -> None:
    world.rotate()
    world.sign_in(left=30)
    (world.egain.config_file.parent / "secrets").chmod(0o500)

    done = world.egain.run("token", under=PLAIN)

    assert (done.status, done.out) == (0, "at-0\n")
    assert "could not be renewed" in done.err
    assert world.server.requests == []


def test_read_only_secrets_lose_no_renewed_login(world: World) -> None:
    tokens = world.rotate()
    world.sign_in()
    secrets = world.egain.config_file.parent / "secrets"
    secrets.chmod(0o500)
    failed = world.egain.run("token", under=PLAIN)
    secrets.chmod(0o700)

    done = world.egain.run("token")

    assert (failed.status, failed.out) == (6, "")
    assert done.status == 0, done.err
    assert (tokens.reused, stored_refresh_token(world.egain)) == (0, tokens.current)


def test_login_into_a_folder_that_takes_nothing_opens_no_browser(world: World) -> None:
    (world.egain.config_file.parent / "secrets").write_text("not a folder")
    mark = world.egain.home / "opened"

    done = world.egain.run("login", env={"BROWSER": f"touch {mark}"})

    assert (done.status, done.out) == (6, "")
    assert not mark.exists()
    assert "response_type" not in done.err


def test_configuration_that_cannot_be_written_is_left_as_it_was(world: World) -> None:
    before = world.egain.config_file.read_bytes()
    world.egain.config_file.parent.chmod(0o500)

    done = world.egain.run("profile", "set", "acme", "domain_hint", "x.example", under=PLAIN)

    assert (done.status, done.out) == (3, "")
    assert world.egain.config_file.read_bytes() == before


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_folders_and_files_are_private_whatever_the_umask(world: World, mask: int) -> None:
    world.give_tokens("at-1", refresh_token="rt-1")
    former = os.umask(mask)
    try:
        world.egain.run("profile", "add", "own", "--client-id", "x", "--tenant", "T1")
        world.egain.run("-p", "acme", "secret", "set", stdin=b"a secret\n")
        world.client_token()
        running = world.egain.start("login", "--no-browser")
        running.send(redirect_of(running.read_error_until("paste the address")).encode() + b"\n")
        signed_in = running.finish()
    finally:
        os.umask(former)
    modes = {path.stat().st_mode & 0o777 for path in world.egain.home.rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in world.egain.cache.rglob("*") if path.is_dir()}

    assert signed_in.status == 0, signed_in.err
    assert modes == {0o600}
    assert folders == {0o700}


@pytest.mark.parametrize("kind", ["link", "second name", "readable", "fifo", "folder"])
def test_cached_token_that_is_not_plainly_ours_is_refused(world: World, kind: str) -> None:
    world.give_tokens()
    world.client_token()
    (token,) = (world.egain.cache / "tokens").iterdir()
    victim = world.egain.home / "victim"
    victim.write_bytes(token.read_bytes())
    for fast in (world.egain.cache / "fast").glob("*"):
        fast.unlink()
    token.unlink()
    if kind == "link":
        token.symlink_to(victim)
    elif kind == "second name":
        victim.chmod(0o600)
        token.hardlink_to(victim)
    elif kind == "readable":
        token.write_bytes(victim.read_bytes())
        token.chmod(0o644)
    elif kind == "fifo":
        make_fifo(token)
    else:
        token.mkdir()
    before = victim.read_bytes()

    done = world.client_token()

    assert (done.status, done.out) == (6, "")
    assert victim.read_bytes() == before
    assert done.seconds < 5


def test_lock_that_is_a_link_is_refused_and_its_victim_untouched(world: World) -> None:
    world.give_tokens()
    world.client_token()
    victim = world.egain.home / "victim"
    victim.write_text("precious")
    for lock in (world.egain.cache / "locks").iterdir():
        lock.unlink()
        lock.symlink_to(victim)

    done = world.client_token("--force-refresh")

    assert (done.status, done.out) == (6, "")
    assert victim.read_text() == "precious"


def test_no_store_leaves_no_file_at_all(world: World) -> None:
    world.give_tokens()
    before = {path for path in world.egain.home.rglob("*") if path.is_file()}

    done = world.client_token("--no-store")

    assert done.shown == (0, "at-1\n", "")
    assert {path for path in world.egain.home.rglob("*") if path.is_file()} == before


def test_renewal_without_a_store_leaves_its_token_nowhere_and_keeps_the_login(world: World) -> None:
    world.rotate()
    world.sign_in()

    done = world.egain.run("token", "--pkce", "--no-store")
    holding = [path for path in world.egain.files() if b"at-1" in path.read_bytes()]

    assert done.shown == (0, "at-1\n", "")
    assert (holding, stored_refresh_token(world.egain)) == ([], "rt-1")


def test_no_store_reads_no_cached_token(world: World) -> None:
    world.give_tokens("at-cached")
    world.client_token()
    world.give_tokens("at-fresh")

    assert world.client_token("--no-store").out == "at-fresh\n"
    assert world.client_token().out == "at-cached\n"
