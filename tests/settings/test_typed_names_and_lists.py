"""A flow's name and a list are read alike wherever a person types one: option, variable, ``profile set``, Python."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egain_auth_cli.models.grants import Flow
from egain_auth_cli.sanitize import split_list

if TYPE_CHECKING:
    from fakes.command_line import CommandLine

FLOWS = {
    "auth-code": "authorization-code",
    "PKCE": "pkce",
    "client_credentials": "client-credentials",
    "Single Page Application": "pkce",
    "On Behalf Of": "on-behalf-of",
}


def profile(line: CommandLine, name: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(line.config_file.read_text())["profiles"][name]
    return found


def setting(line: CommandLine, name: str) -> Any:
    """Give what ``egain profile show`` says that is in use."""
    return json.loads(line("profile", "show", "--json").out)["settings"][name]["value"]


@pytest.mark.parametrize("typed", FLOWS)
def test_flow_is_read_as_people_write_it(configured: CommandLine, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    made = configured("profile", "add", "new", "--tenant", "T", "--client-id", "x", "--flow", typed)
    changed = configured("profile", "set", "acme", "flow", typed)

    assert (0, 0) == (made.status, changed.status), made.err + changed.err
    assert {FLOWS[typed]} == {profile(configured, name)["flow"] for name in ("new", "acme")}
    configured("profile", "set", "acme", "flow", "anonymous")
    monkeypatch.setenv("EGAIN_FLOW", typed)
    assert FLOWS[typed] == setting(configured, "flow")


@pytest.mark.parametrize("typed", ["web", "implicit", "", "pkce2"])
def test_what_names_no_flow_is_refused_with_the_names(configured: CommandLine, typed: str) -> None:
    ran = configured("profile", "add", "new", "--tenant", "T", "--client-id", "x", "--flow", typed)

    assert (2, True) == (ran.status, "`pkce`, `authorization-code`" in ran.err)


@given(st.sampled_from(Flow), st.data())
def test_flow_is_the_same_in_any_letters_and_with_any_joints(flow: Flow, data: st.DataObject) -> None:
    joint = st.sampled_from(["-", "_", " ", "  "])
    written = "".join(
        data.draw(joint) if char == "-" else data.draw(st.sampled_from([char, char.upper()])) for char in flow
    )

    assert flow is Flow(written)


LISTS = ["a.read,b.read", "a.read, b.read", " a.read  b.read ", ",a.read,,b.read,"]


@pytest.mark.parametrize("typed", LISTS)
def test_scopes_are_separated_by_blanks_or_commas(
    configured: CommandLine, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    configured("profile", "add", "new", "--tenant", "T", "--client-id", "x", "--flow", "pkce", "--scope", typed)
    configured("profile", "set", "acme", "flows.pkce.scopes", typed)

    assert [["a.read", "b.read"]] * 2 == [
        profile(configured, one)["flows"]["pkce"]["scopes"] for one in ("new", "acme")
    ]
    monkeypatch.setenv("EGAIN_SCOPE", typed.replace("a.", "c."))
    assert ["c.read", "b.read"] == setting(configured, "scopes")


def test_redirect_uris_are_separated_likewise(configured: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = uris = ["http://localhost:8401/a", "http://localhost:8402/b"]
    configured("profile", "add", "new", "--tenant", "T", "--client-id", "x", "--redirect-uri", f"{one},{other}")
    configured("profile", "set", "acme", "redirect_uris", f"{one}, {other}")

    assert [uris, uris] == [profile(configured, name)["redirect_uris"] for name in ("new", "acme")]
    monkeypatch.setenv("EGAIN_REDIRECT_URI", f"{other},{one}")
    assert [other, one] == setting(configured, "redirect_uris")


@given(st.lists(st.text("abc./:", min_size=1)), st.sampled_from([" ", ",", ", ", "\n", " ,, "]))
def test_what_was_joined_is_split_again(words: list[str], joint: str) -> None:
    assert tuple(words) == split_list(joint.join(words))
