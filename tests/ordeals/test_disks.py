"""Disks that are really full, or really read-only: in a mount namespace, which root can make, and most users."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest
from fakes.ordeal import Families, Ordeal
from fakes.systems import IS_ROOT
from fakes.world import api_answer
from figures import amount

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.process import Finished, LoadedProgram, Running
    from fakes.world import World
    from figures import Measured

PAGE = 4096
PAGES = 400
FREE = [*range(8), *range(8, 80, 3)][:: amount(3, 1)]
NAMESPACE = ("unshare", "-m") if IS_ROOT else ("unshare", "-Urm")
EGAIN = f"{sys.executable} -m egain_auth_cli"
FULL_DISK = """
set -e
mount -t tmpfs -o size=$((PAGES * 4))k tmpfs "$FOLDER"
cp -a "$KEPT/." "$FOLDER/"
dd if=/dev/zero of="$FOLDER/filler" bs=4k count=$((PAGES * 2)) 2>/dev/null || true
truncate -s -$((FREE * 4))k "$FOLDER/filler"
set +e
$EGAIN token --force-refresh; echo "status $?"
rm "$FOLDER/filler"
$EGAIN token --force-refresh; echo "status $?"
"""
READ_ONLY = """
set -e
mount --bind "$FOLDER" "$FOLDER"
mount -o remount,ro,bind "$FOLDER"
set +e
$EGAIN token $MORE; echo "status $?"
umount "$FOLDER"
$EGAIN token --force-refresh; echo "status $?"
"""


@pytest.fixture
def ordeal(world: World, program: LoadedProgram) -> Ordeal:
    """A login whose token has expired."""
    one = Ordeal(world, program, server=Families(expires_in=30))
    one.prepare()
    one.server.expires_in = 3600
    return one


def run(ordeal: Ordeal, script: str, folder: Path, **given: object) -> tuple[Finished, list[str], list[int]]:
    """Run a script in a mount namespace of its own; give what the program printed, and its statuses."""
    kept = ordeal.egain.home.with_name("of-the-disk")
    if not kept.exists():
        shutil.copytree(folder, kept, symlinks=True)
    env = {"FOLDER": str(folder), "KEPT": str(kept), "EGAIN": EGAIN, "PAGES": str(PAGES)}
    env |= {name: str(value) for name, value in given.items()}
    running: Running = ordeal.egain.start(program=[*NAMESPACE, "sh", "-c", script], piped=False, env=env)
    done = running.finish()
    lines = done.out.splitlines()
    statuses = [int(line.removeprefix("status ")) for line in lines if line.startswith("status ")]
    return done, [line for line in lines if not line.startswith("status ")], statuses


@pytest.mark.figure("a disk with few free blocks", "never costs the login, at 32 sizes")
def test_disk_with_any_number_of_free_blocks_never_costs_the_login(ordeal: Ordeal, measured: Measured) -> None:
    folder = ordeal.egain.config_file.parent
    wrong = {}
    renewed = []
    for free in FREE:
        ordeal.reset()
        done, printed, statuses = run(ordeal, FULL_DISK, folder, FREE=free)
        first_time = statuses == [0, 0] and len(printed) == 2
        refused = statuses == [6, 0] and len(printed) == 1 and "no space left" in done.err
        renewed += [free] if first_time else []
        if not (first_time or refused) or ordeal.server.ended or ordeal.server.rotations != len(printed):
            wrong[free] = (done.shown, ordeal.server.ended, ordeal.server.rotations)

    measured(len(FREE), "sizes")
    assert wrong == {}
    assert renewed
    assert min(renewed) > 30  # or the disk was never full


def test_full_cache_costs_neither_token_nor_login(ordeal: Ordeal) -> None:
    done, printed, statuses = run(ordeal, FULL_DISK, ordeal.egain.cache, FREE=0)

    assert (statuses, len(set(printed))) == ([0, 0], 2)
    assert "the token is not kept" in done.err
    assert (ordeal.server.ended, ordeal.server.rotations) == (set(), 2)


@pytest.mark.parametrize("more", ["", "--no-store", "--force-refresh"])
def test_read_only_configuration_spends_no_refresh_token(ordeal: Ordeal, more: str) -> None:
    done, printed, statuses = run(ordeal, READ_ONLY, ordeal.egain.config_file.parent, MORE=more)

    # The token that is left lives for 30 s, which is less than is asked for and better than none.
    kept = more == ""
    assert statuses == ([0, 0] if kept else [6, 0])
    assert len(printed) == len(statuses) - (not kept)
    assert "read-only file system" in done.err
    assert (ordeal.server.ended, ordeal.server.rotations) == (set(), 1)


READ_ONLY_ROOT = """
set -e
mount -o remount,bind,ro /
set +e
touch "$FOLDER/x" 2>/dev/null && echo "not read-only"
for words in "token --no-store" "token" "export sh --no-store" "exec --no-store -- true" "call GET /things"; do
    $EGAIN $words >/dev/null; echo "status $?"
done
"""


def test_container_whose_disk_is_read_only_needs_nothing_but_its_environment(world: World) -> None:
    world.give_tokens()
    world.server.on("/things", api_answer(b"{}"))
    environ = {**world.environment_client(), "EGAIN_FLOW": "client-credentials", "EGAIN_API_URL": world.server.url}
    environ |= {"EGAIN_TOKEN_CACHE": "none", "FOLDER": str(world.egain.home), "EGAIN": EGAIN}

    running = world.egain.start(program=[*NAMESPACE, "sh", "-c", READ_ONLY_ROOT], piped=False, env=environ)
    done = running.finish()

    assert (done.out.splitlines(), done.err) == (["status 0"] * 5, "")
