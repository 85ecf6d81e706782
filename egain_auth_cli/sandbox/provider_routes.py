"""The other provider of the token exchange, such as Okta would be: it prints a token for any person of the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from joserfc import jwt
from joserfc.jwk import OctKey

from egain_auth_cli.sandbox.authorization_server import current_server
from egain_auth_cli.sandbox.pages import render_error
from egain_auth_cli.sandbox.people import find_person
from egain_auth_cli.sandbox.token_exchange_grant import SUBJECT_ISSUER

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

TOKEN_PATH = "/idp/token"
_LIFETIME_SECONDS = 600

blueprint = Blueprint("provider", __name__)


@blueprint.get(TOKEN_PATH)
def print_token() -> ResponseReturnValue:
    """Print the token of `?username=`, alice's where nobody is named."""
    person = find_person(username=request.args.get("username", "alice"))
    if person is None:
        return render_error("The other provider knows nobody of this name.", status=404)
    now = int(current_server().state.clock())
    claims = {"iss": SUBJECT_ISSUER, "sub": person.username, "iat": now, "exp": now + _LIFETIME_SECONDS}
    token = jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, OctKey.generate_key(256))
    return Response(f"{token}\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})
