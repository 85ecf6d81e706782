"""Names of the query that are not documented: warned of before, told after a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.call_world import PORTALS, Api

if TYPE_CHECKING:
    from fakes.process import Egain

    from egain_auth_cli.sandbox.server import SandboxServer


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("$pagsize", "did you mean `$pagesize`?"),
        ("pagesize", "did you mean `$pagesize`?"),
        ("$PageNum", "did you mean `$pagenum`?"),
        ("foo", "it takes `departmentID`, `$lang`, `$pagenum`, `$pagesize`"),
    ],
)
@pytest.mark.parametrize("in_path", [True, False])
def test_name_that_is_not_documented_is_warned_of_with_what_was_meant(
    api: Api, name: str, told: str, in_path: bool
) -> None:
    done = api.call("GET", *([f"{PORTALS}?{name}=1"] if in_path else [PORTALS, "-q", f"{name}=1"]))

    assert f"warning: `GET {PORTALS}` is not documented to take `{name}`: {told}\n" in done.err
    assert len(api.requests) == 1


def test_names_that_are_documented_or_of_an_unknown_path_are_not_warned_of(api: Api) -> None:
    template = "/knowledge/contentmgr/v4/import/content/1/status"  # documented, without any name
    done = [api.call("GET", path, "-q", "$pagesize=2") for path in (PORTALS, "/things", template)]

    assert [] == [one.err for one in done if "is not documented to take" in one.err]


def test_refusal_of_a_name_tells_what_to_do_about_that_name(acme_sandbox: SandboxServer, egain: Egain) -> None:
    path = "/knowledge/contentmgr/v4/prompts/prompttemplates"
    query = ("-q", "department=x", "-q", "languagecode=en-US", "-q", "languageCode=en-US")
    scope = ("--client-credentials", "--scope", "knowledge.contentmgr.manage")
    done = egain.run("call", "GET", path, *query, *scope)

    assert done.status == 7
    assert "hint: `languagecode`: did you mean `languageCode`?" in done.err
