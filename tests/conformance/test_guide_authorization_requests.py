"""Where a browser is sent, for each full example of the guide: every parameter once, none that is not documented."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from fakes.examples import AUTHORIZATION_REQUESTS, AuthorizationExample, add_profile
from fakes.world import authorization_url

from egain_auth_cli.sign_in.authorization import AuthorizationRequest

if TYPE_CHECKING:
    from fakes.process import Egain

CLIENT_ID = "b4b2c1d9-4c19-4e8a-8e7a-9a0b1c2d3e4f"
REDIRECT_URI = "https://oauth.pstmn.io/v1/callback"
HINT = "developerv3api.egain.cloud"
FRESH = {"state", "code_challenge"}


def parameters(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)


def request_of(example: AuthorizationExample, *, base: str, domain_hint: str = "") -> AuthorizationRequest:
    fields = dict(parameters(example.url))
    return AuthorizationRequest(
        authorization_url=base,
        client_id=CLIENT_ID,
        redirect_uri=REDIRECT_URI,
        scopes=tuple(fields["scope"].split()),
        state=fields["state"],
        code_challenge=fields.get("code_challenge"),
        domain_hint=domain_hint,
    )


@pytest.mark.parametrize("example", AUTHORIZATION_REQUESTS, ids=lambda example: example.name)
def test_authorization_url_is_the_guide_s_to_the_letter(example: AuthorizationExample) -> None:
    assert example.url == request_of(example, base=example.base).uri


@pytest.mark.parametrize("example", AUTHORIZATION_REQUESTS, ids=lambda example: example.name)
def test_login_shows_the_guide_s_parameters_and_no_others(egain: Egain, example: AuthorizationExample) -> None:
    options = ["--client-id", CLIENT_ID, "--redirect-uri", REDIRECT_URI]
    add_profile(egain, [*example.profile, *options], {})
    done = egain.run("login", "--no-browser", *example.login, env={"EGAIN_CLIENT_SECRET": "not-in-the-address"})
    shown = authorization_url(done.err)
    wanted, given = parameters(example.url), parameters(shown)

    assert 4 == done.status
    assert example.url.partition("?")[0] == shown.partition("?")[0]
    assert sorted(name for name, _ in wanted) == sorted(name for name, _ in given)
    assert {pair for pair in wanted if pair[0] not in FRESH} == {pair for pair in given if pair[0] not in FRESH}
    assert not any(dict(wanted)[name] == value for name, value in given if name in FRESH)
    assert "not-in-the-address" not in done.err


@pytest.mark.parametrize(
    ("query", "domain_hint"),
    [
        (f"?domain_hint={HINT}", ""),
        (f"?domain_hint={HINT}", "another.egain.cloud"),
        ("", HINT),
        ("?", HINT),
        (f"?domain_hint={HINT}&domain_hint={HINT}", HINT),
    ],
    ids=["in the address", "in both", "in the profile", "after a bare question mark", "doubled in the address"],
)
@pytest.mark.parametrize("example", AUTHORIZATION_REQUESTS[:2], ids=lambda example: example.name)
def test_domain_hint_is_there_exactly_once(example: AuthorizationExample, query: str, domain_hint: str) -> None:
    base = example.base.partition("?")[0] + query
    given = parameters(request_of(example, base=base, domain_hint=domain_hint).uri)

    assert sorted(parameters(example.url)) == sorted(given)


def test_self_service_address_has_no_domain_hint(egain: Egain) -> None:
    example = next(one for one in AUTHORIZATION_REQUESTS if one.name == "self-service user, PKCE")
    add_profile(egain, [*example.profile, "--client-id", CLIENT_ID, "--redirect-uri", REDIRECT_URI], {})
    done = egain.run("login", "--no-browser", "--pkce")

    assert "domain_hint" not in done.err


@pytest.mark.parametrize("name", ["client_id", "state", "scope", "response_type", "redirect_uri"])
def test_parameter_in_the_metadata_s_address_is_not_sent_twice(name: str) -> None:
    example = AUTHORIZATION_REQUESTS[0]
    given = parameters(request_of(example, base=f"{example.base}&{name}=other").uri)

    assert sorted(parameters(example.url)) == sorted(given)
