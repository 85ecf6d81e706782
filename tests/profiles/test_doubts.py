"""What looks wrong in URLs and in the scope prefix is said by ``profile add`` and by ``profile set``, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fakes.command_line import CommandLine

SELF_SERVICE = "https://ai.egain.cloud/system/auth/TMPRODB88619984-U/oauth2"
OTHER = "https://ai.egain.cloud/system/auth/TMPRODB11111111-U/oauth2"
COMMERCIAL = "https://login.egain.cloud/g1/B2C_1A_User_V3_SignIn_OIDC/oauth2/v2.0"
OWN = ("--authorization-url", f"{SELF_SERVICE}/authorize", "--token-url", f"{SELF_SERVICE}/token")
GOOD = {
    "self-service": OWN,
    "commercial": (
        *("--authorization-url", f"{COMMERCIAL}/authorize", "--token-url", f"{COMMERCIAL}/token"),
        *("--scope-prefix", "https://api.egain.cloud/auth/"),
    ),
    "another server": ("--authorization-url", "https://id.test/a", "--token-url", "https://id.test/t"),
    "a prefix of words": ("--token-url", "https://id.test/t", "--scope-prefix", "agent."),
    "the machine itself": ("--token-url", "http://localhost:8080/t", "--api-url", "http://[::1]:8080/"),
}
DOUBTFUL = {
    "prefix without its end": (
        (*GOOD["commercial"][:-1], "https://api.egain.cloud/auth"),
        "`--scope-prefix` has no `/` at its end: scopes are sent as `https://api.egain.cloud/authSCOPE`",
    ),
    "prefix on self-service": ((*OWN, "--scope-prefix", "https://api.egain.cloud/auth/"), "no prefix on self-service"),
    "prefix that is a scope": (
        ("--token-url", "https://id.test/t", "--scope-prefix", "https://api.egain.cloud/auth/knowledge.portalmgr.read"),
        "`--scope-prefix` has a whole scope",
    ),
    "prefix that is a URL": (
        ("--token-url", f"{COMMERCIAL}/token", "--scope-prefix", f"{COMMERCIAL}/token"),
        "`--scope-prefix` has a URL to sign in or get tokens at",
    ),
    "two tenants": (
        ("--authorization-url", f"{OTHER}/authorize", "--token-url", f"{SELF_SERVICE}/token"),
        "are of two tenants: `TMPRODB11111111` and `TMPRODB88619984`",
    ),
    "a tenant and another one's URL": (
        ("--tenant", "TMPRODB88619984", "--token-url", f"{OTHER}/token"),
        "`--tenant` and `--token-url` are of two tenants: `TMPRODB88619984` and `TMPRODB11111111`",
    ),
    "token URL that is the redirect URL": (
        ("--token-url", "http://localhost:8400/callback"),
        "`--token-url` has the redirect URL",
    ),
    "token URL of no shape": (
        ("--authorization-url", f"{SELF_SERVICE}/authorize", "--token-url", "https://ai.egain.cloud/token"),
        "`--token-url` has none of the shapes of eGain's URLs, and `--authorization-url` has one",
    ),
    "API that is no host": ((*OWN, "--api-url", "https://y"), "`--api-url` has the host `y`"),
    "API with a path": ((*OWN, "--api-url", "https://api.ai.egain.cloud/knowledge"), "`--api-url` has a path"),
}


def made(line: CommandLine, *given: str) -> list[str]:
    """Give the warnings of a profile that is made."""
    ran = line("profile", "add", "new", "--client-id", "x", "--flow", "pkce", *given)
    assert ran.status == 0, ran.err
    return [said for said in ran.err.splitlines() if said.startswith("warning: ")]


@pytest.mark.parametrize("kind", GOOD)
def test_what_fits_together_is_not_doubted(program_line: CommandLine, kind: str) -> None:
    assert [] == made(program_line, *GOOD[kind])


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_what_looks_wrong_is_said_and_kept(program_line: CommandLine, kind: str) -> None:
    given, doubt = DOUBTFUL[kind]
    warnings = made(program_line, *given)

    assert [True] == [doubt in one for one in warnings], warnings
    assert given[-1] in program_line.config_file.read_text()


CHANGES = {
    ("endpoints.user.token_url", f"{SELF_SERVICE}/authorize"): "for `endpoints.user.authorization_url`, by its end",
    ("endpoints.user.authorization_url", f"{SELF_SERVICE}/token"): "for `endpoints.user.token_url`, by its end",
    ("endpoints.user.token_url", SELF_SERVICE.replace("-U", "-C") + "/token"): "has a URL for customers, by its shape",
    ("endpoints.user.token_url", f"{OTHER}/token"): "of two tenants: `TMPRODB88619984` and `TMPRODB11111111`",
    ("endpoints.user.token_url", "http://127.0.0.1/callback"): "`endpoints.user.token_url` has the redirect URL",
    ("redirect_uris", f"{SELF_SERVICE}/token"): "has the redirect URL",
    ("api_url", "http://localhost/knowledge"): "every path of `egain call` goes below `/knowledge`",
    ("scope_prefix", "https://api.egain.cloud/auth/"): "scopes have no prefix on self-service",
    ("deployment", "commercial"): "the URLs have the shape of self-service",
}


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_what_is_set_is_looked_at_likewise(configured: CommandLine, change: tuple[str, str]) -> None:
    ran = configured("profile", "set", "acme", *change)

    assert ran.status == 0
    assert CHANGES[change] in ran.err
    assert f"`{change[0]}` is set" in ran.err


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("endpoints.user.token_url", f"{SELF_SERVICE}/token"),
        ("endpoints.on_behalf_of_user.token_url", f"{SELF_SERVICE}/token"),
        ("endpoints.user.revocation_url", "https://ai.egain.cloud/revoke"),
        ("api_url", "https://api.ai.egain.cloud"),
        ("scope_prefix", ""),
        ("language", "de-DE"),
    ],
)
def test_what_is_set_as_it_should_be_is_not_doubted(configured: CommandLine, key: str, value: str) -> None:
    configured("profile", "set", "acme", "api_url", "https://y")  # a doubt of former days is not repeated

    assert "warning" not in configured("profile", "set", "acme", key, value).err


@pytest.mark.parametrize(
    ("option", "key"),
    [
        ("--token-url", "endpoints.user.token_url"),
        ("--authorization-url", "endpoints.user.authorization_url"),
        ("--client-token-url", "endpoints.client.token_url"),
        ("--api-url", "api_url"),
    ],
)
def test_address_that_is_none_is_refused_and_not_doubted(program_line: CommandLine, option: str, key: str) -> None:
    ran = program_line("profile", "add", "new", "--client-id", "x", option, "https://[login.acme.test/token")

    assert (3, True) == (ran.status, f"`profiles.new.{key}` is not a usable URL" in ran.err)


def test_prefix_that_looks_like_a_broken_address_is_kept(program_line: CommandLine) -> None:
    ran = program_line("profile", "add", "new", "--client-id", "x", "--scope-prefix", "https://[acme.test/")

    assert ran.status == 0, ran.err
