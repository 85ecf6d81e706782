"""The Scope Prefix of the Metadata panel: before which scopes it goes, and that nothing else is ever added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.examples import Hosts, add_profile, read_guide

if TYPE_CHECKING:
    from fakes.process import Egain

RULES = read_guide("scope_rules.toml")["rule"]
TENANT = ["--tenant", "TMPRODB88619984", "--client-id", "client-1"]
SECRET = {"EGAIN_CLIENT_SECRET": "secret-1"}


def sent_scope(egain: Egain, *argv: str, env: dict[str, str] | None = None) -> str:
    with Hosts.of_profile(egain) as hosts:
        done = egain.run("token", "--client-credentials", *argv, env=SECRET | (env or {}))
        arrived = hosts.arrived()
    assert done.status == 0, done.err
    return arrived[0][1].form["scope"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["source"])
def test_prefix_of_the_profile_goes_where_it_belongs(egain: Egain, rule: dict[str, Any]) -> None:
    options = [word for scope in rule["scopes"] for word in ("--scope", scope)]
    prefix = ["--scope-prefix", rule["prefix"]] if rule["prefix"] else []
    add_profile(egain, [*TENANT, *prefix, *options], {})

    assert " ".join(rule["wire"]) == sent_scope(egain)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["source"])
def test_prefix_and_scopes_of_the_environment_follow_the_same_rules(egain: Egain, rule: dict[str, Any]) -> None:
    add_profile(egain, TENANT, {})
    env = {"EGAIN_SCOPE": " ".join(rule["scopes"]), "EGAIN_SCOPE_PREFIX": rule["prefix"]}

    assert " ".join(rule["wire"]) == sent_scope(egain, env=env)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["source"])
def test_scopes_of_the_command_line_follow_the_same_rules(egain: Egain, rule: dict[str, Any]) -> None:
    add_profile(egain, [*TENANT, "--scope", "core.usermgr.read"], {})
    options = [word for scope in rule["scopes"] for word in ("--scope", scope)]

    assert " ".join(rule["wire"]) == sent_scope(egain, *options, env={"EGAIN_SCOPE_PREFIX": rule["prefix"]})
