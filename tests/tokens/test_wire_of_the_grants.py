"""What the flows put on the wire beyond the guide's own examples, byte by byte."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import Recorded, token_answer
from fakes.process import NOTHING, Env
from fakes.world import CLIENT_ID, CLIENT_SECRET, World, authorization_fields, authorization_url, redirect_of

if TYPE_CHECKING:
    from fakes.process import Finished

SECRET = {"EGAIN_CLIENT_SECRET": CLIENT_SECRET}
IN_THE_BODY = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def only_request(world: World) -> Recorded:
    (request,) = world.server.requests
    return request


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def login_by_pasting(world: World, *argv: str, env: Env = NOTHING) -> tuple[str, Finished]:
    """Sign in without a browser: take the address shown, paste where it would have ended."""
    running = world.egain.start("login", "--no-browser", *argv, env=env)
    shown = running.read_error_until("paste the address")
    running.send(redirect_of(shown).encode() + b"\n")
    return shown, running.finish()


def test_token_request_has_exactly_these_headers_and_one_client_authentication(world: World) -> None:
    world.give_tokens()
    world.client_token()

    request = only_request(world)
    sent = {name.lower(): value for name, value in request.headers}
    agent = sent.pop("user-agent")

    assert agent.startswith("egain-auth-cli/")
    assert len(request.headers) == len(sent) + 1
    assert sent == {
        "host": f"127.0.0.1:{world.server.port}",
        "accept": "application/json",
        "accept-encoding": "identity",
        "content-type": "application/x-www-form-urlencoded",
        "content-length": str(len(request.body)),
    }


@pytest.mark.parametrize(
    ("client_id", "secret", "encoded"),
    [
        ("odd:id/%+&=", "p w:d+%&=", ("odd%3Aid%2F%25%2B%26%3D", "p+w%3Ad%2B%25%26%3D")),
        ("plain", "~._-", ("plain", "~._-")),
    ],
)
def test_basic_credentials_are_form_encoded_before_they_are_joined(
    world: World, client_id: str, secret: str, encoded: tuple[str, str]
) -> None:
    # RFC 6749 section 2.3.1
    world.add_profile(client_id=client_id, flows={"client-credentials": {"client_auth": "basic"}})
    world.give_tokens()
    world.client_token(env={"EGAIN_CLIENT_SECRET": secret})

    request = only_request(world)

    assert request.header("Authorization") == [basic(*encoded)]
    assert request.form == {"grant_type": "client_credentials"}


def test_secret_in_the_body_survives_every_special_character(world: World) -> None:
    secret = "a b+c%d&e=f:g/h\"i'j"
    world.give_tokens()
    world.client_token(env={"EGAIN_CLIENT_SECRET": secret})

    assert only_request(world).form["client_secret"] == secret
    assert secret not in only_request(world).target


def test_on_behalf_of_falls_back_to_the_persona_s_endpoint(world: World) -> None:
    world.add_profile(endpoints={"customer": {"token_url": f"{world.server.url}/customer"}})
    world.server.on("/customer", token_answer())

    done = world.egain.run("token", "--on-behalf-of-email", "carol@people.example", env=SECRET)

    assert done.shown == (0, "at-1\n", "")
    assert only_request(world).form["subject_email"] == "carol@people.example"


@pytest.mark.parametrize("by", ["environment", "file", "stdin", "command"])
def test_token_exchange_sends_the_subject_token_with_the_registration_id(world: World, by: str) -> None:
    subject = "eyJhbGciOiJub25lIn0.e30.c2ln"
    world.add_profile(flows={"token-exchange": {"registration_id": "okta-1", "client_auth": "body"}})
    world.give_tokens(refresh_token="rt-dropped", issued_token_type="urn:ietf:params:oauth:token-type:access_token")
    path = world.egain.home / "subject"
    path.write_text(subject + "\n")

    if by == "command":
        table = {"registration_id": "okta-1", "client_auth": "body", "subject_token_command": ["cat", str(path)]}
        world.add_profile(flows={"token-exchange": table})
        done = world.egain.run("token", "--token-exchange", env=SECRET)
    elif by == "environment":
        done = world.egain.run("token", "--token-exchange", env={"EGAIN_SUBJECT_TOKEN": subject, **SECRET})
    else:
        source = "-" if by == "stdin" else str(path)
        argv = ("token", "--token-exchange", "--subject-token-file", source)
        done = world.egain.run(*argv, stdin=f"{subject}\n".encode(), env=SECRET)

    assert done.shown == (0, "at-1\n", "")
    assert only_request(world).form == {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": subject,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "registration_id": "okta-1",
        **IN_THE_BODY,
    }


@pytest.mark.parametrize("options", [["--token-exchange"], ["--on-behalf-of", "alice"], ["--client-credentials"]])
def test_refresh_token_of_a_flow_without_a_login_is_kept_nowhere(world: World, options: list[str]) -> None:
    world.add_profile(flows={"token-exchange": {"registration_id": "okta-1"}})
    world.give_tokens(refresh_token="rt-dropped")
    done = world.egain.run("token", *options, env={"EGAIN_SUBJECT_TOKEN": "a.b.c", **SECRET})

    holding = [path for path in world.egain.files() if b"rt-dropped" in path.read_bytes()]

    assert (done.status, holding) == (0, [])


def test_pkce_exchange_has_the_verifier_of_its_challenge_and_no_secret(world: World) -> None:
    world.give_tokens()
    shown, done = login_by_pasting(world, "--pkce", env=SECRET)

    asked, form = authorization_fields(shown), only_request(world).form
    verifier = form.pop("code_verifier")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()

    assert done.status == 0, done.err
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")
    assert 43 <= len(verifier) <= 128
    assert form == {
        "grant_type": "authorization_code",
        "code": "code-canary-1",
        "redirect_uri": asked["redirect_uri"],
        "client_id": CLIENT_ID,
    }
    assert only_request(world).header("Authorization") == []


def test_domain_hint_joins_the_authorization_url_only_where_it_has_none(world: World) -> None:
    with_hint = f"{world.server.url}/authorize?domain_hint=own.example&p=1"
    urls = {"authorization_url": with_hint, "token_url": f"{world.server.url}/token"}
    world.add_profile("own", endpoints={"user": urls}, domain_hint="other.example")
    world.add_profile("none", domain_hint="other.example")
    world.give_tokens()

    own, _ = login_by_pasting(world, env={"EGAIN_PROFILE": "own"})
    none, _ = login_by_pasting(world, env={"EGAIN_PROFILE": "none"})

    assert authorization_url(own).startswith(f"{with_hint}&client_id=")
    assert authorization_fields(none)["domain_hint"] == "other.example"


def test_state_verifier_and_port_are_new_each_time(world: World) -> None:
    world.give_tokens()

    first, _ = login_by_pasting(world, "--force")
    second, _ = login_by_pasting(world, "--force")
    differing = {"state", "code_challenge", "redirect_uri"}
    one, other = authorization_fields(first), authorization_fields(second)

    assert {name for name in one if one[name] != other[name]} == differing


def test_refresh_of_a_public_client_sends_its_id_alone(world: World) -> None:
    world.rotate()
    world.sign_in()

    done = world.egain.run("token", env=SECRET)

    assert done.shown == (0, "at-1\n", "")
    assert only_request(world).form == {
        "grant_type": "refresh_token",
        "refresh_token": "rt-0",
        "client_id": CLIENT_ID,
    }


@pytest.mark.parametrize("client_auth", ["body", "basic"])
def test_refresh_of_a_web_client_authenticates_as_its_login_did(world: World, client_auth: str) -> None:
    world.add_profile(flow="authorization-code", flows={"authorization-code": {"client_auth": client_auth}})
    world.rotate()
    world.sign_in()

    done = world.egain.run("token", env=SECRET)
    grant = {"grant_type": "refresh_token", "refresh_token": "rt-0"}

    assert done.shown == (0, "at-1\n", "")
    if client_auth == "body":
        assert only_request(world).form == grant | IN_THE_BODY
        assert only_request(world).header("Authorization") == []
    else:
        assert only_request(world).form == grant
        assert only_request(world).header("Authorization") == [basic(CLIENT_ID, CLIENT_SECRET)]


def test_revocation_sends_the_refresh_token_with_its_hint(world: World) -> None:
    urls = world.profile()["endpoints"]["user"] | {"revocation_url": f"{world.server.url}/revoke"}
    world.add_profile(endpoints={"user": urls})
    world.server.on("/revoke", token_answer())
    world.sign_in()

    done = world.egain.run("logout")

    assert done.status == 0, done.err
    assert only_request(world).target == "/revoke"
    assert only_request(world).form == {"token": "rt-0", "token_type_hint": "refresh_token", "client_id": CLIENT_ID}
