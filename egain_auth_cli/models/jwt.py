"""Claims of a JWT, read without verification: for display alone (RFC 7519 §3)."""

from __future__ import annotations

import base64
import binascii
import json
import math

from egain_auth_cli.sanitize import on_one_line, printable

_PARTS = 3
_NAMES = ("preferred_username", "email", "name", "username", "sub")
"""Claims that name a person, the plainest first (OpenID Connect Core §5.1)."""
_LONGEST_NAME = 120


def unverified_claims(token: str) -> dict[str, object] | None:
    """Return the claims of a JWT, or None for an opaque token. Nothing is verified."""
    return None if unverified_header(token) is None else _json_object(token.split(".")[1])


def unverified_header(token: str) -> dict[str, object] | None:
    """Return the header of a JWT, or None for an opaque token. Nothing is verified, the signature not looked at."""
    parts = token.split(".")
    if len(parts) != _PARTS or _json_object(parts[1]) is None:
        return None
    header = _json_object(parts[0])
    return header if header is not None and "alg" in header else None


def person_in(*tokens: object) -> str | None:
    """Return who the first JWT that names somebody is for, fit to be shown, or None. Nothing is verified."""
    for token in tokens:
        claims = (unverified_claims(token) if isinstance(token, str) else None) or {}
        for name in map(claims.get, _NAMES):
            if isinstance(name, str) and name.strip():
                return printable(on_one_line(name), limit=_LONGEST_NAME)
    return None


def _number(text: str) -> float | str:
    """Return a number that JSON can be written with again; one beyond all measure as its own text."""
    value = float(text)
    return value if math.isfinite(value) else text


def _json_object(part: str) -> dict[str, object] | None:
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        value = json.loads(raw, parse_constant=str, parse_float=_number)
    except (binascii.Error, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
