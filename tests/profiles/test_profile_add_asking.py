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
    ("Flow [", "pkce"),
    ("Client ID", "client-1"),
    ("Redirect URL, as registered", "http://localhost:8400/callback"),
    ("Scopes, separated by spaces or commas", "knowledge.portalmgr.read core.aiservices.read"),
    ("There is no keyring here", ""),
    ("Make this profile", ""),
]
"""As the panel has them, in its order, with the flow that says which are needed; then what it does not say."""


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
    assert screen.endswith("profile `acme` is made, and is the default\r\nnext: `egain login`\r\n")
    assert {"authorization_url": AUTHORIZATION_URL, "token_url": TOKEN_URL} == profile["endpoints"].pop("user")
    assert ["knowledge.portalmgr.read", "core.aiservices.read"] == profile["flows"].pop("pkce")["scopes"]
    assert {
        "deployment": "self-service",
        "client_id": "client-1",
        "flow": "pkce",
        "actor": "user",
        "api_url": "https://api.ai.egain.cloud",
        "redirect_uris": ["http://localhost:8400/callback"],
        "secret_store": "file",
    } == {key: value for key, value in profile.items() if key not in {"endpoints", "flows"}}


def test_bad_answers_are_said_and_asked_again(egain: Egain) -> None:
    bad = {
        "Authorization URL (Auth URL)": "http://ai.egain.cloud/authorize",
        "Token URL (Access Token URL)": "",
        "Client ID": "",
        "Flow [": "implicit",
        "Scopes, separated by spaces or commas": "",
        "Make this profile": "perhaps",
    }
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS:
            if label in bad:
                answer(terminal, label, bad[label])
            answer(terminal, label, text)
        done = terminal.finish()
    # Not at the beginning of a line alone: what is typed early is echoed before the question.
    asked = {label: len(re.findall(rf"{re.escape(label)}[^\r\n]*: ", done.out)) for label, _ in QUESTIONS}

    assert 0 == done.status, done.out
    assert {label: 2 if label in bad else 1 for label, _ in QUESTIONS} == asked
    assert "plain `http` is refused" in done.out
    assert ["Token URL", "Client ID", "Scopes"] == re.findall(r"  this is needed: (.*)\r", done.out)
    assert "`implicit` is none of pkce, authorization-code, client-credentials" in done.out
    assert AUTHORIZATION_URL == profile_of(egain, "acme")["endpoints"]["user"]["authorization_url"]


def test_ctrl_c_leaves_no_file(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS[:5]:
            answer(terminal, label, text)
        terminal.send(INTERRUPT)
        done = terminal.finish()

    assert 130 == done.status, done.out
    assert "profile `acme` is not made" in done.out
    assert [] == egain.files()


def test_ctrl_c_leaves_the_configuration_as_it_was(egain: Egain) -> None:
    before = keep_profile(egain)
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS[:-1]:
            answer(terminal, label, text)
        terminal.read_until("Make this profile")
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
    own = {
        "Authorization URL (Auth URL)": "",
        "Flow [": "",
        "Scopes, separated by spaces or commas": "knowledge.portalmgr.manage",
    }
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS:
            if not label.startswith("Redirect"):
                answer(terminal, label, own.get(label, text))
        answer(terminal, "client secret of profile acme", "made-up-secret")
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
        ("Flow [", "Authorization_Code"),
        ("Instance, such as demo.egain.cloud (domain_hint)", "demo.egain.cloud"),
        ("Client ID", "client-1"),
        ("Redirect URL, as registered", "http://localhost:8400/callback"),
        ("Scopes, separated by spaces or commas", "knowledge.portalmgr.read, core.aiservices.read"),
        ("There is no keyring here", ""),
        ("Make this profile", "y"),
        ("client secret of profile acme", "made-up-secret"),
    ]
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in answers:
            answer(terminal, label, text)
        done = terminal.finish()
    profile = profile_of(egain, "acme")

    assert 0 == done.status, done.out
    shown = " ".join(done.out.split())
    assert "commercial, for users; from them follow those for the client application" in shown
    assert "client secret sent in the body" in shown
    assert done.out.endswith("next: `egain login`\r\n")
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
        "Flow [": "",
    }
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS:
            if not label.startswith(("Redirect", *(["There is no"] if flow == "anonymous" else []))):
                answer(terminal, label, own.get(label, text))
        if flow != "anonymous":
            answer(terminal, "client secret of profile acme", "made-up-secret")
        done = terminal.finish()

    assert (0, flow) == (done.status, profile_of(egain, "acme")["flow"]), done.out


def test_taken_name_is_told_before_anything_is_asked(egain: Egain) -> None:
    before = keep_profile(egain)
    with egain.on_terminal("profile", "add", "kept") as terminal:
        done = terminal.finish()

    assert 3 == done.status
    assert "there is a profile `kept` already" in done.out
    assert "Authorization URL" not in done.out
    assert before == egain.config_file.read_bytes()


