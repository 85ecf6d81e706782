"""What was typed and cannot be meant is refused before anything is sent, and told as it should have been typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.call.catalogue import operations

if TYPE_CHECKING:
    from fakes.call_world import Api

TAKEN = (
    "error: `-q` takes NAME=VALUE, not `{}`\n\nhint: quote `$`, or the shell takes the name for a variable: `-q '{}'`\n"
)


@pytest.mark.parametrize(
    ("typed", "left", "meant"),
    [
        ('"$pagesize=2"', "=2", "$pagesize=2"),
        ('"$filter[topicId]=PROD-4002"', "[topicId]=PROD-4002", "$filter[topicId]=PROD-4002"),
    ],
)
def test_name_of_the_query_that_the_shell_took_is_told_to_be_quoted(
    api: Api, typed: str, left: str, meant: str
) -> None:
    done = api.world.egain.shell(f"egain call GET /things -q {typed}")

    assert (done.status, done.err) == (2, TAKEN.format(left, meant))
    assert api.requests == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ('"/things?$pagesize=1"', "/things?$pagesize=1"),
        ('"/things?q=x&$filter[tags]=1"', "/things?q=x&$filter[tags]=1"),
    ],
)
def test_name_in_a_path_that_the_shell_took_is_told_to_be_quoted_too(api: Api, typed: str, meant: str) -> None:
    done = api.world.egain.shell(f"egain call GET {typed}")

    assert (done.status, api.requests) == (2, [])
    assert "is not called: a name of its query is not whole" in done.err
    assert done.err.endswith(f"hint: quote `$`, or the shell takes the name for a variable: `'{meant}'`\n")


@pytest.mark.parametrize("path", sorted({one.path for one in operations() if "{" in one.path})[::9])
def test_path_that_is_copied_from_the_list_asks_for_an_id(api: Api, path: str) -> None:
    done = api.call("GET", path)

    name = path[path.index("{") : path.index("}") + 1]
    assert (done.status, api.requests) == (2, [])
    assert f"stands for an id\n\nhint: put an id in place of `{name}`\n" in done.err
