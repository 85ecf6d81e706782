"""The steps of OAuth, and which of them a request to the sandbox is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.realms import REALMS, GrantType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request

AUTHORIZE_PATHS = frozenset(realm.authorize_path for realm in REALMS if realm.authorize_path)
TOKEN_PATHS = frozenset(realm.token_path for realm in REALMS)


class Step(NamedTuple):
    """What a request is, and a sentence or two about that."""

    name: str
    lesson: str


_ASKED = Step(
    "Authorization request",
    "A browser brings it. The application says who it is, what it wants and where the answer is to go; by state it "
    "will know the answer as its own.",
)
_ASKED_PKCE = _ASKED._replace(
    lesson=f"{_ASKED.lesson} The code_challenge makes the code useless to whoever has no code_verifier."
)
_ACTIONS = {
    "signin": Step("Sign-in", "The person shows who they are to this server alone: the application sees no password."),
    "approve": Step("Consent", "The browser is sent back with a code: good once, for a minute, and no token itself."),
    "deny": Step("Denial", "The browser is sent back with access_denied instead of a code."),
}
_GRANTS = {
    GrantType.AUTHORIZATION_CODE: Step(
        "Code for tokens",
        "The application itself turns the code into tokens, and proves by the code_verifier, or by its secret, that it "
        "was the one to ask.",
    ),
    GrantType.REFRESH_TOKEN: Step(
        "Refresh",
        "New tokens without a person. The refresh token is used up by it, and a second use ends the whole login.",
    ),
    GrantType.CLIENT_CREDENTIALS: Step(
        "Token for the application", "Nobody signs in: the application asks for itself, with its secret."
    ),
    GrantType.PASSWORD: Step(
        "Token on behalf of a person",
        "The application names a person and acts for them. The grant is called password, and no password is in it.",
    ),
    GrantType.TOKEN_EXCHANGE: Step(
        "Token exchange", "A token of another identity provider is exchanged for one of this server (RFC 8693)."
    ),
}
_ANONYMOUS = Step("Token for nobody", "An anonymous customer: nothing is known of the person.")
_NO_GRANT = Step("Token request", "The form names no grant that this server knows.")
_REVOKED = Step("Revocation", "A token is given back before its time (RFC 7009).")
_CALLED = Step(
    "API call", "The access token in the Authorization header decides: whose it is, and which scopes were granted."
)
_DESCRIBED = Step("Discovery", "Public: where the endpoints are, and what there is. No token is asked for.")
_ELSE = Step("Another request", "Nothing of OAuth.")
_BY_PATH = (
    (tuple(realm.revoke_path for realm in REALMS if realm.revoke_path), _REVOKED),
    (("/system/deploymentInfo", "/core/authmgr/v3/metadata", "/openapi.json"), _DESCRIBED),
    (("/knowledge/", "/core/", "/conversation/"), _CALLED),
)


def grant_of(form: Mapping[str, str]) -> GrantType | None:
    """Return the grant that a form names; None where this server knows none of that name."""
    return next((grant for grant in GrantType if grant == form.get("grant_type")), None)


def step_of(http: Request, form: Mapping[str, str]) -> Step:
    """Tell which step of OAuth a request is."""
    if http.path in AUTHORIZE_PATHS:
        return _at_the_authorization_endpoint(http, form)
    if http.path in TOKEN_PATHS:
        grant = grant_of(form)
        return _NO_GRANT if grant is None else _ANONYMOUS if is_anonymous(http) else _GRANTS[grant]
    return next((step for paths, step in _BY_PATH if http.path.startswith(paths)), _ELSE)


def _at_the_authorization_endpoint(http: Request, form: Mapping[str, str]) -> Step:
    if http.method == "POST":
        return _ACTIONS.get(form.get("action", ""), _ELSE)
    return _ASKED_PKCE if "code_challenge" in http.args else _ASKED


def is_anonymous(http: Request) -> bool:
    """Tell whether a request is for an anonymous customer's token."""
    return any(realm.token_path == http.path and realm.actor == Actor.ANONYMOUS for realm in REALMS)
