"""Calls that a newcomer gets wrong, at the sandbox: each says what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.call_world import PORTALS

if TYPE_CHECKING:
    from fakes.process import Egain

    from egain_auth_cli.sandbox.server import SandboxServer

IMPORT = "/knowledge/contentmgr/v4/import/content"


@pytest.mark.parametrize(
    ("argv", "status", "told"),
    [
        (["GET", PORTALS, "-q", "name"], 2, "hint: such as `-q '$lang=en-US'`"),
        (["GET", PORTALS, "-H", "Accept-Language"], 2, "hint: such as `-H 'Accept-Language: en-US'`"),
        (["POST", PORTALS, "-f", "name"], 2, "hint: such as `-f name=one`"),
        (["POST", PORTALS, "-F", "count"], 2, "hint: such as `-F count=3`"),
        (["POST", PORTALS, "-d", "{}"], 7, "hint: the path is documented for `GET`"),
        (["GET", PORTALS, "-q", "$pagesize=99"], 7, "are: [1 to 75]\n\nhint: give a value that the answer names"),
        (["GET", PORTALS, "--filter", "keys(portal)"], 5, "written as it came: mend the filter by it (jmespath.org)"),
        (["POST", IMPORT], 7, f"warning: `POST {IMPORT}` is documented to need a body: `-d @FILE`, or fields by `-f"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else None,
)
def test_wrong_call_is_told_what_to_do_next(
    acme_sandbox: SandboxServer, egain: Egain, argv: list[str], status: int, told: str
) -> None:
    flow = ["--client-credentials", "--scope", "knowledge.contentmgr.manage"] if IMPORT in argv else ["--anonymous"]
    done = egain.run("call", *argv, *flow)

    assert (done.status, told in done.err) == (status, True), done.err


def test_call_with_its_body_is_not_warned_of_one(acme_sandbox: SandboxServer, egain: Egain) -> None:
    flow = ("--client-credentials", "--scope", "knowledge.contentmgr.manage")
    done = egain.run("call", "POST", IMPORT, "-d", "{}", *flow)

    assert "is documented to need a body" not in done.err
