"""What ``profile add`` derives from what it is given."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, Flow
from egain_auth_cli.profiles.add import ProfileFields, profile_values
from egain_auth_cli.profiles.documented_urls import commercial_urls


def test_other_gateway_takes_the_place_of_the_guides() -> None:
    urls = commercial_urls("acme.test", "my-gateway")

    assert urls.endpoints["client"]["token_url"] == "https://login.egain.cloud/global/my-gateway/oauth2/v2.0/token"


@pytest.mark.parametrize(
    ("tenant", "domain", "kind"), [("T", None, "self-service"), (None, "acme.test", "commercial"), (None, None, None)]
)
def test_deployment_follows_from_what_is_given(tenant: str | None, domain: str | None, kind: str | None) -> None:
    assert kind == profile_values(ProfileFields(tenant=tenant, domain=domain))["deployment"]


@pytest.mark.parametrize(
    "fields",
    [
        {"deployment": Deployment.SELF_SERVICE, "domain": "acme.test"},
        {"deployment": Deployment.SELF_SERVICE, "tenant": "T", "gateway": "g"},
        {"deployment": Deployment.COMMERCIAL, "tenant": "T"},
        {"tenant": "../x"},
        {"tenant": "a b"},
        {"tenant": "x" * 65},
        {"domain": "evil.test/?x"},
        {"domain": "user@evil.test"},
        {"domain": "evil.test#x"},
        {"domain": "acme.test", "gateway": "../x"},
    ],
)
def test_what_does_not_go_together_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        profile_values(ProfileFields(**fields))


@pytest.mark.parametrize(
    ("flow", "actor", "table"),
    [
        (None, None, "user"),
        (Flow.PKCE, Actor.CUSTOMER, "customer"),
        (Flow.CLIENT_CREDENTIALS, None, "client"),
        (Flow.ANONYMOUS, None, "anonymous"),
        (Flow.ON_BEHALF_OF, None, "on_behalf_of_user"),
    ],
)
def test_token_url_is_that_of_the_flow_and_actor(flow: Flow | None, actor: Actor | None, table: str) -> None:
    values = profile_values(ProfileFields(flow=flow, actor=actor, token_url="https://own.test/t"))

    assert values["endpoints"][table]["token_url"] == "https://own.test/t"
    assert values["endpoints"]["client"]["token_url"] == "https://own.test/t"


def test_flow_scopes_and_client_authentication_fill_that_flows_table() -> None:
    fields = ProfileFields(flow=Flow.ANONYMOUS, scopes=("a", "b"), client_auth=ClientAuth.BASIC)

    assert profile_values(fields)["flows"] == {"anonymous": {"scopes": ["a", "b"], "client_auth": "basic"}}


def test_scopes_without_a_flow_fill_every_flows_table() -> None:
    flows = profile_values(ProfileFields(scopes=("a",), client_auth=ClientAuth.BASIC))["flows"]

    assert {flow.value for flow in Flow} == set(flows)
    assert {"a"} == set(itertools.chain.from_iterable(table["scopes"] for table in flows.values()))
    assert [name for name, table in flows.items() if "client_auth" in table] == ["client-credentials"]
