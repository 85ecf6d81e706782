"""Token exchange (RFC 8693) with idpyoidc, an implementation of the standard that knows nothing of eGain."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from system.places import BUILD, SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from system.egain_command import Egain

SECRET = "exchange-secret"
SCOPE = "knowledge.portalmgr.read"
FORM = ["grant_type", "registration_id", "scope", "subject_token", "subject_token_type"]
IDENTITY = ["client_id", "client_secret"]


@dataclass(frozen=True)
class ExchangeServer:
    """The server as it runs, and a token of the provider for which it exchanges."""

    issuer: str
    subject_token: str
    log: Path

    def requests(self) -> list[dict[str, Any]]:
        """Return the posts so far: never a value of what was sent, only the names."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[ExchangeServer]:
    log, errors = tmp_path / "exchange.jsonl", tmp_path / "exchange.log"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            [BUILD / "exchange" / "bin" / "python", SYSTEM / "exchange_server.py", log],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=tmp_path,
        ) as process,
    ):  # fmt: skip
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert ready, f"the server did not start: {errors.read_text()}"
            yield ExchangeServer(**json.loads(ready), log=log)
        finally:
            process.terminate()


def make_profile(
    egain: Egain, exchange: ExchangeServer, client_id: str, *, client_auth: str = "body", secret: str = SECRET
) -> None:
    egain.do(
        "profile", "add", "acme", "--client-id", client_id, "--flow", "token-exchange", "--scope", SCOPE,
        "--client-auth", client_auth, "--token-url", f"{exchange.issuer}/token", "--api-url", exchange.issuer,
    )  # fmt: skip
    egain.do("profile", "set", "acme", "endpoints.user.token_url", f"{exchange.issuer}/token")
    egain.do("profile", "set", "acme", "flows.token-exchange.registration_id", "provider-1")
    egain.do("secret", "set", stdin=f"{secret}\n")


@pytest.mark.parametrize(
    ("client_id", "client_auth", "params"),
    [("exchange-body", "body", sorted([*IDENTITY, *FORM])), ("exchange-basic", "basic", FORM)],
)
def test_provider_s_token_becomes_one_for_the_same_person(
    egain: Egain, exchange: ExchangeServer, *, client_id: str, client_auth: str, params: list[str]
) -> None:
    make_profile(egain, exchange, client_id, client_auth=client_auth)

    token = egain.run("token", "--subject-token-file", "-", stdin=exchange.subject_token)
    person = json.loads(egain.within({"EGAIN_SUBJECT_TOKEN": exchange.subject_token}).do("call", "GET", "/me"))

    assert (0, "") == (token.status, token.stderr)
    assert exchange.subject_token != token.stdout.strip()
    assert {"user": "diana", "client": client_id, "scope": [SCOPE]} == person
    assert [{"path": "/token", "params": params, "auth": client_auth == "basic"}] == exchange.requests()


def test_answer_says_how_long_the_token_lives_and_what_it_is_for(egain: Egain, exchange: ExchangeServer) -> None:
    make_profile(egain, exchange, "exchange-body")

    one = egain.within({"EGAIN_SUBJECT_TOKEN": exchange.subject_token})
    answer = json.loads(one.do("token", "--output", "json"))

    assert ("Bearer", SCOPE, "token-exchange") == (answer["token_type"], answer["scope"], answer["flow"])
    assert 0 < answer["expires_in"] <= 600


@pytest.mark.parametrize(
    ("client_id", "secret", "scope", "oauth_error", "hint"),
    [
        ("exchange-body", "wrong", SCOPE, "invalid_client", "check client ID and secret"),
        ("exchange-body", SECRET, "core.unknown.read", "invalid_scope", "grant the scope"),
        ("exchange-off", SECRET, SCOPE, "invalid_request", "registration_id"),
    ],
    ids=["wrong secret", "unknown scope", "exchange not allowed"],
)
def test_refusal_says_what_to_change(
    egain: Egain,
    exchange: ExchangeServer,
    *,
    client_id: str,
    secret: str,
    scope: str,
    oauth_error: str,
    hint: str,
) -> None:
    make_profile(egain, exchange, client_id, secret=secret)

    one = egain.within({"EGAIN_SUBJECT_TOKEN": exchange.subject_token, "EGAIN_ERROR_FORMAT": "json"})
    ran = one.run("token", "--scope", scope)

    assert (4, "", oauth_error) == (ran.status, ran.stdout, ran.error["oauth_error"])
    assert hint in ran.error["hint"]
    assert exchange.subject_token not in ran.stderr


def test_refused_subject_token_is_named_as_the_thing_to_change(egain: Egain, exchange: ExchangeServer) -> None:
    """See: RFC 8693 §2.2.2, a subject token that is invalid for any reason is ``invalid_request``."""
    make_profile(egain, exchange, "exchange-body")

    one = egain.within({"EGAIN_SUBJECT_TOKEN": "a-token-of-nobody", "EGAIN_ERROR_FORMAT": "json"})
    ran = one.run("token")

    assert (4, "", "invalid_request") == (ran.status, ran.stdout, ran.error["oauth_error"])
    assert "subject token" in ran.error["hint"]
