"""How a client proves who it is: Basic, the body, or not at all (RFC 6749 §2.3)."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from egain_auth_cli.sandbox.registered_client import RegisteredClient, query_client
from egain_auth_cli.sandbox.registrations import ClientRegistration, find_registration

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.oauth_request import FormRequest

UNAUTHORIZED = 401
LONGEST_CLIENT_ID = 256
PUBLIC_SECRET = "AADB2C90084: Public clients should not send a client_secret when redeeming a publicly acquired grant."


def authenticate_client(request: FormRequest) -> RegisteredClient:
    """Find out which client sent a request and set `request.auth_method`, in Authlib's words for the methods.

    Raises:
        InvalidClientError: unknown client, wrong or expired secret, malformed header.
        InvalidRequestError: two methods at once, or a secret from a public client on commercial.
    """
    header = request.headers.get("Authorization")
    form = request.form
    if header is None and "client_secret" not in form:
        request.auth_method = "none"
        return _find_client(form.get("client_id"))
    if header is None:
        client_id, secret = form.get("client_id"), form["client_secret"]
        request.auth_method = "client_secret_post"
    else:
        client_id, secret = _read_basic(header)
        request.auth_method = "client_secret_basic"
        if "client_secret" in form or form.get("client_id", client_id) != client_id:
            raise InvalidRequestError("The request authenticates the client in more than one way.")
    client = _find_client(client_id)
    _check_secret(client.registration, secret=secret, request=request)
    return client


def require_secret(request: FormRequest) -> None:
    """Refuse a client that has not authenticated.

    Raises:
        InvalidClientError: no secret in the request.
    """
    if request.auth_method == "none":
        text = "A client_secret is required."
        if request.realm.commercial:
            text = "AADB2C90079: Clients must send a client_secret when redeeming a confidential grant."
        raise InvalidClientError(text, status_code=UNAUTHORIZED)


def read_anonymous_client(request: FormRequest) -> RegisteredClient:
    """Take an anonymous request's credentials as they are: eGain wants both fields and checks neither.

    Raises:
        InvalidRequestError: one of the two fields is missing, or Basic is used.
    """
    client_id, secret = request.form.get("client_id"), request.form.get("client_secret")
    if not client_id or not secret or "Authorization" in request.headers:
        raise InvalidRequestError("client_id and client_secret are required in the body, and nowhere else.")
    if len(client_id) > LONGEST_CLIENT_ID:
        raise InvalidRequestError("The client_id is too long.")
    request.auth_method = "client_secret_post"
    return RegisteredClient(
        find_registration(client_id) or ClientRegistration(client_id=client_id, note="not registered")
    )


def _find_client(client_id: str | None) -> RegisteredClient:
    client = query_client(client_id)
    if client is None:
        text = "The client does not exist." if client_id else "The request names no client."
        raise InvalidClientError(text, status_code=UNAUTHORIZED)
    return client


def _read_basic(header: str) -> tuple[str, str]:
    """Decode a Basic header, form-encoded halves and all (RFC 6749 §2.3.1)."""
    scheme, _, value = header.partition(" ")
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    if scheme.lower() != "basic" or ":" not in text:
        raise InvalidClientError("The Authorization header is not Basic.", status_code=UNAUTHORIZED)
    client_id, _, secret = text.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _check_secret(registration: ClientRegistration, *, secret: str, request: FormRequest) -> None:
    if registration.client_secret is None:
        if request.realm.commercial:
            raise InvalidRequestError(PUBLIC_SECRET)
        raise InvalidClientError("This client is public and has no client_secret.", status_code=UNAUTHORIZED)
    if not secrets.compare_digest(secret.encode(), registration.client_secret.encode()):
        raise InvalidClientError("The client_secret is wrong.", status_code=UNAUTHORIZED)
    if registration.secret_expired:
        raise InvalidClientError("The client_secret has expired.", status_code=UNAUTHORIZED)
