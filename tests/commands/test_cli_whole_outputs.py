"""Whole outputs against kept ones: errors, ``status``, ``profile show`` and ``profile list``.

``PYTEST_REWRITE_GOLDEN=1`` writes them anew; look at the difference before you keep it.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from fakes.command_line import GOLDEN, check_golden
from fakes.tokens import keep_token

from egain_auth_cli.models.grants import Flow
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import TokenSet
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.terminal import Terminal

if TYPE_CHECKING:
    from fakes.command_line import CommandLine

NOON = 1_800_000_000
"""2027-01-15 08:00:00 UTC."""

CONFIGURED = {
    "status-nobody-signed-in": ["status"],
    "status-client-without-a-secret": ["-p", "ci", "status"],
    "status-json": ["status", "--json"],
    "profile-show": ["profile", "show"],
    "profile-show-json": ["profile", "show", "ci", "--json"],
    "profile-list": ["profile", "list"],
    "profile-list-json": ["profile", "list", "--json"],
    "secret-status-none": ["secret", "status"],
    "error-no-such-profile": ["-p", "acne", "status"],
    "error-no-such-profile-json": ["-p", "acne", "--error-format", "json", "status"],
    "error-login-required": ["token"],
    "error-login-required-of-a-named-profile": ["-p", "acme", "token", "--actor", "customer"],
    "error-no-secret": ["token", "--client-credentials"],
    "error-no-endpoint": ["token", "--anonymous"],
    "error-no-subject-token": ["token", "--token-exchange"],
    "error-two-flows": ["token", "--pkce", "--anonymous"],
    "error-other-origin": ["call", "GET", "https://evil.example/things"],
    "error-loader-name": ["export", "sh", "--name", "LD_PRELOAD"],
    "error-profile-exists": ["profile", "add", "acme", "--client-id", "x"],
    "error-bad-url": ["profile", "set", "acme", "api_url", "http://api.example"],
    "error-no-token-on-stdin": ["inspect", "-"],
}
BARE = {
    "error-no-profile": ["token"],
    "error-no-profile-json": ["--error-format", "json", "token"],
    "profile-list-none": ["profile", "list"],
}


@pytest.mark.parametrize("name", CONFIGURED)
def test_output_with_profiles_is_the_kept_one(configured: CommandLine, name: str) -> None:
    check_golden(name, configured(*CONFIGURED[name]), configured.folder)


@pytest.mark.parametrize("name", BARE)
def test_output_without_a_profile_is_the_kept_one(program_line: CommandLine, name: str) -> None:
    check_golden(name, program_line(*BARE[name]), program_line.folder)


def test_status_of_a_login_is_the_kept_one(configured: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_login(left=720)
    monkeypatch.setattr(Runtime.__init__, "__kwdefaults__", {"clock": lambda: float(NOON)})
    monkeypatch.setattr(time, "time", lambda: float(NOON))

    check_golden("status-signed-in", configured("status"), configured.folder)


def test_status_of_an_expired_token_is_the_kept_one(configured: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_login(left=-7200)
    monkeypatch.setattr(Runtime.__init__, "__kwdefaults__", {"clock": lambda: float(NOON)})

    check_golden("status-expired", configured("status"), configured.folder)


def test_status_of_sources_passed_over_is_the_kept_one(
    configured: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "EGAIN_CLIENT_ID": "of-the-environment",
        "EGAIN_TOKEN_URL": "https://other.example/token",
        "EGAIN_API_URL": "https://other.example",
        "EGAIN_SCOPE": "a.read b.read",
        "EGAIN_DOMAIN_HINT": "other.example",
        "EGAIN_CLIENT_SECRET": "secret-canary",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    ran = configured("-p", "ci", "status")

    check_golden("status-passed-over", ran, configured.folder)
    assert "canary" not in ran.out + ran.err


def test_every_kept_output_is_asked_for() -> None:
    asked = {*CONFIGURED, *BARE, "status-signed-in", "status-expired", "status-passed-over"}

    assert {path.stem for path in GOLDEN.glob("*.txt")} == asked


def keep_login(*, left: int) -> None:
    """Store a login whose access token was to end so many seconds from noon."""
    runtime = Runtime(os.environ, Terminal(os.environ))
    settings = runtime.settings(FlowOptions(flow=Flow.PKCE))
    token = TokenSet(
        access_token=Secret("at-canary"),
        expires_at=NOON + left,
        obtained_at=NOON - 3600,
        scope=None,
        refresh_token=Secret("rt-canary"),
    )
    runtime.credentials(settings).logins.store(settings, token)
    keep_token(runtime, settings, token)
