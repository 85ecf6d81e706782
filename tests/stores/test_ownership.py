"""Files and folders that somebody else owns or can change: not obeyed, not written beside, and told by `doctor`."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from fakes.systems import IS_ROOT, NEEDS_POSIX
from fakes.world import cache_token

from egain_auth_cli.stores.ownership import Distrusted, require_trusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.world import World

if sys.platform == "win32":
    pytest.skip(NEEDS_POSIX, allow_module_level=True)

grp, pwd = pytest.importorskip("grp"), pytest.importorskip("pwd")

STRANGER = 4321
COMMANDS = {
    "token": ("token",),
    "login": ("login", "--pkce", "--scope", "a", "--timeout", "1"),
    "secret set": ("secret", "set"),
    "logout": ("logout",),
    "call": ("call", "GET", "/things"),
    "profile set": ("profile", "set", "acme", "language", "de-DE"),
    "profile add": ("profile", "add", "other", "--client-id", "x", "--tenant", "T"),
    "status": ("status",),
}
only_root_gives_files_away = pytest.mark.skipif(not IS_ROOT, reason="only root can give a file to another user")


ALICE = 1000


@pytest.mark.parametrize(
    ("mode", "owner", "group", "members", "trusted"),
    [
        (0o100600, ALICE, ALICE, [], True),
        (0o100644, 0, 0, [], True),
        (0o100644, 1, ALICE, [], False),
        (0o100644, STRANGER, ALICE, [], False),
        (0o100602, ALICE, ALICE, [], False),
        (0o100664, ALICE, ALICE, [], True),
        (0o100664, ALICE, ALICE, ["alice"], True),
        (0o100664, ALICE, ALICE, ["bob"], False),
        (0o100664, ALICE, ALICE, ["alice", "bob"], False),
        (0o100644, ALICE, STRANGER, [], True),
        (0o100664, ALICE, STRANGER, [], False),
        (0o101666, ALICE, ALICE, [], False),
        (0o040777, ALICE, ALICE, [], False),
        (0o041777, ALICE, ALICE, [], True),
        (0o041777, STRANGER, ALICE, [], False),
    ],
)
def test_only_what_nobody_else_can_change_is_trusted(
    monkeypatch: pytest.MonkeyPatch, mode: int, owner: int, group: int, members: list[str], trusted: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: ALICE)
    monkeypatch.setattr(os, "getegid", lambda: ALICE)
    monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name="alice"))
    monkeypatch.setattr(grp, "getgrgid", lambda _: SimpleNamespace(gr_name="alice", gr_mem=members))
    found = os.stat_result((mode, 1, 1, 1, owner, group, 0, 0, 0, 0))

    with contextlib.nullcontext() if trusted else pytest.raises(Distrusted):
        require_trusted(Path("made-up"), found)


@pytest.mark.parametrize("group", ["staff", None])
def test_group_with_another_name_is_not_the_user_s_own(monkeypatch: pytest.MonkeyPatch, group: str | None) -> None:
    def named(_: int) -> SimpleNamespace:
        if group is None:
            raise KeyError
        return SimpleNamespace(gr_name=group, gr_mem=[])

    monkeypatch.setattr(grp, "getgrgid", named)
    found = os.stat_result((0o100664, 1, 1, 1, os.geteuid(), os.getegid(), 0, 0, 0, 0))

    with pytest.raises(Distrusted):
        require_trusted(Path("made-up"), found)


@pytest.fixture
def ready(world: World) -> World:
    """A profile with a command for its secret, which leaves a mark when it is run, and a cached token."""
    mark = world.egain.home / "ran"
    world.add_profile(flow="client-credentials", client_secret_command=["sh", "-c", f"touch {mark}; echo made-up"])
    cache_token(world.egain, "at-kept")
    return world


def snapshot(home: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file's owner, mode and content; every folder's owner and mode."""
    found = {}
    for path in sorted(home.rglob("*")):
        its = path.lstat()
        if path.name.endswith(".lock"):  # of whoever looks, in a folder of theirs
            continue
        found[str(path)] = (its.st_uid, its.st_mode, path.read_bytes() if stat.S_ISREG(its.st_mode) else b"")
    return found


def give_away_the_file(world: World) -> None:
    os.chown(world.egain.config_file, STRANGER, STRANGER)


