"""Which flows a profile is ready for, and what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from egain_auth_cli.errors import StoreError
from egain_auth_cli.health.flows import list_flows
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.tokens.keep_secret import SecretPlace

if TYPE_CHECKING:
    from egain_auth_cli.settings.resolve import Settings


def test_every_flow_is_listed_with_what_a_profile_lacks() -> None:
    def resolve(options: Any) -> Settings:
        from fakes.profiles import make_settings

        return make_settings(options)

    def locate(settings: Settings) -> SecretPlace:
        if settings.flow.value is Flow.ON_BEHALF_OF:
            raise StoreError("locked")
        return SecretPlace("memory" if settings.flow.value is Flow.CLIENT_CREDENTIALS else None, None)

    flows = {one.flow: one for one in list_flows(resolve, locate)}
    assert set(Flow) == set(flows)
    assert [flow for flow, one in flows.items() if one.ready] == [Flow.PKCE, Flow.CLIENT_CREDENTIALS, Flow.ANONYMOUS]
    assert {("client secret",)} == {one.missing for one in flows.values() if not one.ready}


def test_without_a_profile_nothing_is_said_to_be_missing() -> None:
    def locate(_: Settings) -> SecretPlace:
        raise AssertionError

    flows = list_flows(None, locate)
    assert {None} == {one.missing for one in flows}
    assert not [one for one in flows if one.ready or not one.persona or not one.platform or not one.needs]


def test_incomplete_profile_lacks_what_it_lacks() -> None:
    def resolve(options: Any) -> Settings:
        from dataclasses import replace

        from fakes.profiles import make_settings

        return make_settings(replace(options, profile="x"), text="[profiles.x]\n")

    flows = {one.flow: one.missing for one in list_flows(resolve, lambda _: SecretPlace(None, None))}
    assert flows[Flow.PKCE] == ("client_id", "authorization_url", "token_url", "scopes")
    assert flows[Flow.TOKEN_EXCHANGE] == ("client_id", "token_url", "registration_id")
