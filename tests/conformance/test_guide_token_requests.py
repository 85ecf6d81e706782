"""What goes to the token endpoint for each example of the guide: method, address, headers and form, nothing more."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from fakes.examples import (
    AUTHORIZATION_REQUESTS,
    CODE_EXCHANGES,
    TOKEN_REQUESTS,
    Hosts,
    TokenExample,
    add_profile,
)
from fakes.process import ended
from fakes.world import authorization_fields

from egain_auth_cli.sign_in.pkce import challenge_of

if TYPE_CHECKING:
    from fakes.hostile_server import Recorded
    from fakes.process import Egain

REDIRECT_URI = "https://oauth.pstmn.io/v1/callback"
USUAL = {"accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"}


def s256(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).decode("ascii").rstrip("=")


def head_of(example: TokenExample) -> tuple[str, str, list[str], list[str]]:
    wanted = [example.authorization] if example.authorization else []
    return example.method, example.url, [example.content_type], wanted


def seen(arrived: list[tuple[str, Recorded]]) -> tuple[str, str, list[str], list[str]]:
    assert len(arrived) == 1
    url, request = arrived[0]
    names = {name.lower() for name, _ in request.headers}
    assert names <= USUAL | {"authorization"}
    return request.method, url, request.header("Content-Type"), request.header("Authorization")


@pytest.mark.parametrize("example", TOKEN_REQUESTS, ids=lambda example: example.name)
def test_token_request_is_the_documented_one(egain: Egain, example: TokenExample) -> None:
    add_profile(egain, example.profile, example.settings)
    with Hosts.of_profile(egain) as hosts:
        done = egain.run("token", *example.command, env=example.environ)
        arrived = hosts.arrived()

    assert (0, "at-guide\n") == (done.status, done.out), done.err
    assert head_of(example) == seen(arrived)
    assert example.form == arrived[0][1].form


@pytest.mark.parametrize("example", CODE_EXCHANGES, ids=lambda example: example.name)
def test_code_is_exchanged_as_documented(egain: Egain, example: TokenExample) -> None:
    add_profile(egain, [*example.profile, "--redirect-uri", REDIRECT_URI], example.settings)
    with (
        Hosts.of_profile(egain) as hosts,
        ended(egain.start("login", "--no-browser", *example.command, env=example.environ)) as login,
    ):
        asked = authorization_fields(login.read_error_until("paste the address"))
        login.send(f"{REDIRECT_URI}?code={example.form['code']}&state={asked['state']}\n".encode())
        done = login.finish()
        arrived = hosts.arrived()

    form = arrived[0][1].form
    verifier = form.pop("code_verifier", None)

    assert (0, "") == (done.status, done.out), done.err
    assert head_of(example) == seen(arrived)
    assert {name: value for name, value in example.form.items() if name != "code_verifier"} == form
    assert ("code_verifier" in example.form) == (verifier is not None)
    assert asked.get("code_challenge") == (None if verifier is None else s256(verifier))


def test_guide_s_verifier_and_challenge_belong_together() -> None:
    verifier = next(one.form["code_verifier"] for one in CODE_EXCHANGES if "code_verifier" in one.form)
    url = next(one.url for one in AUTHORIZATION_REQUESTS if "code_challenge=" in one.url)

    assert f"code_challenge={challenge_of(verifier)}&" in url


def test_every_example_names_its_source() -> None:
    sources = [one.source for one in (*TOKEN_REQUESTS, *CODE_EXCHANGES)]
    sources += [one.source for one in AUTHORIZATION_REQUESTS]

    assert all(source.startswith(("guide, ", "facts, section ")) for source in sources)
