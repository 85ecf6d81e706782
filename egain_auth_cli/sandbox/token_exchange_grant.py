"""Token exchange (RFC 8693) with eGain's `registration_id`: an external provider's JWT for an eGain token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact

from egain_auth_cli.sandbox.application_grants import ApplicationGrant
from egain_auth_cli.sandbox.people import find_person
from egain_auth_cli.sandbox.realms import GrantType

if TYPE_CHECKING:
    from egain_auth_cli.sandbox.people import Person

REGISTRATION_ID = "sandbox-idp"
SUBJECT_ISSUER = "https://idp.example"
ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"


class _AnyProvider(JWSRegistry):
    """Tokens of any size: a header with a certificate in it (RFC 7515 §4.1.6) is over joserfc's 512 bytes."""

    max_header_length = max_payload_length = max_signature_length = 1 << 20


class TokenExchangeGrant(ApplicationGrant):
    """A JWT of `https://idp.example` for a known person's token; its signature is not looked at."""

    GRANT_TYPE = GrantType.TOKEN_EXCHANGE

    def find_subject(self) -> Person:
        """Find the person whom the subject token names.

        Raises:
            InvalidRequestError: a parameter is missing or not as registered.
            InvalidGrantError: the subject token is of someone else's making, expired, or of nobody known.
        """
        form = self.request.form
        if missing := {"subject_token", "subject_token_type", "registration_id"} - form.keys():
            raise InvalidRequestError(f"The request lacks {', '.join(sorted(missing))}.")
        if form["subject_token_type"] != ACCESS_TOKEN_TYPE:
            raise InvalidRequestError(f"The subject_token_type must be {ACCESS_TOKEN_TYPE}.")
        if form["registration_id"] != REGISTRATION_ID:
            raise InvalidRequestError("No provider is registered under this registration_id.")
        # NOTE: eGain checks the signature by the provider's keys. Here anyone may make a token, to try the flow.
        claims = _read_claims(form["subject_token"])
        if claims is None or claims.get("iss") != SUBJECT_ISSUER:
            raise InvalidGrantError("The subject_token is not a token of the registered provider.")
        expires = claims.get("exp", float("inf"))
        if not isinstance(expires, int | float) or expires <= self.server.state.clock():
            raise InvalidGrantError("The subject_token has expired.")
        person = _find_claimed(claims)
        if person is None or person.actor != self.request.realm.actor:
            raise InvalidGrantError("The subject of the token is not known here.")
        return person

    def create_token_response(self) -> tuple[int, dict[str, object], object]:
        """Issue the token and name its type (RFC 8693 §2.2.1)."""
        status, answer, headers = super().create_token_response()
        return status, answer | {"issued_token_type": ACCESS_TOKEN_TYPE}, headers


def _read_claims(token: str) -> dict[str, object] | None:
    """Read the claims of a JWT, its signature unseen; None where it is not one."""
    try:
        claims = json.loads(extract_compact(token.encode(), registry=_AnyProvider()).payload)
    except (JoseError, ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def _find_claimed(claims: dict[str, object]) -> Person | None:
    """Find a person by the `email` claim, else by `sub`, which may be any of their names."""
    email, subject = claims.get("email"), claims.get("sub")
    if isinstance(email, str):
        return find_person(email=email)
    return find_person(username=subject, user_id=subject, email=subject) if isinstance(subject, str) else None
