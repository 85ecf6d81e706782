"""What ``profile add`` derives from what it is given."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, Flow
from egain_auth_cli.profiles.add import profile_values
from egain_auth_cli.profiles.documented_urls import DEFAULT_GATEWAY, commercial_urls
from egain_auth_cli.profiles.doubts import doubts_of
from egain_auth_cli.profiles.fields import ProfileFields
from egain_auth_cli.profiles.told import told_by_urls


def test_other_gateway_takes_the_place_of_the_guides() -> None:
    urls = commercial_urls("acme.test", "my-gateway")

    assert urls.endpoints["client"]["token_url"] == "https://login.egain.cloud/global/my-gateway/oauth2/v2.0/token"


@pytest.mark.parametrize(
    ("fields", "region"),
    [
        ({"domain": "acme-emea.egain.cloud"}, "-emea"),
        ({"domain": "EMEA.acme.test"}, "-emea"),
        ({"domain": "acme.test", "gateway": "038C150C-eb26-453a-8e19-86a8611548a9"}, "-emea"),
        ({"domain": "themean.egain.cloud"}, ""),
    ],
)
def test_domain_of_emea_has_the_hosts_of_emea(fields: dict[str, Any], region: str) -> None:
    urls = commercial_urls(**fields)
    gateway = "038c150c-eb26-453a-8e19-86a8611548a9" if region else DEFAULT_GATEWAY

    assert urls.api_url == f"https://api{region}.egain.cloud"
    assert urls.endpoints["client"]["token_url"].lower() == (
        f"https://login{region}.egain.cloud/global/{gateway}/oauth2/v2.0/token"
    )


SELF_SERVICE = "https://ai.egain.cloud/system/auth/T-{}/oauth2/token"
POLICY = "https://login.egain.cloud/g/{}/oauth2/v2.0/token"
GLOBAL = "https://login.egain.cloud/global/g/oauth2/v2.0/token"
ANONYMOUS = "https://{}/oauth2/v2.0/anonymous/token?user_type=customer"
ON_BEHALF = "https://api.egain.cloud/core/authmgr/v4/oauth2/v2.0/onbehalfof/token?user_type={}"


@pytest.mark.parametrize(
    ("url", "deployment", "endpoint", "more"),
    [
        (SELF_SERVICE.format("U"), "self-service", "user", {"client", "on_behalf_of_user"}),
        (SELF_SERVICE.format("C"), "self-service", "customer", {"on_behalf_of_customer"}),
        (POLICY.format("B2C_1A_User_V3_SignIn_OIDC"), "commercial", "user", {"client"}),
        (POLICY.format("b2c_1a_user_signin_oidc"), "commercial", "user", {"client"}),
        (POLICY.format("B2C_1A_Customer_V3_SignUpOrSignIn_OIDC"), "commercial", "customer", {"client"}),
        (GLOBAL, "commercial", "client", set()),
        (ANONYMOUS.format("login.egain.cloud/internal"), "commercial", "anonymous", set()),
        (ANONYMOUS.format("api.ai.egain.cloud/core/authmgr/v3"), None, "anonymous", set()),
        (ON_BEHALF.format("customer"), None, "on_behalf_of_customer", set()),
    ],
)
@pytest.mark.parametrize("flow", [None, Flow.CLIENT_CREDENTIALS, Flow.PKCE])
def test_url_is_filed_by_its_shape_whatever_the_flow(
    url: str, deployment: str | None, endpoint: str, more: set[str], flow: Flow | None
) -> None:
    fields = ProfileFields(token_url=url, flow=flow)
    values = profile_values(fields)

    assert (values["deployment"], values["endpoints"][endpoint]) == (deployment, {"token_url": url})
    assert set(values["endpoints"]) == {endpoint} | more
    assert values["actor"] == ("customer" if endpoint == "customer" else None)
    assert endpoint.replace("_", " ") in (told_by_urls(fields) or "")
    if "client" in more and deployment == "commercial":
        assert values["endpoints"]["client"]["token_url"] == GLOBAL


def test_authorization_url_stays_with_the_person_whatever_the_flow() -> None:
    url = SELF_SERVICE.format("U").replace("/token", "/authorize")
    values = profile_values(
        ProfileFields(authorization_url=url, token_url=SELF_SERVICE.format("U"), flow=Flow.ANONYMOUS)
    )

    assert values["endpoints"]["user"] == {"authorization_url": url, "token_url": SELF_SERVICE.format("U")}
    assert values["endpoints"]["client"] == {"token_url": SELF_SERVICE.format("U")}


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
        {"deployment": Deployment.SELF_SERVICE},
        {"deployment": Deployment.COMMERCIAL, "api_url": "https://api.egain.cloud"},
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


AUTHORIZE = SELF_SERVICE.format("U").replace("/token", "/authorize")
B2C = POLICY.format("B2C_1A_User_V3_SignIn_OIDC").replace("login.egain.cloud", "acme.b2clogin.com")


def made_of(**given: Any) -> tuple[dict[str, Any], str, list[str]]:
    fields = ProfileFields(**given)
    values = profile_values(fields)
    return values, told_by_urls(fields) or "", list(doubts_of(fields, values))


@pytest.mark.parametrize(
    ("given", "flow"),
    [
        ({"token_url": GLOBAL}, "client-credentials"),
        ({"client_token_url": GLOBAL}, "client-credentials"),
        ({"token_url": SELF_SERVICE.format("U")}, "client-credentials"),
        ({"token_url": SELF_SERVICE.format("C")}, "on-behalf-of"),
        ({"token_url": ANONYMOUS.format("login.egain.cloud/internal")}, "anonymous"),
        ({"anonymous_token_url": ANONYMOUS.format("own.test")}, "anonymous"),
        ({"token_url": ON_BEHALF.format("user")}, "on-behalf-of"),
        ({"authorization_url": AUTHORIZE, "token_url": SELF_SERVICE.format("U")}, "pkce"),
        (
            {"authorization_url": AUTHORIZE, "token_url": SELF_SERVICE.format("U"), "client_auth": ClientAuth.BODY},
            "authorization-code",
        ),
        ({"authorization_url": "https://own.test/a", "token_url": "https://own.test/t"}, None),
        ({"token_url": B2C}, None),
        ({"tenant": "T", "anonymous_token_url": ANONYMOUS.format("own.test")}, None),
    ],
)
def test_flow_is_the_one_that_the_urls_are_for_and_is_said(given: dict[str, Any], flow: str | None) -> None:
    values, told, doubts = made_of(**given)

    assert (flow, []) == (values["flow"], doubts)
    assert (f"the flow is {flow}" in told) == (flow is not None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"token_url": GLOBAL}, "the flow is client-credentials, which sends the client secret by Basic"),
        ({"token_url": SELF_SERVICE.format("U")}, "which sends the client secret in the body"),
        ({"token_url": GLOBAL, "flow": Flow.CLIENT_CREDENTIALS}, "client-credentials sends the client secret by Basic"),
        ({"client_token_url": SELF_SERVICE.format("U")}, "self-service, for the client application"),
        ({"anonymous_token_url": ANONYMOUS.format("own.test")}, "for anonymous customers"),
        ({"client_token_url": GLOBAL}, "the API is `https://api.egain.cloud`"),
    ],
)
def test_what_the_urls_tell_is_said(given: dict[str, Any], words: str) -> None:
    assert words in made_of(**given)[1]


@pytest.mark.parametrize(
    ("user_type", "actor", "table"),
    [
        ("CUSTOMER", None, "on_behalf_of_customer"),
        ("agent", None, "on_behalf_of_user"),
        ("", Actor.CUSTOMER, "on_behalf_of_customer"),
    ],
)
def test_on_behalf_of_has_a_table_that_a_profile_may_have(user_type: str, actor: Actor | None, table: str) -> None:
    assert [table] == list(made_of(token_url=ON_BEHALF.format(user_type), actor=actor)[0]["endpoints"])


def test_client_s_token_url_is_not_made_up_for_a_host_of_the_tenant_s_own() -> None:
    assert ["user"] == list(made_of(token_url=B2C)[0]["endpoints"])


@pytest.mark.parametrize(
    ("given", "doubt"),
    [
        (
            {"deployment": Deployment.COMMERCIAL, "token_url": SELF_SERVICE.format("U")},
            "the profile is commercial, as was said, but the URLs have the shape of self-service",
        ),
        ({"tenant": "T", "client_token_url": GLOBAL}, "the profile is self-service, as was said"),
        ({"authorization_url": AUTHORIZE, "client_token_url": GLOBAL}, "two deployments"),
        ({"actor": Actor.CUSTOMER, "token_url": SELF_SERVICE.format("U")}, "the URLs are for users"),
        ({"actor": Actor.USER, "authorization_url": AUTHORIZE.replace("-U", "-C")}, "the URLs are for customers"),
        ({"authorization_url": AUTHORIZE, "token_url": SELF_SERVICE.format("C")}, "some for customers"),
        ({"client_token_url": ANONYMOUS.format("own.test")}, "`--client-token-url` has a URL for anonymous customers"),
        ({"client_token_url": SELF_SERVICE.format("C")}, "`--client-token-url` has a URL for customers"),
        ({"anonymous_token_url": GLOBAL}, "`--anonymous-token-url` has a URL for the client application"),
        ({"flow": Flow.CLIENT_CREDENTIALS, "token_url": B2C}, "token URL of client-credentials"),
        (
            {"authorization_url": SELF_SERVICE.format("U")},
            "`--authorization-url` has a URL for `--token-url`, by its end",
        ),
        ({"token_url": AUTHORIZE}, "`--token-url` has a URL for `--authorization-url`, by its end"),
        ({"client_token_url": AUTHORIZE}, "`--client-token-url` has a URL for `--authorization-url`"),
    ],
)
def test_shape_that_contradicts_what_was_said_is_said(given: dict[str, Any], doubt: str) -> None:
    doubts = made_of(**given)[2]

    assert [True] == [doubt in one for one in doubts], doubts


def test_client_application_s_url_contradicts_no_actor() -> None:
    url = SELF_SERVICE.format("U")

    assert not made_of(flow=Flow.CLIENT_CREDENTIALS, actor=Actor.CUSTOMER, token_url=url)[2]


def test_way_of_the_secret_is_kept_for_the_flow_that_the_urls_are_for() -> None:
    values, *_ = made_of(token_url=ON_BEHALF.format("user"), client_auth=ClientAuth.BASIC)

    assert {"client_auth": "basic"} == values["flows"]["on-behalf-of"]
