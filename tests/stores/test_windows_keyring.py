"""The program with Windows' Credential Manager, and with a keyring that takes short secrets alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fakes.keyring_backends import SmallKeyring
from fakes.world import World, stored_refresh_token

if TYPE_CHECKING:
    from fakes.command_line import CommandLine
    from fakes.credential_manager import Credentials
    from fakes.windows import Windows

pytest_plugins = ("fakes.windows", "fakes.credential_manager")
LONGEST_OF_B2C = 1600
"""Characters of a refresh token of Azure AD B2C."""


def long_token(name: str) -> str:
    return name + "x" * (LONGEST_OF_B2C - len(name))


@pytest.fixture
def here(world: World, program_line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line in this process, its logins in the system's keyring."""
    world.add_profile(secret_store=None)
    for name, value in world.egain.environ.items():
        monkeypatch.setenv(name, value)
    return program_line


def test_login_as_long_as_they_are_is_kept_renewed_and_forgotten_without_a_trace(
    windows: Windows, credentials: Credentials, world: World, here: CommandLine
) -> None:
    world.sign_in(refresh_token=long_token("rt-0"))
    world.give_tokens("at-1", refresh_token=long_token("rt-1"))
    renewed, kept, entries = here("token"), stored_refresh_token(world.egain), credentials.values()
    forgotten = here("logout")

    assert (renewed.status, renewed.out, renewed.err) == (0, "at-1\n", "")
    assert kept == long_token("rt-1")
    assert not [one for one in entries if "rt-0" in one or len(one) > 1280]
    assert (forgotten.status, credentials.kept) == (0, {})


def test_keyring_that_cannot_hold_a_login_says_so_before_the_browser_opens(
    world: World, here: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"{SmallKeyring.__module__}.{SmallKeyring.__name__}"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
    monkeypatch.setenv("EGAIN_KEYRING_ALLOW", name)
    mark = world.egain.home / "opened"
    monkeypatch.setenv("BROWSER", f"touch {mark}")
    ran = here("login")

    assert (ran.status, ran.out, mark.exists()) == (6, "", False)
    assert re.search(r"could not write the secret of 4\d{3} characters", ran.err)
    assert "response_type" not in ran.err
