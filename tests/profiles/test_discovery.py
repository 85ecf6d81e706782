"""Profiles from metadata documents and from the MCP server's configuration."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.errors import ConfigError, EgainError
from egain_auth_cli.models.grants import Actor
from egain_auth_cli.profiles.discovery import Discovery
from egain_auth_cli.profiles.document import without_empty
from egain_auth_cli.profiles.metadata import profile_from_metadata, read_deployment
from egain_auth_cli.settings.profile import parse_profile

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


class Instance:
    """Answers what it is given by URL, and writes down what it was asked."""

    def __init__(self, documents: dict[str, dict[str, object]]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    def __call__(self, url: str) -> dict[str, object]:
        self.asked.append(url)
        return self.documents[url]


@pytest.mark.parametrize(
    "instance", ["http://acme.test", "acme.test", "https://a@acme.test", "https://acme.test?x", ""]
)
def test_unusable_instance_is_not_asked(instance: str) -> None:
    fake = Instance({})
    with pytest.raises(ConfigError):
        Discovery(fake).discover(instance, actor=Actor.USER)

    assert fake.asked == []


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
def test_bad_deployment_is_told(document: dict[str, object]) -> None:
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
def test_no_document_breaks_the_reader(details: object, modules: object) -> None:
    said = ""
    try:
        values = profile_from_metadata({"authenticationDetails": details, "apiMetadata": modules})
    except EgainError as exc:
        said = exc.message
    if said:
        assert said.isprintable()
        return

    assert parse_profile("acme", without_empty(values)).endpoints["user"].token_url
