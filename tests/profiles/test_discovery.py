"""Profiles from metadata documents and from the MCP server's configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.errors import ConfigError, EgainError
from egain_auth_cli.models.grants import Actor
from egain_auth_cli.profiles.discovery import Discovery
from egain_auth_cli.profiles.edit import _without_nothing
from egain_auth_cli.profiles.mcp import profile_from_mcp
from egain_auth_cli.profiles.metadata import profile_from_metadata, read_deployment
from egain_auth_cli.settings.profile import parse_profile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

B2C = "https://login.egain.test/GUID"
METADATA: dict[str, Any] = {
    "authenticationDetails": {
        "apiPermissionPrefix": "plain/",
        "oAuthUser": [{"authURL": f"{B2C}/U/oauth2/v2.0/authorize", "accessTokenURL": f"{B2C}/U/oauth2/v2.0/token"}],
        "oAuthCustomer": [
            {"authURL": f"{B2C}/C/oauth2/v2.0/authorize", "accessTokenURL": f"{B2C}/C/oauth2/v2.0/token"}
        ],
        "oAuthAnonymousCustomer": [
            {"accessTokenURL": "https://api.egain.test/anonymous/token?domain_hint=<DOMAIN_NAME>"}
        ],
    },
    "apiMetadata": {"CORE": {"iApiPermissionPrefix": "internal/", "eApiPermissionPrefix": "external/"}},
}
DEPLOYMENT: dict[str, object] = {
    "apiDomain": "api.egain.test",
    "tenantId": "T1",
    "domainHint": "acme.egain.test",
    "intClientId": "c",
}


class Instance:
    """Answers what it is given by URL, and writes down what it was asked."""

    def __init__(self, documents: dict[str, dict[str, object]]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    def __call__(self, url: str) -> dict[str, object]:
        self.asked.append(url)
        return self.documents[url]


def nothing() -> bytes:
    raise AssertionError("standard input was read")


def read(source: str, stdin: Callable[[], bytes] = nothing) -> dict[str, Any]:
    return Discovery(Instance({})).read(source, stdin=stdin, actor=Actor.USER)


def test_instance_is_asked_twice_and_its_profile_is_usable() -> None:
    meta = "https://api.egain.test/core/authmgr/v3/metadata/tenant/T1"
    instance = Instance({"https://acme.egain.test/system/deploymentInfo": DEPLOYMENT, meta: METADATA})
    values = Discovery(instance).discover("https://acme.egain.test/", actor=Actor.USER)

    assert ["https://acme.egain.test/system/deploymentInfo", meta] == instance.asked
    expected = {
        "deployment": "commercial",
        "api_url": "https://api.egain.test",
        "metadata_url": meta,
        "scope_prefix": "internal/",
        "domain_hint": "acme.egain.test",
    }
    assert expected == {key: values[key] for key in expected}
    assert values["endpoints"]["anonymous"]["token_url"] == "https://api.egain.test/anonymous/token?domain_hint=T1"
    assert parse_profile("acme", _without_nothing(values)).endpoints["customer"].authorization_url


@pytest.mark.parametrize(
    "instance", ["http://acme.test", "acme.test", "https://a@acme.test", "https://acme.test?x", ""]
)
def test_unusable_instance_is_not_asked(instance: str) -> None:  # I04
    fake = Instance({})
    with pytest.raises(ConfigError):
        Discovery(fake).discover(instance, actor=Actor.USER)

    assert fake.asked == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({}, "tenant/T1"),
        ({"intClientId": None, "extClientId": "c"}, "tenant/T1"),
        ({"intClientId": None}, "deployment"),
        ({"tenantId": None}, "deployment"),
    ],
)
def test_metadata_is_the_tenants_where_it_has_a_client(changes: dict[str, object], path: str) -> None:
    assert read_deployment(DEPLOYMENT | changes, "https://x.test").metadata_url.endswith(f"/metadata/{path}")


@pytest.mark.parametrize(
    ("domain", "url"),
    [
        ("api.test", "https://api.test"),
        ("https://api.test/", "https://api.test"),
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1:1", "http://127.0.0.1:1"),
    ],
)
def test_api_domain_may_lack_a_scheme(domain: str, url: str) -> None:
    assert url == read_deployment({"apiDomain": domain}, "https://x.test/path").api_url


def test_absent_hint_is_the_instances_host() -> None:
    assert read_deployment({"apiDomain": "api.test"}, "https://acme.test/path").domain_hint == "acme.test"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"apiDomain": ""},
        {"apiDomain": 5},
        {"apiDomain": "a\x1b"},
        {"apiDomain": "http://evil.test"},
        {"apiDomain": "a@b"},
        {"apiDomain": "api.test", "tenantId": "../x"},
    ],
)
def test_bad_deployment_is_told(document: dict[str, object]) -> None:  # I04
    with pytest.raises(ConfigError):
        read_deployment(document, "https://x.test")


@pytest.mark.parametrize(
    ("actor", "core", "prefix"),
    [
        (Actor.USER, METADATA["apiMetadata"]["CORE"], "internal/"),
        (Actor.CUSTOMER, METADATA["apiMetadata"]["CORE"], "external/"),
        (Actor.USER, {"apiPermissionPrefix": "core/"}, "core/"),
        (Actor.USER, {}, "plain/"),
        (Actor.USER, None, "plain/"),
    ],
)
def test_scope_prefix_is_the_actors(actor: Actor, core: object, prefix: str) -> None:
    document = METADATA | {"apiMetadata": {"CORE": core}}

    assert prefix == profile_from_metadata(document, actor=actor)["scope_prefix"]
    assert (
        profile_from_metadata({"authenticationDetails": {"oAuthUser": METADATA["authenticationDetails"]["oAuthUser"]}})[
            "scope_prefix"
        ]
        == ""
    )


def test_self_service_document_takes_its_tenant_from_the_token_url() -> None:
    root = "https://ai.egain.test/system/auth/T9-U/oauth2"
    details = {
        "oAuthUser": [{"authURL": f"{root}/authorize", "accessTokenURL": f"{root}/token"}],
        "oAuthAnonymousCustomer": [{"accessTokenURL": "https://api.test/a?domain_hint=<DOMAIN_NAME>"}],
        "oAuthOnBehalfOfUser": [{"accessTokenURL": "https://api.test/obo"}],
    }
    values = profile_from_metadata({"authenticationDetails": details})

    tokens = {name: table["token_url"] for name, table in values["endpoints"].items()}
    assert {
        "user": f"{root}/token",
        "client": f"{root}/token",
        "anonymous": "https://api.test/a?domain_hint=T9",
        "on_behalf_of_user": "https://api.test/obo",
    } == tokens
    assert (values["deployment"], values["flows"]["client-credentials"]["client_auth"]) == ("self-service", "body")


def test_endpoint_whose_tenant_is_unknown_is_left_out() -> None:
    assert "anonymous" not in profile_from_metadata(METADATA)["endpoints"]


@pytest.mark.parametrize(
    "details",
    [
        None,
        {},
        5,
        {"oAuthUser": []},
        {"oAuthUser": [5]},
        {"oAuthUser": "x"},
        {"oAuthUser": [{}]},
        {"oAuthUser": [{"accessTokenURL": "https://a.test/"}]},
        {"oAuthUser": [{"accessTokenURL": "http://evil.test/", "authURL": "https://a.test/"}]},
        {"oAuthUser": [{"accessTokenURL": "https://a.test/", "authURL": "javascript:x"}]},
    ],
)
def test_bad_metadata_is_told_by_the_missing_field(details: object) -> None:  # I04
    with pytest.raises(ConfigError) as caught:
        profile_from_metadata({"authenticationDetails": details})

    assert caught.value.message.isprintable()


MCP = {
    "environmentUrl": "https://acme.egain.test/path/",
    "clientId": "c",
    "redirectUri": "http://localhost:3333/callback",
    "authUrl": f"{B2C}/U/oauth2/v2.0/authorize",
    "accessUrl": f"{B2C}/U/oauth2/v2.0/token",
    "scopePrefix": "p/",
}
MCP_ENV = {
    "EGAIN_URL": MCP["environmentUrl"],
    "CLIENT_ID": "c",
    "REDIRECT_URL": MCP["redirectUri"],
    "AUTH_URL": MCP["authUrl"],
    "ACCESS_TOKEN_URL": MCP["accessUrl"],
    "SCOPE_PREFIX": "p/",
}


@pytest.mark.parametrize(
    "document", [MCP, MCP_ENV, {"mcpServers": {"other": {"env": {}}, "odd": 5, "egain": {"env": MCP_ENV}}}]
)
def test_each_form_of_the_mcp_servers_configuration_is_read(document: dict[str, object]) -> None:
    values = profile_from_mcp(document)

    assert values is not None
    expected = {
        "client_id": "c",
        "flow": "pkce",
        "deployment": "commercial",
        "scope_prefix": "p/",
        "domain_hint": "acme.egain.test/path",
        "api_url": None,
    }
    assert expected == {key: values[key] for key in expected}
    assert ([MCP["redirectUri"]], MCP["accessUrl"]) == (
        values["redirect_uris"],
        values["endpoints"]["user"]["token_url"],
    )


@pytest.mark.parametrize(
    "document", [{}, {"mcpServers": {}}, {"mcpServers": {"x": {"env": {"A": "b"}}}}, {"mcpServers": 5}, {"other": 1}]
)
def test_other_document_is_no_mcp_configuration(document: dict[str, object]) -> None:
    assert profile_from_mcp(document) is None


@pytest.mark.parametrize("key", ["clientId", "authUrl", "accessUrl"])
def test_incomplete_mcp_configuration_names_what_is_missing(key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        profile_from_mcp({name: value for name, value in MCP.items() if name != key})


def test_saved_document_is_read_from_file_stdin_or_url(tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(METADATA).encode())
    url = "https://api.egain.test/meta?x=1"
    service = Discovery(Instance({url: METADATA}))

    from_file = read(str(file))
    from_stdin = read("-", lambda: json.dumps(METADATA).encode())
    from_url = service.read(url, stdin=nothing, actor=Actor.USER)
    assert from_file == from_stdin == from_url | {"metadata_url": None}
    assert url == from_url["metadata_url"]


def test_mcp_configuration_is_imported(tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_text(json.dumps(MCP))

    assert read(str(tmp_path / "mcp.json"))["client_id"] == "c"


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 100000, b" " * (1024 * 1024 + 1), b'{"a": 1}']
)
def test_file_that_is_neither_is_refused(tmp_path: Path, raw: bytes) -> None:  # I01
    (tmp_path / "file").write_bytes(raw)
    for source, stdin in ((str(tmp_path / "file"), nothing), ("-", lambda: raw)):
        with pytest.raises(ConfigError):
            read(source, stdin)


@pytest.mark.parametrize("source", ["/nowhere/at/all", "/", "a\0b", "http://evil.test/x", "file:///etc/passwd"])
def test_unreadable_source_is_a_configuration_error(source: str) -> None:  # I04
    with pytest.raises(ConfigError):
        read(source)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["oAuthUser", "oAuthClient", "authURL", "accessTokenURL", "CORE", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON, JSON)
def test_no_document_breaks_the_reader(details: object, modules: object) -> None:  # F16
    said = ""
    try:
        values = profile_from_metadata({"authenticationDetails": details, "apiMetadata": modules})
    except EgainError as exc:
        said = exc.message
    if said:
        assert said.isprintable()
        return

    assert parse_profile("acme", _without_nothing(values)).endpoints["user"].token_url
