"""Tokens as the sandbox's external provider would give them out, for token exchange."""

from __future__ import annotations

import base64
import json

from egain_auth_cli.sandbox.people import find_person
from egain_auth_cli.sandbox.realms import TENANT
from egain_auth_cli.sandbox.token_exchange_grant import SUBJECT_ISSUER

LIFETIME = 3600


def make_subject_token(username: str, *, now: float) -> str:
    """Make the JWT of a person, known or not; `now` is epoch seconds. It is unsigned."""
    person = find_person(username=username)
    return encode_unsigned(
        {
            "iss": SUBJECT_ISSUER,
            "aud": TENANT,
            "sub": username,
            "email": person.email if person else f"{username}@people.example",
            "iat": int(now),
            "exp": int(now) + LIFETIME,
        }
    )


def encode_unsigned(claims: dict[str, object]) -> str:
    """Write a JWT with the algorithm `none`, of which joserfc would warn."""
    return ".".join((_encode({"alg": "none", "typ": "JWT"}), _encode(claims), ""))


def _encode(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
