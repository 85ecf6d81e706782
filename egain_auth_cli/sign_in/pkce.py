"""Proof Key for Code Exchange, S256 alone (RFC 7636 §4.1, §4.2)."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from egain_auth_cli.models.secret import Secret

_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkce:
    """A verifier and its challenge.

    Attributes:
        verifier: ``code_verifier``, 43 characters, sent with the code alone.
        challenge: ``code_challenge`` of the method S256, sent with the authorization request.
    """

    verifier: Secret
    challenge: str


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (appendix B has the vector)."""
    return urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def generate_pkce() -> Pkce:
    """Make a fresh verifier from 256 random bits."""
    verifier = secrets.token_urlsafe(_BYTES)
    return Pkce(verifier=Secret(verifier), challenge=challenge_of(verifier))


def generate_state() -> str:
    """Make a state of 256 random bits."""
    return secrets.token_urlsafe(_BYTES)
