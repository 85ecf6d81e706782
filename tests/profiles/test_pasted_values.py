"""Blanks that pasting leaves around ids and addresses: left out, and said, wherever a profile is made or changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.instance import keep_profile, profile_of

if TYPE_CHECKING:
    from fakes.process import Egain

SAID = "blanks around what was pasted are left out"


def test_blanks_around_options_are_left_out(egain: Egain) -> None:
    url = "https://ai.egain.cloud/system/auth/T-U/oauth2/token"
    done = egain.run(
        "profile", "add", "acme", "--client-id", "client-1\n", "--token-url", f"{url}\u00a0", "--redirect-uri",
        " http://localhost:8400/callback", "--scope", "a b ", "--flow", "client-credentials",
    )  # fmt: skip
    profile = profile_of(egain, "acme")

    assert (0, True) == (done.status, SAID in done.err), done.err
    assert ("client-1", "self-service", {"token_url": url}) == (
        profile["client_id"], profile["deployment"], profile["endpoints"]["client"]
    )  # fmt: skip
    assert (["http://localhost:8400/callback"], ["a", "b"]) == (
        profile["redirect_uris"], profile["flows"]["client-credentials"]["scopes"]
    )  # fmt: skip


def test_tenant_with_a_blank_is_the_tenant(egain: Egain) -> None:
    done = egain.run("profile", "add", "acme", "--tenant", "T1 ", "--client-id", "x")

    assert (0, True) == (done.status, "/T1-U/" in profile_of(egain, "acme")["endpoints"]["user"]["token_url"]), done.err


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("client_id", " client-1\n", "client-1"),
        ("api_url", "\ufeffhttps://api.own.test ", "https://api.own.test"),
        ("redirect_uris", "http://localhost:8400/callback\u200b", ["http://localhost:8400/callback"]),
        ("redirect_uris", '["http://localhost:8400/callback "]', ["http://localhost:8400/callback"]),
        ("client_secret_command", "pass show 'a b'", ["pass", "show", "a b"]),
        ("client_secret_command", '["pass", "show "]', ["pass", "show "]),
    ],
)
def test_blanks_around_a_value_that_is_set_are_left_out_but_in_a_command(
    egain: Egain, key: str, value: str, kept: Any
) -> None:
    keep_profile(egain)

    done = egain.run("profile", "set", "kept", key, value)

    assert (0, kept) == (done.status, profile_of(egain, "kept")[key]), done.err
    assert (SAID in done.err) == (value[0] != "[" and key != "client_secret_command")