def test_name_is_asked_for_until_it_is_free(egain: Egain) -> None:
    keep_profile(egain)
    with egain.on_terminal("profile", "add") as terminal:
        for name in ("kept", "no name", "acme"):
            answer(terminal, "Name of the profile", name)
        for label, text in QUESTIONS:
            answer(terminal, label, text)
        done = terminal.finish()

    assert 0 == done.status, done.out
    assert "there is a profile `kept` already" in done.out
    assert "`no name` cannot be a profile's name" in done.out
    assert done.out.endswith(
        "profile `acme` is made; the default is still `kept`: `egain profile use acme` changes that\r\n"
        "next: `egain -p acme login`\r\n"
    )


def test_flows_are_listed_with_the_platform_that_each_is_for(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS[:4]:
            answer(terminal, label, text)
        terminal.read_until("Flow [pkce]")
        terminal.send(INTERRUPT)
        shown = " ".join(terminal.finish().out.split())

    assert "pkce Single Page Application, Public Client/Native: User or Customer who signs in" in shown
    assert "client-credentials Web: Client App itself" in shown


@pytest.mark.parametrize(
    ("typed", "flow"),
    [
        ("PKCE", "pkce"),
        ("SPA", "pkce"),
        ("auth code", "authorization-code"),
        ("client_credentials", "client-credentials"),
    ],
)
def test_flow_is_taken_under_the_names_that_people_have_for_it(egain: Egain, typed: str, flow: str) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS:
            if flow != "client-credentials" or not label.startswith("Redirect"):
                answer(terminal, label, typed if label == "Flow [" else text)
        if flow != "pkce":
            answer(terminal, "client secret of profile acme", "made-up-secret")
        done = terminal.finish()

    assert (0, flow) == (done.status, profile_of(egain, "acme")["flow"]), done.out


def test_whole_is_shown_and_can_be_corrected_without_typing_it_again(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS[:-1]:
            answer(terminal, label, text)
        answer(terminal, "Make this profile", "no")
        for label, _ in QUESTIONS:
            answer(terminal, label, "client-2" if label == "Client ID" else "")
        done = terminal.finish()
    first = done.out.partition("Once more")[0]

    assert 0 == done.status, done.out
    assert re.search(r"profile `acme`:\r\n +deployment +self-service\r\n", first)
    assert re.search(r"client ID +client-1\r\n", first)
    assert re.search(rf"token URL +{re.escape(TOKEN_URL)}\r\n", first)
    assert re.search(r"scopes +knowledge.portalmgr.read core.aiservices.read\r\n", first)
    assert "client-2" == profile_of(egain, "acme")["client_id"]
    assert AUTHORIZATION_URL == profile_of(egain, "acme")["endpoints"]["user"]["authorization_url"]


def test_flow_where_a_person_signs_in_is_asked_for_the_page_that_was_left_out(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS:
            answer(terminal, label, "" if label.startswith("Authorization") else text)
            if label == "Flow [":
                answer(terminal, "Authorization URL", AUTHORIZATION_URL)
        done = terminal.finish()

    assert 0 == done.status, done.out
    assert AUTHORIZATION_URL == profile_of(egain, "acme")["endpoints"]["user"]["authorization_url"]


def test_actor_is_asked_for_where_the_urls_do_not_tell(egain: Egain) -> None:
    own = {
        "Authorization URL (Auth URL)": "https://login.example/a",
        "Token URL (Access Token URL)": "https://login.example/t",
    }
    with egain.on_terminal("profile", "add", "acme") as terminal:
        for label, text in QUESTIONS:
            answer(terminal, label, own.get(label, text))
            if label == "Client ID":
                answer(terminal, "Actor", "nobody")
                answer(terminal, "Actor", "Customer")
        done = terminal.finish()

    assert (0, "customer") == (done.status, profile_of(egain, "acme")["actor"]), done.out


def ask_all(terminal: OnTerminal, own: dict[str, list[str]]) -> str:
    """Answer every question, some of them otherwise than usual, several times or with what follows; give the screen."""
    for label, text in QUESTIONS:
        for one in own.get(label, [text]):
            asked, _, given = one.rpartition("|")
            answer(terminal, asked or label, given)
    return terminal.finish().out


def test_urls_in_each_other_s_place_are_changed_on_asking(egain: Egain) -> None:
    own: dict[str, list[str]] = {
        "Authorization URL (Auth URL)": [TOKEN_URL],
        "Token URL (Access Token URL)": [AUTHORIZATION_URL, "They are swapped: change them|"],
    }
    with egain.on_terminal("profile", "add", "acme") as terminal:
        shown = ask_all(terminal, own)

    assert {"authorization_url": AUTHORIZATION_URL, "token_url": TOKEN_URL} == (
        profile_of(egain, "acme")["endpoints"]["user"]
    ), shown


def test_doubtful_answer_is_asked_for_again_unless_the_person_stays_with_it(egain: Egain) -> None:
    keep = "Keep it all the same|"
    own: dict[str, list[str]] = {
        "Token URL (Access Token URL)": [
            AUTHORIZATION_URL,
            keep,
            f"Authorization URL|{AUTHORIZATION_URL}",
            f"Token URL|{TOKEN_URL}",
        ],
        "Scope Prefix (API Permission Prefix), if any": ["https://api.egain.cloud/auth", f"{keep}yes"],
        "Domain URL (API Domain)": ["y", keep, "Domain URL (API Domain) [https://api.ai.egain.cloud]|"],
    }
    with egain.on_terminal("profile", "add", "acme") as terminal:
        shown = " ".join(ask_all(terminal, own).split())
    profile = profile_of(egain, "acme")

    assert "`Token URL` has a URL for `Authorization URL`, by its end Keep" in shown
    assert "--" not in shown
    assert "`Scope Prefix` has no `/` at its end" in shown
    assert "`Domain URL` has the host `y`" in shown
    assert (TOKEN_URL, "https://api.egain.cloud/auth", "https://api.ai.egain.cloud") == (
        profile["endpoints"]["user"]["token_url"], profile["scope_prefix"], profile["api_url"]
    )  # fmt: skip


@pytest.mark.parametrize("marks", ["<>", "''", '""', "``"])
def test_marks_around_what_was_copied_are_left_out(egain: Egain, marks: str) -> None:
    own: dict[str, list[str]] = {label: [f"{marks[0]}{text}{marks[1]}"] for label, text in QUESTIONS if "URL" in label}
    with egain.on_terminal("profile", "add", "acme") as terminal:
        shown = ask_all(terminal, own)

    assert TOKEN_URL == profile_of(egain, "acme")["endpoints"]["user"]["token_url"], shown


def test_web_is_answered_with_the_flows_of_that_platform(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        shown = " ".join(ask_all(terminal, {"Flow [": ["Web", "Flow [|pkce"]}).split())

    web = "authorization-code, client-credentials, on-behalf-of, token-exchange"
    assert f"a Web application has several flows: {web} Flow [" in shown


def test_missing_api_is_shown_as_missing(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        own: dict[str, list[str]] = {
            "Authorization URL (Auth URL)": ["https://id.test/a"],
            "Token URL (Access Token URL)": ["https://id.test/t"],
            "Domain URL (API Domain)": [""],
            "Client ID": ["client-1", "Actor: user|"],
        }
        shown = ask_all(terminal, own)

    assert re.search(r"API +none; `egain call` needs one\r\n", shown)


@pytest.mark.parametrize("columns", [80, 60])
def test_no_word_is_cut_and_a_long_address_stays_in_its_column(egain: Egain, columns: int) -> None:
    egain.environ["COLUMNS"] = str(columns)
    with egain.on_terminal("profile", "add", "acme") as terminal:
        shown = ask_all(terminal, {})
    lines = shown.replace("\r", "").split("\n")
    summary = shown.replace("\r", "").partition("profile `acme`:\n")[2].partition("\n\n")[0].split("\n")

    # A question and its answer stand on one line, which is the terminal's to break.
    assert [] == [line for line in lines if len(line) > columns and ": " not in line]
    assert {"  "} == {line[:2] for line in summary}
    assert TOKEN_URL in "".join(line[21:] for line in summary if line[:20].strip() in {"", "token URL"})
    assert "such as knowledge.portalmgr.read" in " ".join(lines)


def test_without_a_keyring_secrets_are_kept_as_the_person_says(egain: Egain) -> None:
    for name, said, store in (("acme", "yes", "file"), ("other", "no", "none")):
        with egain.on_terminal("profile", "add", name) as terminal:
            ask_all(terminal, {"There is no keyring here": [said]})
        assert store == profile_of(egain, name)["secret_store"]


@pytest.mark.parametrize("given", [False, True], ids=["asked", "environment"])
def test_client_secret_is_asked_for_hidden_unless_the_environment_gives_it(egain: Egain, given: bool) -> None:
    egain.environ |= {"EGAIN_CLIENT_SECRET": "made-up-secret"} if given else {}
    ask = [] if given else ["client secret of profile acme|made-up-secret"]
    with egain.on_terminal("profile", "add", "acme") as terminal:
        shown = ask_all(terminal, {"Flow [": ["auth-code"], "Make this profile": ["", *ask]})
    status = egain.run("secret", "status", env={"EGAIN_CLIENT_SECRET": None})

    assert "made-up-secret" not in shown
    assert ("client secret of" in shown, 3 if given else 0) == (not given, status.status), status.err
    assert shown.endswith("next: `egain login`\r\n")


def test_secret_that_is_not_given_leaves_the_profile_and_says_how(egain: Egain) -> None:
    with egain.on_terminal("profile", "add", "acme") as terminal:
        shown = ask_all(terminal, {"Flow [": ["auth-code"], "Make this profile": ["", "client secret of|"]})

    assert "authorization-code" == profile_of(egain, "acme")["flow"]
    assert shown.endswith("next: `egain secret set`\r\n")
