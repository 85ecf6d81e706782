"""Which flows a profile is ready for, and what it lacks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.profiles import make_settings
from fakes.secret_store import locked_store

from egain_auth_cli.health.flows import list_flows
from egain_auth_cli.models.grants import Flow

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kept", ["kept", "nowhere", "locked"])
def test_every_flow_is_listed_with_what_a_profile_lacks(tmp_path: Path, kept: str) -> None:
    bench = Bench(tmp_path)
    if kept == "kept":
        bench.client_secret()
    elif kept == "locked":
        bench.store = locked_store()
    flows = {one.record.flow: one for one in list_flows(make_settings, lambda _: bench.credentials)}

    assert list(Flow) == list(flows)
    public = [Flow.PKCE, Flow.ANONYMOUS]
    assert (list(Flow) if kept == "kept" else public) == [flow for flow, one in flows.items() if one.ready]
    assert {("client secret",)} >= {one.missing for one in flows.values() if not one.ready}


def test_incomplete_profile_lacks_what_it_lacks(tmp_path: Path) -> None:
    def resolve(options: Any) -> Any:
        return make_settings(replace(options, profile="x"), text="[profiles.x]\n")

    listed = list_flows(resolve, lambda _: Bench(tmp_path).credentials)

    flows = {one.record.flow: one.missing for one in listed}
    assert flows[Flow.PKCE] == ("client_id", "authorization_url", "token_url", "scopes")
    assert flows[Flow.TOKEN_EXCHANGE] == ("client_id", "token_url", "registration_id")
