"""One request as Authlib reads it, and the strict rules for forms at the token endpoints (RFC 6749 §3.2)."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidRequestError, UnsupportedGrantTypeError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from werkzeug.exceptions import RequestEntityTooLarge

from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.realms import DOMAIN_HINT, TENANT, GrantType

if TYPE_CHECKING:
    from flask import Request
    from werkzeug.datastructures import MultiDict

    from egain_auth_cli.sandbox.realms import Realm

FORM_TYPE = "application/x-www-form-urlencoded"

_CREDENTIALS = frozenset({"grant_type", "client_id", "client_secret"})
_FIELDS = {
    GrantType.AUTHORIZATION_CODE: _CREDENTIALS | {"code", "redirect_uri", "code_verifier"},
    GrantType.REFRESH_TOKEN: _CREDENTIALS | {"refresh_token", "scope"},
    GrantType.CLIENT_CREDENTIALS: _CREDENTIALS | {"scope"},
    GrantType.PASSWORD: _CREDENTIALS | {"scope", "subject_username", "subject_userid", "subject_email"},
    GrantType.TOKEN_EXCHANGE: _CREDENTIALS | {"scope", "subject_token", "subject_token_type", "registration_id"},
}


class FormRequest(OAuth2Request):
    """A copy of an HTTP request and the realm it came to; it lives on while a person signs in.

    Its parameters are those of one place alone, the query or the form: never the two mixed.
    """

    def __init__(self, http: Request, *, realm: Realm, parameters: MultiDict[str, str]) -> None:
        # NOTE: the address is loopback always; older Authlib takes only `localhost` for it.
        super().__init__(method=http.method, uri="http://localhost:80/", headers=dict(http.headers.items()))
        # See: RFC 6749 §3.2, a parameter without a value counts as omitted.
        given = {name: values for name, values in parameters.lists() if any(values)}
        self.payload = BasicOAuth2Payload({name: values[0] for name, values in given.items()})
        self.doubled = {name for name, values in given.items() if len(values) > 1}
        self.realm = realm
        self.wire_scope = ""

    @property
    def form(self) -> dict[str, str]:
        """The first value of each parameter."""
        return self.payload.data


def check_body(http: Request) -> None:
    """Refuse what cannot be read as a form at all.

    Raises:
        InvalidRequestError: another method than POST, another content type, or far too much.
    """
    if http.method != "POST":
        raise InvalidRequestError("This endpoint takes POST alone.", status_code=HTTPStatus.METHOD_NOT_ALLOWED)
    if http.mimetype != FORM_TYPE:
        raise InvalidRequestError(f"The content type must be {FORM_TYPE}.")
    try:
        _ = http.form
    except RequestEntityTooLarge as error:
        raise InvalidRequestError("The request is too large.") from error


def check_form(http: Request, *, allowed: frozenset[str]) -> None:
    """Refuse fields that no client should send to a form endpoint.

    Raises:
        InvalidRequestError: doubled or unknown fields.
    """
    if any(len(values) > 1 for _, values in http.form.lists()):
        raise InvalidRequestError("A parameter is in the request twice.")
    if not allowed.issuperset(http.form):
        raise InvalidRequestError("The request has a field that this grant does not take.")


def check_token_form(http: Request, *, realm: Realm) -> None:
    """Check the form of a token request against its grant and its realm.

    Raises:
        InvalidRequestError: a field, or a query parameter, is out of place.
        UnsupportedGrantTypeError: this endpoint has no such grant.
    """
    if not realm.query_names.issuperset(http.args) or any(len(values) > 1 for _, values in http.args.lists()):
        raise InvalidRequestError("The query has a parameter that this endpoint does not take.")
    if http.args.get("tenantId", TENANT) != TENANT:
        raise InvalidRequestError("The tenant does not exist.")
    if realm.actor == Actor.ANONYMOUS and http.args.get("domain_hint") not in domain_hints(http, realm=realm):
        raise InvalidRequestError("The domain_hint names no tenant of this server.")
    grant_type = http.form.get("grant_type")
    if not grant_type:
        raise InvalidRequestError("The grant_type is missing.")
    if grant_type not in realm.grants:
        raise UnsupportedGrantTypeError(grant_type)
    fields = _FIELDS[GrantType(grant_type)]
    if realm.commercial and grant_type == GrantType.REFRESH_TOKEN:
        fields |= {"redirect_uri"}
    check_form(http, allowed=fields)


def domain_hints(http: Request, *, realm: Realm) -> frozenset[str]:
    """Return the values of `domain_hint` that name this sandbox: its tenant, or on commercial its host."""
    if not realm.commercial:
        return frozenset({TENANT})
    port = http.host.rpartition(":")[2]
    return frozenset({DOMAIN_HINT, f"127.0.0.1:{port}", f"localhost:{port}"})
