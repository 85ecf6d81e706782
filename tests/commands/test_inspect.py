"""``egain inspect`` as a process: what a token says, and never what proves it."""

from __future__ import annotations

import base64
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes.process import OnTerminal

if TYPE_CHECKING:
    from fakes.process import Egain, Finished

    from egain_auth_cli.sandbox.server import SandboxServer

SIGNATURE = "made-up-signature-canary"


def part(document: object) -> str:
    """A part of a JSON Web Token."""
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def token(**claims: Any) -> str:
    """A JSON Web Token that nobody signed."""
    return ".".join((part({"alg": "RS256", "typ": "JWT"}), part(claims), SIGNATURE))


def inspected(egain: Egain, given: str) -> Finished:
    return egain.run("inspect", "--json", "-", stdin=given.encode() + b"\n")


def test_cached_token_says_who_it_is_for(egain: Egain, acme_sandbox: SandboxServer) -> None:
    done = egain.run("inspect", "--json", "--client-credentials")
    report = json.loads(done.out)

    assert (0, False, False, False) == (done.status, report["verified"], report["opaque"], report["expired"])
    assert ["knowledge.portalmgr.manage"] == [one for one in report["scopes"] if one.endswith("portalmgr.manage")]
    assert report["claims"]["exp"] == report["expires_at"]


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "Authorization: Bearer {}"])
def test_token_of_standard_input_is_read_alone_or_as_a_header(egain: Egain, form: str) -> None:
    done = inspected(egain, form.format(token(sub="alice", exp=100, scope="a.read b.read")))
    report = json.loads(done.out)

    assert (0, {"alg": "RS256", "typ": "JWT"}) == (done.status, report["header"])
    assert {"sub": "alice", "exp": 100, "scope": "a.read b.read"} == report["claims"]
    assert (["a.read", "b.read"], "1970-01-01T00:01:40Z", True) == (
        report["scopes"],
        report["expires"],
        report["expired"],
    )
    assert SIGNATURE not in done.out + done.err


def test_opaque_token_is_said_to_be_opaque(egain: Egain) -> None:
    done = inspected(egain, "made-up-opaque-token")
    report = json.loads(done.out)

    assert (0, True, None, []) == (done.status, report["opaque"], report["claims"], report["scopes"])
    assert "made-up" not in done.out + done.err


def test_person_is_told_that_nothing_is_verified_and_nothing_can_draw_on_the_terminal(egain: Egain) -> None:
    (egain.home / "token").write_text(token(sub="\x1b]8;;https://evil.example\x07x\x1b[2J", exp=100, iat=99))
    command = f"{sys.executable} -m egain_auth_cli inspect - <{egain.home}/token"
    with OnTerminal(["/bin/sh", "-c", command], egain.environ, exact=True) as terminal:
        shown = terminal.finish().out

    assert "Unverified" in shown
    assert "1970-01-01" in shown
    assert ("\x1b" in shown, "\x07" in shown, SIGNATURE in shown) == (False, False, False)


@pytest.mark.parametrize("junk", ["", "   ", "two words here", "n\u00f6t-ascii"])
def test_junk_is_an_error_with_nothing_on_standard_output(egain: Egain, junk: str) -> None:
    done = inspected(egain, junk)

    assert (2, "") == (done.status, done.out)
    assert "hint:" in done.err


def test_token_as_an_argument_is_refused_and_not_repeated(egain: Egain) -> None:
    done = egain.run("inspect", token(sub="alice"))

    assert (2, "", False) == (done.status, done.out, SIGNATURE in done.err)
