"""The documented operations: held to the facts, found by word and by request, told before and after."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from fakes.call_world import Api, egain_error
from fakes.hostile_server import Answer

from egain_auth_cli.call.catalogue import Operation, find_operations, operation_of, operations

FACTS = Path(__file__).with_name("documented-operations.tsv")
"""What eGain's API descriptions and pages say, row by row."""
_BODIES = {"-": "", "application/json": "json", "application/json!": "json!"}


def facts() -> list[dict[str, str]]:
    with FACTS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def words(text: str) -> tuple[str, ...]:
    return () if text in ("-", "?") else tuple(text.split())


def alternatives(text: str) -> tuple[str, ...]:
    return () if text in ("-", "?") else tuple(text.replace("?", "").split("|"))


def test_every_operation_is_as_documented() -> None:
    expected = []
    for row in facts():
        delegated, on_behalf_of, client = (alternatives(kind) for kind in row["scopes"].split(";"))
        newer, older = row["source"].startswith("sdk"), row["sdk_21_23"] == "absent"
        expected.append(
            Operation(
                row["method"], row["path"], row["group"], words(row["personas"]), delegated, on_behalf_of, client,
                words(row["query_required"]), words(row["query_optional"]), row["accept_language"] == "yes",
                _BODIES[row["body"]], row["paginated"] != "-", "21.23" if newer else "21.22" if older else "",
            )
        )  # fmt: skip

    assert list(operations()) == expected
    assert len(expected) == 120


@pytest.mark.parametrize("word", ["suggestion", "GUIDED", "obo-c", "contentmgr.manage", "DELETE", "/breadcrumb"])
def test_operations_are_found_by_group_persona_scope_method_and_path(word: str) -> None:
    found = find_operations(word)

    assert 0 < len(found) < 120
    assert all(word.lower() in repr(one).lower() for one in found)


def test_operations_are_found_by_several_words_by_release_and_by_a_path_with_its_ids() -> None:
    assert {one.method for one in find_operations("bookmark", "post")} == {"POST"}
    assert {one.release for one in find_operations("21.23")} == {"21.23"}
    assert [one.path for one in find_operations("/knowledge/portalmgr/v4/portals/PROD-1001/bookmarks", "GET")] == [
        "/knowledge/portalmgr/v4/portals/{portalID}/bookmarks"
    ]


@pytest.mark.parametrize(
    ("method", "target", "path"),
    [
        ("GET", "/knowledge/portalmgr/v4/portals/user", "/knowledge/portalmgr/v4/portals/user"),
        ("GET", "/knowledge/portalmgr/v4/portals/PROD-1001", "/knowledge/portalmgr/v4/portals/{portalID}"),
        ("head", "/knowledge/portalmgr/v4/portals/PROD-1001?$lang=en-US", "/knowledge/portalmgr/v4/portals/{portalID}"),
        ("GET", "https://api.example/knowledge/portalmgr/v4/myportals", "/knowledge/portalmgr/v4/myportals"),
        ("DELETE", "/knowledge/portalmgr/v4/portals/user", None),
        ("GET", "/knowledge/portalmgr/v4/portals/", None),
        ("GET", "/no/such/path", None),
    ],
)
def test_operation_of_a_request_is_the_one_with_the_fewest_placeholders(
    method: str, target: str, path: str | None
) -> None:
    found = operation_of(method, target)

    assert path == (None if found is None else found.path)


def test_each_operation_is_found_by_its_own_path() -> None:
    lost = [one for one in operations() if operation_of(one.method, one.path) != one]

    assert lost == []


def test_query_that_is_documented_as_required_is_asked_for_and_not_insisted_on(api: Api) -> None:
    done = api.call("GET", "/knowledge/portalmgr/v4/PROD-1001/search", "-q", "q=x")
    whole = api.call("GET", "/knowledge/portalmgr/v4/PROD-1001/search?q=x", "-q", "$lang=en-US")

    assert "is documented to need `-q '$lang=…'`" in done.err
    assert ("is documented to need" in whole.err, len(api.requests)) == (False, 2)


USERS_PORTALS = "/knowledge/portalmgr/v4/portals/user"
PORTAL = "/knowledge/portalmgr/v4/portals/PROD-1001"


