"""``egain flows``: the six ways to a token, and what a profile lacks for each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes.examples import add_profile

if TYPE_CHECKING:
    from fakes.process import Egain

OPTIONS = {
    "pkce": "--pkce",
    "authorization-code": "--auth-code",
    "client-credentials": "--client-credentials",
    "anonymous": "--anonymous",
    "on-behalf-of": "--on-behalf-of USERNAME",
    "token-exchange": "--token-exchange",
}
TENANT = ["--tenant", "TMPRODB88619984", "--client-id", "client-1"]
SECRET = {"EGAIN_CLIENT_SECRET": "secret-1"}


def listed(egain: Egain, *argv: str, env: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    done = egain.run("flows", "--json", *argv, env=env or {})
    assert (0, "") == (done.status, done.err)
    return {one["flow"]: one for one in json.loads(done.out)["flows"]}


def missing(egain: Egain, env: dict[str, str] | None = None) -> dict[str, list[str] | None]:
    return {flow: one["missing"] for flow, one in listed(egain, env=env).items()}


def test_every_flow_is_listed_without_any_profile(egain: Egain) -> None:
    flows = listed(egain)

    assert OPTIONS == {flow: one["option"] for flow, one in flows.items()}
    assert {(False, None)} == {(one["ready"], one["missing"]) for one in flows.values()}
    assert all(one["persona"] and one["platform"] and one["needs"] for one in flows.values())
    assert [] == egain.files()


def test_json_names_the_profile_that_was_looked_at(egain: Egain) -> None:
    without = egain.run("flows", "--json")
    add_profile(egain, TENANT, {})
    default = egain.run("flows", "--json")
    named = egain.run("-p", "guide", "flows", "--json")

    assert [None, "guide", "guide"] == [json.loads(one.out)["profile"] for one in (without, default, named)]


def test_profile_with_nothing_but_its_urls_lacks_scopes_and_secret(egain: Egain) -> None:
    add_profile(egain, TENANT, {})

    assert {
        "pkce": ["scopes"],
        "authorization-code": ["scopes", "client secret"],
        "client-credentials": ["scopes", "client secret"],
        "anonymous": ["scopes"],
        "on-behalf-of": ["scopes", "client secret"],
        "token-exchange": ["registration_id", "client secret"],
    } == missing(egain)


def test_profile_with_everything_is_ready(egain: Egain) -> None:
    options = [*TENANT, "--scope", "knowledge.portalmgr.read"]
    add_profile(egain, options, {"flows.token-exchange.registration_id": "okta-1"})
    flows = listed(egain, env=SECRET)

    assert {flow: (True, []) for flow in OPTIONS} == {
        flow: (one["ready"], one["missing"]) for flow, one in flows.items()
    }


def test_endpoints_that_a_profile_does_not_have_are_named(egain: Egain) -> None:
    add_profile(egain, ["--client-id", "client-1", "--scope", "a.b.read"], {})

    assert {
        "pkce": ["authorization_url", "token_url"],
        "authorization-code": ["authorization_url", "token_url"],
        "client-credentials": ["token_url"],
        "anonymous": ["token_url"],
        "on-behalf-of": ["token_url"],
        "token-exchange": ["token_url", "registration_id"],
    } == missing(egain, SECRET)


def test_what_is_named_as_missing_is_what_the_flow_then_refuses(egain: Egain) -> None:
    add_profile(egain, ["--client-id", "client-1", "--scope", "a.b.read"], {})

    done = egain.run("token", "--client-credentials", env=SECRET)

    assert (3, "") == (done.status, done.out)
    assert "token_url" in done.err


def test_terminal_shows_a_table_and_json_where_it_is_asked_for(egain: Egain) -> None:
    add_profile(egain, TENANT, {})
    with egain.on_terminal("flows", env={"COLUMNS": "250"}) as terminal:
        table = terminal.finish()
    with egain.on_terminal("flows", "--json", env={"COLUMNS": "250"}) as terminal:
        document = terminal.finish()

    assert (0, 0) == (table.status, document.status)
    assert ["FLOW", "OPTION", "FOR", "PLATFORM", "READY"] == table.out.splitlines()[0].split()
    assert all(f"{flow} " in table.out and option in table.out for flow, option in OPTIONS.items())
    assert "needs registration_id, client secret" in table.out
    assert set(OPTIONS) == {one["flow"] for one in json.loads(document.out)["flows"]}


def test_terminal_without_any_profile_says_so(egain: Egain) -> None:
    with egain.on_terminal("flows", env={"COLUMNS": "250"}) as terminal:
        done = terminal.finish()

    assert (0, len(OPTIONS)) == (done.status, done.out.count("no profile")), done.out


@pytest.mark.parametrize("name", ["missing"])
def test_profile_that_does_not_exist_is_an_error(egain: Egain, name: str) -> None:
    done = egain.run("-p", name, "flows")

    assert (3, "") == (done.status, done.out)
    assert f"`{name}`" in done.err
