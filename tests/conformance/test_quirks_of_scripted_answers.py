"""Answers that eGain and Microsoft's directory are known to give, word for word, and what the command makes of them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from fakes.hostile_server import Answer, json_answer, refusal, token_answer
from fakes.process import ended
from fakes.sandbox_world import error_of
from fakes.world import CLIENT_SECRET, World, redirect_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.process import Finished

SECRET = {"EGAIN_CLIENT_SECRET": CLIENT_SECRET, "EGAIN_SUBJECT_TOKEN": "subject.token.canary"}
JSON = ("--error-format", "json")
PASTED = "https://oauth.pstmn.io/v1/callback"
PUBLIC_SECRET = "AADB2C90084: Public clients should not send a client_secret when redeeming a publicly acquired grant."
SPA_ALONE = (
    "AADSTS9002327: Tokens issued for the 'Single-Page Application' client-type may only be redeemed via "
    "cross-origin requests.\r\nTrace ID: 1\r\nCorrelation ID: 2"
)
GRANTS = {
    "client-credentials": ["--client-credentials"],
    "on-behalf-of": ["--on-behalf-of", "alice"],
    "token-exchange": ["--token-exchange"],
}


def encoded(text: str) -> str:
    return base64.b64encode(quote(text, safe="").encode()).decode()


def token(world: World, *argv: str) -> Finished:
    world.egain.run("profile", "set", "acme", "flows.token-exchange.registration_id", "okta-1")
    return world.egain.run(*JSON, "token", *argv, env=SECRET)


def login(world: World, flow: str, **redirect: str) -> Finished:
    """Sign in by pasting; the redirect is the answer to what was asked."""
    world.egain.run("profile", "set", "acme", "redirect_uris", PASTED)
    with ended(world.egain.start(*JSON, "login", "--no-browser", flow, env=SECRET)) as running:
        shown = running.read_error_until("paste the address")
        running.send(redirect_of(shown, **redirect).encode() + b"\n")
        return running.finish()


def refused(done: Finished) -> dict[str, Any]:
    assert "" == done.out
    assert done.status == error_of(done.err)["exit"]
    assert CLIENT_SECRET not in done.err
    return error_of(done.err)


@pytest.mark.parametrize("flow", GRANTS)
@pytest.mark.parametrize(
    ("oauth_error", "status", "hints"),
    [
        ("invalid_client", 401, {"": "expiry date"}),
        (
            "invalid_scope", 400,
            {"client-credentials": "Application permission", "on-behalf-of": "onbehalfof", "token-exchange": "grant"},
        ),
        (
            "unauthorized_client", 400,
            {
                "client-credentials": "`egain token --client-credentials`",
                "on-behalf-of": "Platform Web",
                "token-exchange": "Token Exchange Grant Type",
            },
        ),
        ("unsupported_grant_type", 400, {"": "token URL"}),
        (
            "invalid_grant", 400,
            {"client-credentials": "", "on-behalf-of": "does not know this person", "token-exchange": "subject token"},
        ),
        ("access_denied", 403, {"": "client application"}),
    ],
)  # fmt: skip
def test_error_of_the_token_endpoint_says_what_to_change(
    world: World, *, flow: str, oauth_error: str, status: int, hints: dict[str, str]
) -> None:
    world.server.on("/token", refusal(oauth_error, status=status, error_description="Something about it."))

    error = refused(token(world, *GRANTS[flow]))

    assert (4, "grant-refused", oauth_error, status) == (
        error["exit"],
        error["code"],
        error["oauth_error"],
        error["status"],
    )
    assert "Something about it." in error["message"]
    assert hints.get(flow, hints.get("", "")) in error["hint"]


def test_client_credentials_refused_as_a_grant_do_not_send_anyone_to_sign_in(world: World) -> None:
    world.server.on("/token", refusal("invalid_grant"))

    error = refused(token(world, "--client-credentials"))

    assert "egain login" not in error["hint"]


@pytest.mark.parametrize(
    ("flow", "oauth_error", "hint"),
    [
        ("--pkce", "unauthorized_client", "`egain login --auth-code`"),
        ("--auth-code", "unauthorized_client", "`egain login --pkce`"),
        ("--auth-code", "invalid_client", "the secret came from `EGAIN_CLIENT_SECRET`"),
        ("--pkce", "invalid_grant", "egain login"),
        ("--pkce", "invalid_scope", "Permissions tab"),
    ],
)
def test_refused_code_says_what_to_change(world: World, flow: str, oauth_error: str, hint: str) -> None:
    world.server.on("/token", refusal(oauth_error))

    error = refused(login(world, flow))

    assert (4, "grant-refused", oauth_error) == (error["exit"], error["code"], error["oauth_error"])
    assert hint in error["hint"]


@pytest.mark.parametrize(
    ("flow", "oauth_error", "description", "code", "hints"),
    [
        (
            "--auth-code",
            "invalid_request",
            PUBLIC_SECRET,
            "AADB2C90084",
            ["must not send a secret", "`egain login --pkce`"],
        ),
        ("--pkce", "invalid_request", SPA_ALONE, "AADSTS9002327", ["Single Page Application", "Public Client/Native"]),
    ],
)
@pytest.mark.parametrize("wrap", [str, encoded], ids=["plain", "base64"])
def test_microsoft_s_code_is_known_by_name(
    world: World,
    *,
    flow: str,
    oauth_error: str,
    description: str,
    code: str,
    hints: list[str],
    wrap: Callable[[str], str],
) -> None:
    world.server.on("/token", refusal(oauth_error, error_description=wrap(description)))

    error = refused(login(world, flow))

    assert (4, oauth_error) == (error["exit"], error["oauth_error"])
    assert code in error["message"]
    assert [] == [hint for hint in hints if hint not in error["hint"]]


@pytest.mark.parametrize(
    ("sent", "description", "oauth_error", "said"),
    [
        ("access_denied", "The user said no", "access_denied", "The user said no"),
        (encoded("access_denied"), encoded("The user said no"), "access_denied", "The user said no"),
        (encoded("invalid_scope"), encoded("scope é is unknown"), "invalid_scope", "scope é is unknown"),
        ("invalid_scope", "YWJjZGVmZ2g", "invalid_scope", "abcdefgh"),
        ("temporarily_unavailable", "", "temporarily_unavailable", "temporarily_unavailable"),
    ],
    ids=["plain", "both encoded", "beyond ASCII", "without padding", "no description"],
)
def test_error_in_the_redirect_is_shown_in_words(
    world: World, *, sent: str, description: str, oauth_error: str, said: str
) -> None:
    world.egain.run("profile", "set", "acme", "redirect_uris", PASTED)
    with ended(world.egain.start(*JSON, "login", "--no-browser", env=SECRET)) as running:
        shown = running.read_error_until("paste the address")
        state = redirect_of(shown).partition("state=")[2]
        query = f"error={quote(sent, safe='')}&error_description={quote(description, safe='')}&state={state}"
        running.send(f"{PASTED}?{query}\n".encode())
        error = refused(running.finish())

    assert (4, "sign-in-refused", oauth_error) == (error["exit"], error["code"], error["oauth_error"])
    assert said in error["message"]
    assert error["hint"]
    assert [] == world.server.to("/token")


def test_id_token_alone_is_no_token_and_says_that_a_scope_is_missing(world: World) -> None:
    world.server.on("/token", json_answer({"id_token": "id.token.canary", "token_type": "Bearer", "expires_in": 3600}))

    error = refused(token(world, "--client-credentials"))
    at_login = refused(login(world, "--pkce"))

    assert [(5, "bad-answer"), (5, "bad-answer")] == [(one["exit"], one["code"]) for one in (error, at_login)]
    assert "no API scope was granted" in error["message"]
    assert "scope" in error["hint"]
    assert "id.token.canary" not in json.dumps([error, at_login])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(status=401), (4, "authentication")),
        (Answer(status=403), (4, "authentication")),
        (Answer(status=500, body=b"oops"), (5, "bad-answer")),
        (json_answer({"error": "server_error"}, status=500), (5, "bad-answer")),
        (Answer(body=b"<html>", headers=(("Content-Type", "text/html"),)), (5, "bad-answer")),
        (Answer(body=b'{"access_token": '), (5, "bad-answer")),
        (Answer(status=302, headers=(("Location", "https://ai.egain.cloud/"),)), (5, "bad-answer")),
    ],
    ids=["bare 401", "bare 403", "500", "server_error", "page", "cut off", "redirect"],
)
def test_answer_that_is_not_oauth_has_its_exit_status(world: World, answer: Answer, code: tuple[int, str]) -> None:
    world.server.on("/token", answer)

    error = refused(token(world, "--client-credentials"))

    assert code == (error["exit"], error["code"])
    assert error["hint"]


@pytest.mark.parametrize(
    ("given", "life"),
    [("3600", 3600), (600, 600), (599.5, 599), (None, 3600)],
    ids=["text", "number", "fraction", "missing"],
)
def test_lifetime_is_read_in_every_form(world: World, given: object, life: int) -> None:
    extra = {} if given is None else {"expires_in": given}
    fields = {"access_token": "at-1", "token_type": "bearer", "not_before": "1700000000", **extra}
    world.server.on("/token", json_answer(fields))

    done = token(world, "--client-credentials", "--output", "json")

    assert 0 == done.status, done.err
    assert life - 10 < json.loads(done.out)["expires_in"] <= life


def test_login_without_a_refresh_token_says_when_to_sign_in_again(world: World) -> None:
    world.server.on("/token", token_answer("at-1", expires_in=1200))

    done = login(world, "--pkce")
    token_now = world.egain.run("token")
    later = world.egain.run(*JSON, "token", "--force-refresh")

    assert 0 == done.status, done.err
    assert "signed in (profile acme), valid until " in done.err
    assert "run `egain login --pkce` again then" in done.err
    assert (0, "at-1\n") == (token_now.status, token_now.out)
    assert (4, "login-required") == (later.status, error_of(later.err)["code"])
    assert "egain login --pkce" in error_of(later.err)["hint"]
