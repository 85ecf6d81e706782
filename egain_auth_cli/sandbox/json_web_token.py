"""JWTs in compact form (RFC 7519): signed with a key of this process, or read without a signature."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTS = 3


def encode_jwt(claims: Mapping[str, object], *, key: bytes | None) -> str:
    """Write a JWT, HS256 with a key and `none` without."""
    header = {"alg": "HS256" if key else "none", "typ": "JWT"}
    signed = f"{_encode(_to_json(header))}.{_encode(_to_json(claims))}"
    signature = hmac.new(key, signed.encode(), hashlib.sha256).digest() if key else b""
    return f"{signed}.{_encode(signature)}"


def read_claims(token: str) -> dict[str, object] | None:
    """Read the claims of a JWT, its signature unseen; None where it is not one."""
    parts = token.split(".")
    if len(parts) != PARTS:
        return None
    try:
        header, claims = (json.loads(_decode(part)) for part in parts[:2])
    except (binascii.Error, ValueError, RecursionError):
        return None
    return claims if isinstance(header, dict) and isinstance(claims, dict) else None


def _to_json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(value: str) -> bytes:
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