def give_away_the_folder(world: World) -> None:
    os.chown(world.egain.config_file.parent, STRANGER, STRANGER)


def give_away_everything(world: World) -> None:
    for path in (world.egain.home, *world.egain.home.rglob("*")):
        os.chown(path, STRANGER, STRANGER)


@only_root_gives_files_away
@pytest.mark.parametrize("words", COMMANDS.values(), ids=list(COMMANDS))
@pytest.mark.parametrize("give_away", [give_away_the_file, give_away_the_folder, give_away_everything])
def test_configuration_of_another_user_is_neither_obeyed_nor_changed(
    ready: World, give_away: Callable[[World], None], words: tuple[str, ...]
) -> None:
    give_away(ready)
    before = snapshot(ready.egain.home)

    done = ready.egain.run(*words, stdin=b"made-up\n")

    assert (done.status, done.out) == (3, "")
    assert f"belongs to another user, number {STRANGER}\n\nhint: run `egain` as that user" in done.err
    assert snapshot(ready.egain.home) == before


@only_root_gives_files_away
def test_root_leaves_nothing_in_the_home_of_a_user(world: World) -> None:
    world.give_tokens()
    give_away_everything(world)
    before = snapshot(world.egain.home)
    home = {
        "EGAIN_CONFIG_DIR": None,
        "EGAIN_CACHE_DIR": None,
        "XDG_RUNTIME_DIR": "/nowhere",
        "HOME": str(world.egain.home),
    }

    done = world.egain.run("token", "--client-credentials", env={**world.environment_client(), **home})
    added = world.egain.run("profile", "add", "mine", "--client-id", "x", "--tenant", "T", env=home)

    assert (done.status, "belongs to another user" in done.err) == (6, True)
    assert (added.status, "belongs to another user" in added.err) == (3, True)
    assert snapshot(world.egain.home) == before


@pytest.mark.parametrize("mode", [0o666, 0o602, 0o646])
def test_configuration_that_others_can_write_is_not_obeyed(ready: World, mode: int) -> None:
    ready.egain.config_file.chmod(mode)

    done = ready.egain.run("token", "--force-refresh")
    doctor = ready.egain.run("doctor", "--offline")

    assert (done.status, done.out) == (3, "")
    assert f"other users can write it\n\nhint: run `chmod go-w {ready.egain.config_file}`" in done.err
    assert not (ready.egain.home / "ran").exists()
    assert "other users can write it" in doctor.out + doctor.err


def test_cached_token_is_not_given_by_a_configuration_that_has_become_anybody_s(ready: World) -> None:
    assert ready.egain.run("token").out == "at-kept\n"
    ready.egain.config_file.chmod(0o666)

    assert ready.egain.run("token").status == 3


@pytest.mark.parametrize(("mode", "status"), [(0o777, 3), (0o1777, 0), (0o755, 0)])
def test_folder_in_which_others_can_replace_it_is_refused(ready: World, mode: int, status: int) -> None:
    folder = ready.egain.config_file.parent
    folder.chmod(mode)

    done = ready.egain.run("status")

    assert done.status == status
    assert status == 0 or f"other users can write the folder `{folder}`" in done.err


def test_link_to_a_file_in_such_a_folder_is_refused(ready: World) -> None:
    elsewhere = ready.egain.home / "elsewhere"
    elsewhere.mkdir()
    target = elsewhere / "config.toml"
    ready.egain.config_file.rename(target)
    ready.egain.config_file.symlink_to(target)
    good = ready.egain.run("status").status
    elsewhere.chmod(0o777)

    assert (good, ready.egain.run("status").status) == (0, 3)


def test_group_of_the_user_s_own_may_write(ready: World) -> None:
    # one that is named for the user: an editor under umask 002 leaves such a file
    ready.egain.config_file.chmod(0o664)
    own = grp.getgrgid(ready.egain.config_file.stat().st_gid).gr_name == pwd.getpwuid(os.geteuid()).pw_name

    assert ready.egain.run("status").status == (0 if own else 3)


@only_root_gives_files_away
def test_group_of_others_may_not_write(ready: World) -> None:
    os.chown(ready.egain.config_file, 0, STRANGER)
    ready.egain.config_file.chmod(0o664)

    assert ready.egain.run("token").status == 3
