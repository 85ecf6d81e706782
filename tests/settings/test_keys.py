from __future__ import annotations

import pytest

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, Flow, SecretStoreKind, TokenCacheKind
from egain_auth_cli.settings.key_paths import key_at, known_paths
from egain_auth_cli.settings.profile import Endpoint, FlowTable, check_profile_name, parse_profile


@pytest.mark.parametrize("name", ["acme", "a", "A.b_c-9", "x" * 64, "CON", "0"])
def test_good_profile_name_is_given_back(name: str) -> None:
    assert name == check_profile_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/",
        "a\\b",
        "-x",
        "_x",
        "a\x00",
        "a b",
        "x" * 65,
        "x" * 300,
        "é",
        "e\u0301",
        "a\n",
        "\u202ea",
        "@environment",
    ],
)
def test_bad_profile_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_profile_name(name)

    assert caught.value.message.isprintable()


def test_whole_profile_is_read() -> None:
    profile = parse_profile(
        "acme",
        {
            "deployment": "commercial",
            "client_id": "c",
            "flow": "on-behalf-of",
            "actor": "customer",
            "api_url": "https://api.acme.test",
            "metadata_url": "https://acme.test/meta?x=1",
            "scope_prefix": "https://api.acme.test/auth/",
            "domain_hint": "acme.test/path",
            "language": "pt-BR",
            "redirect_uris": ["http://localhost:8400/callback", "https://acme.test/callback"],
            "client_secret_command": ["vault", "read"],
            "token_cache": "none",
            "secret_store": "file",
            "endpoints": {"user": {"token_url": "https://acme.test/token", "issuer": "https://acme.test"}, "other": {}},
            "flows": {"pkce": {"scopes": ["a", "b"], "client_auth": "basic", "registration_id": "r"}, "other": {}},
            "unknown": 5,
        },
    )

    assert (
        profile.deployment,
        profile.flow,
        profile.actor,
    ) == (Deployment.COMMERCIAL, Flow.ON_BEHALF_OF, Actor.CUSTOMER)
    assert (profile.token_cache, profile.secret_store) == (TokenCacheKind.NONE, SecretStoreKind.FILE)
    assert profile.client_secret_command == ("vault", "read")
    assert {"user": Endpoint(token_url="https://acme.test/token", issuer="https://acme.test")} == profile.endpoints
    expected = FlowTable(scopes=("a", "b"), client_auth=ClientAuth.BASIC, registration_id="r")
    assert {Flow.PKCE: expected} == profile.flows


def test_empty_texts_count_as_nothing() -> None:
    profile = parse_profile("acme", {"client_id": "", "flow": "", "api_url": "", "language": "", "scope_prefix": ""})

    assert [profile.client_id, profile.flow, profile.api_url, profile.language] == [None, None, None, None]
    assert profile.scope_prefix == ""


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("deployment", "other"),
        ("deployment", 1),
        ("client_id", ["x"]),
        ("client_id", "é"),
        ("client_id", "a\nb"),
        ("flow", "password"),
        ("flow", True),
        ("actor", "admin"),
        ("api_url", "http://api.acme.test"),
        ("api_url", "https://api.acme.test?x=1"),
        ("api_url", 5),
        ("metadata_url", "file:///x"),
        ("scope_prefix", "a b"),
        ("scope_prefix", 'a"b'),
        ("domain_hint", "a\x1b"),
        ("language", "en US"),
        ("language", "e"),
        ("language", "en\r\nX: y"),
        ("redirect_uris", "http://localhost/"),
        ("redirect_uris", ["http://evil.test/"]),
        ("redirect_uris", [""]),
        ("redirect_uris", [5]),
        ("client_secret_command", "vault read"),
        ("client_secret_command", [""]),
        ("token_cache", "memory"),
        ("secret_store", "plain"),
        ("endpoints", 5),
        ("endpoints", {"user": 5}),
        ("endpoints", {"user": {"token_url": "http://x.test"}}),
        ("endpoints", {"user": {"authorization_url": "javascript:x"}}),
        ("endpoints", {"user": {"revocation_url": "http://x.test/"}}),
        ("flows", []),
        ("flows", {"pkce": {"scopes": "a b"}}),
        ("flows", {"pkce": {"scopes": ["a b"]}}),
        ("flows", {"pkce": {"scopes": ["a\\b"]}}),
        ("flows", {"pkce": {"client_auth": "jwt"}}),
        ("flows", {"token-exchange": {"registration_id": 5}}),
    ],
)
def test_bad_value_is_refused_and_the_dotted_key_is_named(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=rf"`profiles\.acme\.{key}") as caught:
        parse_profile("acme", {key: value})

    assert caught.value.message.isprintable()


def test_every_known_key_has_a_checker() -> None:
    assert [key for key in known_paths() if key_at(key) is None] == []
    assert "client_id" in known_paths()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "name",
        "endpoints",
        "endpoints.user",
        "endpoints.other.token_url",
        "endpoints.user.scopes",
        "flows.other.scopes",
        "flows.pkce.x",
        "a.b.c.d",
    ],
)
def test_unknown_key_has_no_checker(key: str) -> None:
    assert key_at(key) is None
