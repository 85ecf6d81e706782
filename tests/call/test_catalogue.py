"""The documented operations: held to the facts, found by word and by request, told before and after."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from fakes.call_world import Api, egain_error

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


def test_persona_that_may_not_is_warned_with_the_command_that_may(api: Api) -> None:
    done = api.call("GET", "/knowledge/portalmgr/v4/portals/user")  # the profile's flow is an application's

    assert "is documented for a user, on behalf of a user; this token is for an application" in done.err
    assert "try `egain call GET /knowledge/portalmgr/v4/portals/user --pkce`" in done.err
    assert len(api.requests) == 1


def test_refused_persona_is_told_the_command_that_may(api: Api) -> None:
    path = "/knowledge/portalmgr/v4/portals/user"
    api.answers(egain_error("403-112"), path=path)

    done = api.call("GET", path)

    assert done.status == 7
    assert f"hint: this persona may not use the operation: try `egain call GET {path} --pkce`" in done.err


def test_missing_scope_is_told_with_the_commands_that_add_it(api: Api) -> None:
    path = "/knowledge/portalmgr/v4/portals/PROD-1001"
    api.world.add_profile(flow="pkce")
    api.world.sign_in(left=3000)
    api.answers(egain_error("403-197"), path=path)
    manage = egain_error("403-197")
    api.answers(manage, path="/knowledge/portalmgr/v4/portals/PROD-1001/bookmarks")

    done = api.call("POST", "/knowledge/portalmgr/v4/portals/PROD-1001/bookmarks", "-d", "{}")

    assert done.status == 7
    assert "hint: grant `knowledge.portalmgr.manage` on the Permissions tab" in done.err
    assert (
        "`egain profile set acme flows.pkce.scopes 'knowledge.portalmgr.read knowledge.portalmgr.manage'`" in done.err
    )
    assert "`egain login --pkce --force`" in done.err


def test_scope_of_a_token_on_behalf_of_somebody_is_its_own_kind(api: Api) -> None:
    path = "/knowledge/portalmgr/v4/portals/PROD-1001"
    api.answers(egain_error("403-197"), path=path)
    api.world.give_tokens("at-obo")

    done = api.world.egain.run(
        "call", "GET", path, "--on-behalf-of", "alice", env={"EGAIN_CLIENT_SECRET": "secret-canary-1"}
    )

    assert "`knowledge.portalmgr.onbehalfof.read`" in done.err
