"""What a token says of itself, for a person and for a script; nothing of it is verified."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.jwt import unverified_claims, unverified_header
from egain_auth_cli.models.moments import duration_text, local_time, rfc3339
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import is_bearer_token
from egain_auth_cli.sanitize import printable
from egain_auth_cli.terminal.paint import Style, Styled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TIMES = ("iat", "nbf", "exp", "auth_time")
_LATEST = 253402300799  # the end of the year 9999, the last that datetime can show


def bearer_in(text: str) -> Secret:
    """Return the token in what was piped in: alone, or as an Authorization header.

    Raises:
        UsageError: There is none.
    """
    Secret(text)  # whatever it is, the redactor is to know it
    words = text.strip(" \t\r\n").removeprefix("Authorization:").split()
    token = words[-1] if words else ""
    scheme = [word.lower() for word in words[:-1]]
    if scheme not in ([], ["bearer"]) or token.lower() == "bearer" or not is_bearer_token(token):
        raise UsageError("there is no token on standard input", hint="pipe the token alone: `… | egain inspect -`")
    return Secret(token)


def token_report(token: Secret, *, now: float) -> dict[str, object]:
    """Return the report for scripts; ``claims`` is null for an opaque token."""
    claims = unverified_claims(token.reveal())
    expires_at = _moment(claims, "exp")
    return {
        "verified": False,
        "opaque": claims is None,
        "header": unverified_header(token.reveal()),
        "claims": claims,
        "scopes": _scopes(claims),
        "expires_at": expires_at,
        "expires": None if expires_at is None else rfc3339(expires_at),
        "expired": None if expires_at is None else expires_at <= now,
    }


def token_rows(report: dict[str, object], *, now: float) -> Iterator[tuple[list[tuple[str, ...]], Sequence[int]]]:
    """Yield the parts of the report for a person, each as rows and the widths of their names."""
    claims = report["claims"]
    if not isinstance(claims, dict):
        yield [("This token is opaque: it says nothing of itself, only the API knows what it is good for.",)], ()
        return
    unverified = "Unverified: this is what the token says, not what the API thinks of it."
    yield [(Styled(unverified, Style.WARNING),), ("",)], ()
    yield [(printable(str(name), limit=60), *_value(name, value, now)) for name, value in claims.items()], (12,)
    scopes = report["scopes"]
    if isinstance(scopes, list) and scopes:
        yield [("",), (Styled("scopes", Style.HEADING),)], ()
        yield [("", str(scope)) for scope in scopes], (1,)


def _value(name: str, value: object, now: float) -> Iterator[str]:
    """Yield the pieces of a claim's value; a moment is told in words too."""
    moment = _moment({name: value}, name) if name in _TIMES else None
    if moment is None:
        yield printable(value if isinstance(value, str) else json.dumps(value), limit=2000)
        return
    left = moment - now
    words = f"in {duration_text(left)}" if left > 0 else f"{duration_text(-left)} ago"
    yield f"{moment}  "
    ended = name == "exp" and left <= 0
    yield Styled(f"({local_time(moment)}, {words})", Style.BAD if ended else Style.ASIDE)


def _moment(claims: object, name: str) -> int | None:
    value = claims.get(name) if isinstance(claims, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _LATEST:
        return None
    return int(value)


def _scopes(claims: object) -> list[str]:
    if not isinstance(claims, dict):
        return []
    # `scope` is of RFC 8693 §4.2; `scp` is what Azure AD B2C has instead.
    for name in ("scope", "scp"):
        value = claims.get(name)
        if isinstance(value, str):
            return value.split()
        if isinstance(value, list):
            return [str(one) for one in value]
    return []
