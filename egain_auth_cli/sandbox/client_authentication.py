"""How a client proves who it is: Basic, the body, or not at all (RFC 6749 §2.3)."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from werkzeug.datastructures import Authorization

from egain_auth_cli.sandbox.people import Actor
from egain_auth_cli.sandbox.registrations import ClientRegistration, find_registration

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.oauth_request import FormRequest

LONGEST_CLIENT_ID = 256
PUBLIC_SECRET = "AADB2C90084: Public clients should not send a client_secret when redeeming a publicly acquired grant."


class UnknownClientError(InvalidClientError):
    """A client that did not prove who it is; Authlib's own error has the status 400."""

    status_code = 401


def authenticate_client(request: FormRequest) -> ClientRegistration:
    """Find out which client sent a request and set `request.auth_method`, in Authlib's words for the methods.

    Raises:
        UnknownClientError: unknown client, wrong or expired secret, malformed header.
        InvalidRequestError: two methods at once, a secret from a public client on commercial, or an anonymous
            request without both fields.
    """
    if request.realm.actor == Actor.ANONYMOUS:
        return _read_anonymous_client(request)
    client_id, secret = request.form.get("client_id"), request.form.get("client_secret")
    if "Authorization" in request.headers:
        client_id, secret = _read_basic(request)
        request.auth_method = "client_secret_basic"
    else:
        request.auth_method = "none" if secret is None else "client_secret_post"
    client = find_registration(client_id)
    if client is None:
        raise UnknownClientError("The client does not exist." if client_id else "The request names no client.")
    if secret is not None:
        _check_secret(client, secret=secret, request=request)
    return client


def require_secret(request: FormRequest) -> None:
    """Refuse a client that has not authenticated.

    Raises:
        UnknownClientError: no secret in the request.
    """
    if request.auth_method == "none":
        text = "A client_secret is required."
        if request.realm.commercial:
            text = "AADB2C90079: Clients must send a client_secret when redeeming a confidential grant."
        raise UnknownClientError(text)


def _read_anonymous_client(request: FormRequest) -> ClientRegistration:
    """Take an anonymous request's credentials as they are: eGain wants both fields and checks neither."""
    client_id, secret = request.form.get("client_id"), request.form.get("client_secret")
    if not client_id or not secret or "Authorization" in request.headers:
        raise InvalidRequestError("client_id and client_secret are required in the body, and nowhere else.")
    if len(client_id) > LONGEST_CLIENT_ID:
        raise InvalidRequestError("The client_id is too long.")
    request.auth_method = "client_secret_post"
    known = find_registration(client_id) or ClientRegistration(client_id=client_id, note="not registered")
    # eGain's own agent SDK sends DUMMY_VALUE_NEEDED for both: whoever names a secret here counts as confidential.
    return replace(known, client_secret=secret)


def _read_basic(request: FormRequest) -> tuple[str, str]:
    """Read the two halves of a Basic header."""
    basic = Authorization.from_header(request.headers["Authorization"])
    if basic is None or basic.type != "basic" or not (basic.username or basic.password):
        raise UnknownClientError("The Authorization header is not Basic.")
    # See: RFC 6749 §2.3.1, both halves are form-encoded first, so + is a space; Authlib's own reader leaves it.
    client_id, secret = unquote_plus(basic.username or ""), unquote_plus(basic.password or "")
    if "client_secret" in request.form or request.form.get("client_id", client_id) != client_id:
        raise InvalidRequestError("The request authenticates the client in more than one way.")
    return client_id, secret


def _check_secret(client: ClientRegistration, *, secret: str, request: FormRequest) -> None:
    if client.client_secret is None:
        if request.realm.commercial:
            raise InvalidRequestError(PUBLIC_SECRET)
        raise UnknownClientError("This client is public and has no client_secret.")
    if not secrets.compare_digest(secret.encode(), client.client_secret.encode()):
        raise UnknownClientError("The client_secret is wrong.")
    if client.secret_expired:
        raise UnknownClientError("The client_secret has expired.")