def test_persona_that_may_not_is_warned_with_the_same_request_for_one_that_may(api: Api) -> None:
    typed = ("-q", "$lang=en-US", "-H", "X-Api-Key: key-canary", "--filter", "x")
    done = api.call("GET", USERS_PORTALS, *typed)  # the profile's flow is an application's

    assert "is documented for a user, on behalf of a user; this token is for an application" in done.err
    again = f"egain call GET {USERS_PORTALS} --pkce -q '$lang=en-US' -H 'X-Api-Key: …' --filter x"
    assert f"try `{again}`, or in place of `--pkce` `--on-behalf-of USERNAME`" in done.err
    assert "key-canary" not in done.err
    assert len(api.requests) == 1


def test_refused_persona_is_told_the_command_that_may_by_the_profiles_own_flow(api: Api) -> None:
    api.answers(egain_error("403-112"), path=USERS_PORTALS)
    api.world.add_profile(
        flow="client-credentials", flows={"authorization-code": {"scopes": ["x.read"]}}, actor="customer"
    )

    done = api.call("GET", USERS_PORTALS)

    assert done.status == 7
    assert f"may not use the operation: try `egain call GET {USERS_PORTALS} --auth-code --actor user`" in done.err


def test_refusal_for_a_missing_name_of_the_query_is_told_the_name(api: Api) -> None:
    path = "/knowledge/portalmgr/v4/PROD-1001/search"
    api.answers(egain_error("400-112"), path=path)

    assert "hint: add `-q '$lang=…'`" in api.call("GET", path, "-q", "q=x").err


def missing_scope(api: Api, *argv: str, text: str = "Not authorized", **env: str) -> str:
    """Return the hint after a call was refused for want of a scope."""
    answer = Answer(status=403, body=json.dumps({"code": "403-197", "developerMessage": text}).encode())
    api.answers(answer, path=argv[1].partition("?")[0])
    done = api.world.egain.run("call", *argv, env={"EGAIN_CLIENT_SECRET": "secret-canary-1", **env})
    assert done.status == 7
    return done.err


def test_missing_scope_is_told_with_the_commands_that_add_it(api: Api) -> None:
    api.world.add_profile(flow="pkce")
    api.world.sign_in(left=3000)

    told = missing_scope(api, "POST", f"{PORTAL}/bookmarks", "-d", "{}")

    assert "hint: grant `knowledge.portalmgr.manage` on the Permissions tab" in told
    assert "`egain profile set acme flows.pkce.scopes 'knowledge.portalmgr.read knowledge.portalmgr.manage'`" in told
    assert "`egain login --pkce --force`" in told


def test_missing_scope_of_an_option_or_a_variable_is_added_there(api: Api) -> None:
    api.world.give_tokens("at-1")

    by_option = missing_scope(api, "POST", f"{PORTAL}/bookmarks", "--on-behalf-of", "alice", "--scope", "x.read")
    by_variable = missing_scope(api, "POST", f"{PORTAL}/bookmarks", "--on-behalf-of", "alice", EGAIN_SCOPE="x.read")

    assert "add `--scope knowledge.portalmgr.onbehalfof.manage`" in by_option
    assert "add it to `EGAIN_SCOPE`" in by_variable
    assert "profile set" not in by_option + by_variable


def test_application_is_told_what_its_default_stands_for(api: Api) -> None:
    told = missing_scope(api, "POST", "/knowledge/contentmgr/v4/import/content", "-d", "{}")

    assert "grant `knowledge.contentmgr.manage`" in told
    assert ".default" not in told


def test_scopes_that_the_server_quotes_are_those_to_be_granted(api: Api) -> None:
    told = missing_scope(api, "GET", PORTAL, text="must have 'knowledge.a.read knowledge.b.read' scope")

    assert "grant `knowledge.a.read knowledge.b.read`" in told


def test_scope_that_was_asked_for_already_is_granted_and_the_token_made_anew(api: Api) -> None:
    told = missing_scope(api, "GET", PORTAL)

    assert "grant `knowledge.portalmgr.read`" in told
    assert "repeat the call with `--force-refresh`" in told


def test_scope_of_a_token_on_behalf_of_somebody_is_its_own_kind(api: Api) -> None:
    api.world.give_tokens("at-obo")

    assert "`knowledge.portalmgr.onbehalfof.read`" in missing_scope(api, "GET", PORTAL, "--on-behalf-of", "alice")
