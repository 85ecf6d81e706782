"""What is told after a path that is not there, or not for this method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.call_world import PORTALS, Api
from fakes.hostile_server import Answer

if TYPE_CHECKING:
    from fakes.process import Egain

    from egain_auth_cli.sandbox.server import SandboxServer


def hint(egain: Egain, *argv: str) -> str:
    """Return the hint of a call that ends with 7."""
    done = egain.run("call", *argv)
    assert done.status == 7, done.err
    return done.err.rpartition("\n\nhint: ")[2].rstrip("\n")


def test_id_that_does_not_exist_is_named_with_the_list_of_those_that_do(sandbox: SandboxServer, egain: Egain) -> None:
    told = hint(egain, "GET", f"{PORTALS}/PROD-9999", "--anonymous")

    assert told == f"check the id `PROD-9999` (`portalID`); `egain call GET {PORTALS}` shows those that there are"


@pytest.mark.parametrize(
    ("portal", "topic", "told"),
    [
        ("PROD-1001", "PROD-9998", "check the id `PROD-9998` (`topicID`)"),
        ("PROD-9999", "PROD-4001", "check the id `PROD-9999` (`portalID`);"),
    ],
)
def test_of_several_ids_the_one_that_the_server_names_is_told(
    sandbox: SandboxServer, egain: Egain, portal: str, topic: str, told: str
) -> None:
    assert hint(egain, "GET", f"{PORTALS}/{portal}/topics/{topic}", "--anonymous").startswith(told)


def test_ids_are_all_told_where_the_server_names_none_and_no_list_that_this_token_may_not_have(api: Api) -> None:
    path = f"{PORTALS}/PROD-1/topics/PROD-2"
    api.answers(Answer(status=404), path=path)
    told = hint(api.world.egain, "GET", path)  # by an application, which may not list portals

    assert told == "check the ids `PROD-1` (`portalID`) and `PROD-2` (`topicID`)"


@pytest.mark.parametrize("status", [404, 405])
def test_method_that_the_path_does_not_have_is_told_those_that_are_documented(api: Api, status: int) -> None:
    path = f"{PORTALS}/PROD-1001/bookmarks"
    api.answers(Answer(status=status), path=path)

    assert hint(api.world.egain, "PUT", path) == "the path is documented for `GET`, `POST`"


def test_method_that_an_undocumented_path_does_not_have_is_told_those_that_the_server_allows(api: Api) -> None:
    api.answers(Answer(status=405, headers=(("Allow", "GET, HEAD\x1b"),)))

    assert hint(api.world.egain, "PUT", "/things").startswith("the server takes `GET, HEAD")


@pytest.mark.parametrize("by_environment", [True, False])
def test_base_that_is_in_the_path_again_is_told_with_the_call_without_it(api: Api, by_environment: bool) -> None:
    base = f"{api.world.server.url}/knowledge"
    api.world.add_profile(flow="client-credentials", api_url=base)
    env = {"EGAIN_ACCESS_TOKEN": "given-canary", "EGAIN_API_URL": base} if by_environment else {}
    api.world.egain.environ |= {"EGAIN_CLIENT_SECRET": "secret-canary-1", **env}

    name = "EGAIN_API_URL" if by_environment else "api_url"
    assert hint(api.world.egain, "GET", "/knowledge/portalmgr/v4/portals?$pagesize=2") == (
        f"`{name}` has the path `/knowledge` already: try `egain call GET '/portalmgr/v4/portals?$pagesize=2'`"
    )


def test_id_in_the_query_is_told_where_the_server_names_that(sandbox: SandboxServer, egain: Egain) -> None:
    told = hint(egain, "GET", f"{PORTALS}/PROD-1001/articles", "-q", "$filter[topicId]=PROD-9999", "--anonymous")

    assert told == "check the id `PROD-9999` (`$filter[topicId]`)"


@pytest.mark.parametrize(("path", "words"), [("/foo/bar", ""), ("/foo/portals/bar", " portals")])
def test_list_that_is_hinted_at_finds_something(api: Api, path: str, words: str) -> None:
    api.answers(Answer(status=404), path=path)
    told = hint(api.world.egain, "GET", path)

    assert told == f"`egain call --list{words}` shows documented paths"
    assert api.world.egain.run(*told.split("`")[1].split()[1:]).status == 0
