"""One credential, one lock, however the environments of two processes differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import shared_keyring
from fakes.world import redirect_of

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.process import Env
    from fakes.world import World

EACH = 4
"""Processes in each of the two environments."""


def differing(name: str, folder: Path) -> Env:
    """What a second shell has otherwise than the first."""
    other = folder / "other"
    for one in (other, other / "run", other / "home"):
        one.mkdir(mode=0o700, exist_ok=True)
    differences: dict[str, Env] = {
        "cache folder": {"EGAIN_CACHE_DIR": str(other / "cache")},
        "runtime folder": {"EGAIN_CACHE_DIR": None, "XDG_RUNTIME_DIR": str(other / "run")},
        "no runtime folder": {
            "EGAIN_CACHE_DIR": None,
            "XDG_RUNTIME_DIR": str(other / "none"),
            "XDG_CACHE_HOME": str(other / "x"),
        },
        "home": {
            "EGAIN_CACHE_DIR": None,
            "XDG_RUNTIME_DIR": str(other / "none"),
            "HOME": str(other / "home"),
            "XDG_STATE_HOME": str(other / "state"),
        },
    }
    return differences[name]


def sign_in_for_real(world: World) -> None:
    world.give_tokens("at-0", expires_in=1, refresh_token="rt-0")
    login = world.egain.start("login", "--no-browser")
    login.send(redirect_of(login.read_error_until("paste the address")).encode() + b"\n")
    done = login.finish()
    assert done.status == 0, done.err


@pytest.mark.parametrize("secret_store", ["file", "keyring"])
@pytest.mark.parametrize("name", ["cache folder", "runtime folder", "no runtime folder", "home"])
def test_shells_that_differ_never_spend_a_refresh_token_twice(
    world: World, tmp_path: Path, secret_store: str, name: str
) -> None:
    world.egain.environ |= shared_keyring.environment(tmp_path / "keyring.json")
    world.add_profile(secret_store=secret_store)
    sign_in_for_real(world)
    tokens = world.rotate()
    environments: list[Env] = [{}, differing(name, tmp_path)]

    started = [world.egain.start("token", "--force-refresh", piped=False, env=env) for env in environments * EACH]
    done = [one.finish() for one in started]

    assert [one.status for one in done] == [0] * 2 * EACH, [one.err for one in done]
    assert (tokens.reused, tokens.revoked) == (0, False)


def test_configurations_that_share_a_keyring_share_the_lock(world: World, tmp_path: Path) -> None:
    # the secret is the user's and not the configuration's, so the lock is too
    world.egain.environ |= shared_keyring.environment(tmp_path / "keyring.json")
    world.add_profile(secret_store="keyring")
    other = tmp_path / "other-config"
    other.mkdir(mode=0o700)
    (other / "config.toml").write_bytes(world.egain.config_file.read_bytes())
    sign_in_for_real(world)
    tokens = world.rotate()
    environments: list[Env] = [{}, {"EGAIN_CONFIG_DIR": str(other)}]

    done = [one.finish() for one in [world.egain.start("token", piped=False, env=env) for env in environments * EACH]]

    assert [one.shown for one in done] == [(0, "at-1\n", "")] * 2 * EACH
    assert (len(tokens.issued), tokens.reused) == (1, 0)


def test_shells_with_caches_of_their_own_lose_no_edit_of_the_profiles(world: World, tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(8)]
    for name in names:
        world.add_profile(name)
    environments: list[Env] = [{}, {"EGAIN_CACHE_DIR": str(tmp_path / "other-cache")}]

    started = [
        world.egain.start("profile", "set", name, "domain_hint", f"{name}.example", piped=False, env=env)
        for name, env in zip(names, environments * 4, strict=True)
    ]
    done = [one.finish() for one in started]
    text = world.egain.config_file.read_text()

    assert {one.status for one in done} == {0}
    assert [name for name in names if f'domain_hint = "{name}.example"' not in text] == []


def test_configuration_that_cannot_be_written_hinders_no_application(world: World) -> None:
    world.give_tokens()
    world.egain.config_file.parent.chmod(0o500)

    done = world.egain.run(
        "token", "--client-credentials", env={"EGAIN_CLIENT_SECRET": "secret-canary-1"}, under=["plain-user"]
    )

    assert done.shown == (0, "at-1\n", "")
