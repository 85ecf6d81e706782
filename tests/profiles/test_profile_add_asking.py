"""``egain profile add NAME`` on a terminal: it asks for the Metadata panel's fields, one after the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fakes.instance import TENANT, keep_profile, profile_of
from fakes.process import INTERRUPT

if TYPE_CHECKING:
    from fakes.process import Egain, OnTerminal

AUTHORIZATION_URL = f"https://ai.egain.cloud/system/auth/{TENANT}-U/oauth2/authorize"
TOKEN_URL = f"https://ai.egain.cloud/system/auth/{TENANT}-U/oauth2/token"
QUESTIONS = [
    ("Authorization URL (Auth URL)", AUTHORIZATION_URL),
    ("Token URL (Access Token URL)", TOKEN_URL),
    ("Scope Prefix (API Permission Prefix), if any", ""),
    ("Domain URL (API Domain)", "api.ai.egain.cloud"),
    ("Client ID", "client-1"),
    ("Flow", "pkce"),
    ("Actor", "user"),
    ("Redirect URL, as registered", "http://localhost:8400/callback"),
    ("Scopes, separated by spaces", "knowledge.portalmgr.read core.aiservices.read"),
]
"""As the panel has them, in its order; then what it does not say."""


def answer(terminal: OnTerminal, label: str, text: str) -> None:
    """Wait for a question, after all that was shown so far, and answer it."""
    terminal.read_after(terminal.shown.decode(), label)
    terminal.send(text.encode() + b"\n")


def test_panel_s_fields_are_asked_for_in_its_order(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS:
            answer(terminal, label, text)
        done = terminal.finish()
    screen, profile = done.out, profile_of(egain, "acme")
    places = [screen.index(label) for label, _ in QUESTIONS]

    assert 0 == done.status, screen
    assert sorted(places) == places
    assert "press Metadata" in screen[: places[0]]
    assert "profile `acme` is made, and is the default" in screen
    assert {"authorization_url": AUTHORIZATION_URL, "token_url": TOKEN_URL} == profile["endpoints"].pop("user")
    assert ["knowledge.portalmgr.read", "core.aiservices.read"] == profile["flows"].pop("pkce")["scopes"]
    assert {
        "deployment": "self-service",
        "client_id": "client-1",
        "flow": "pkce",
        "actor": "user",
        "api_url": "https://api.ai.egain.cloud",
        "redirect_uris": ["http://localhost:8400/callback"],
    } == {key: value for key, value in profile.items() if key not in {"endpoints", "flows"}}


def test_bad_answers_are_said_and_asked_again(egain: Egain) -> None:
    bad = {
        "Authorization URL (Auth URL)": "http://ai.egain.cloud/authorize",
        "Token URL (Access Token URL)": "ai.egain.cloud/token",
        "Client ID": "",
        "Flow": "implicit",
        "Actor": "agent",
    }
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS:
            if label in bad:
                answer(terminal, label, bad[label])
            answer(terminal, label, text)
        done = terminal.finish()
    asked = {label: len(re.findall(rf"^{re.escape(label)}", done.out, re.MULTILINE)) for label, _ in QUESTIONS}

    assert 0 == done.status, done.out
    assert {label: 2 if label in bad else 1 for label, _ in QUESTIONS} == asked
    assert "plain `http` is refused" in done.out
    assert AUTHORIZATION_URL == profile_of(egain, "acme")["endpoints"]["user"]["authorization_url"]


def test_missing_client_id_is_not_called_a_wrong_choice(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS[:4]:
            answer(terminal, label, text)
        answer(terminal, "Client ID", "")
        said = terminal.read_after("Client ID: ", "Client ID")
        terminal.send(INTERRUPT)
        terminal.finish()

    assert "in brackets" not in said


def test_ctrl_c_leaves_no_file(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS[:5]:
            answer(terminal, label, text)
        terminal.send(INTERRUPT)
        done = terminal.finish()

    assert 130 == done.status, done.out
    assert [] == egain.files()


def test_ctrl_c_leaves_the_configuration_as_it_was(egain: Egain) -> None:
    before = keep_profile(egain)
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS[:-1]:
            answer(terminal, label, text)
        terminal.read_after(QUESTIONS[-2][1], "Scopes")
        terminal.send(INTERRUPT)
        done = terminal.finish()

    assert 130 == done.status, done.out
    assert before == egain.config_file.read_bytes()


def test_end_of_input_leaves_no_file(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        terminal.read_until("Authorization URL")
        terminal.send(b"\x04")
        done = terminal.finish()

    assert 130 == done.status, done.out
    assert [] == egain.files()


def test_nobody_is_asked_in_a_pipe(egain: Egain) -> None:
    done = egain.run("profile", "add", "acme", stdin=b"https://x\n")

    assert (2, "") == (done.status, done.out)
    assert "--client-id" in done.err
    assert [] == egain.files()


def test_application_without_people_is_asked_for_no_redirect_url(egain: Egain) -> None:
    own = {"Authorization URL (Auth URL)": "", "Flow": "", "Scopes, separated by spaces": "knowledge.portalmgr.manage"}
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS:
            if not label.startswith("Redirect"):
                answer(terminal, label, own.get(label, text))
        done = terminal.finish()
    profile = profile_of(egain, "acme")

    assert 0 == done.status, done.out
    assert "Redirect URL" not in done.out
    assert ("client-credentials", TOKEN_URL) == (profile["flow"], profile["endpoints"]["client"]["token_url"])


COMMERCIAL = "https://login.egain.cloud/f51302dd/B2C_1A_User_V3_SignIn_OIDC/oauth2/v2.0"


def test_commercial_urls_are_filed_by_their_shape_and_the_instance_is_asked_for(egain: Egain) -> None:
    answers = [
        ("Authorization URL (Auth URL)", f"{COMMERCIAL}/authorize"),
        ("Token URL (Access Token URL)", f"{COMMERCIAL}/token"),
        ("Scope Prefix (API Permission Prefix), if any", "https://api.egain.cloud/auth/"),
        ("Domain URL (API Domain)", ""),
        ("Instance, such as demo.egain.cloud (domain_hint)", "demo.egain.cloud"),
        ("Client ID", "client-1"),
        ("Flow", "authorization-code"),
        ("Actor", "user"),
        ("Redirect URL, as registered", "http://localhost:8400/callback"),
        ("Scopes, separated by spaces", "knowledge.portalmgr.read, core.aiservices.read"),
    ]
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in answers:
            answer(terminal, label, text)
        done = terminal.finish()
    profile = profile_of(egain, "acme")

    assert 0 == done.status, done.out
    assert "commercial, for users; from them follow those for the client application" in done.out
    assert "authorization-code sends the client secret in the body; client-credentials" in done.out
    assert {
        "user": {"authorization_url": f"{COMMERCIAL}/authorize", "token_url": f"{COMMERCIAL}/token"},
        "client": {"token_url": "https://login.egain.cloud/global/f51302dd/oauth2/v2.0/token"},
    } == profile["endpoints"]
    assert ("commercial", "demo.egain.cloud", "https://api.egain.cloud") == (
        profile["deployment"], profile["domain_hint"], profile["api_url"]
    )  # fmt: skip
    assert ["knowledge.portalmgr.read", "core.aiservices.read"] == profile["flows"]["authorization-code"]["scopes"]


@pytest.mark.parametrize(
    ("path", "flow"),
    [
        ("v3/oauth2/v2.0/anonymous/token?user_type=customer", "anonymous"),
        ("v4/oauth2/v2.0/onbehalfof/token?user_type=user", "on-behalf-of"),
    ],
)
def test_flow_that_is_offered_is_the_token_url_s(egain: Egain, path: str, flow: str) -> None:
    own = {
        "Authorization URL (Auth URL)": "",
        "Token URL (Access Token URL)": f" https://api.ai.egain.cloud/core/authmgr/{path} ",
        "Flow": "",
    }
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS:
            if not label.startswith("Redirect"):
                answer(terminal, label, own.get(label, text))
        done = terminal.finish()

    assert (0, flow) == (done.status, profile_of(egain, "acme")["flow"]), done.out
