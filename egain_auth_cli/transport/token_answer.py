"""A token endpoint's answer, checked at the door (RFC 6749 §5.1 and §5.2)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NoReturn

from egain_auth_cli.errors import AuthError, BadAnswer, GrantRefused, NetworkError
from egain_auth_cli.models.jwt import person_in
from egain_auth_cli.models.oauth_errors import decoded_text, explain
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import DEFAULT_LIFETIME, LONGEST_TOKEN, TokenSet, is_bearer_token
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from egain_auth_cli.transport.client import Answer

_VSCHAR = re.compile(r"[\x20-\x7e]+")  # RFC 6749, appendix A
_LONGEST_LIFE = 10 * 366 * 86400
"""Ten years, in seconds; more is a slip such as milliseconds or a date."""
_SUCCESSOR = re.compile(r'"refresh_token"\s*:\s*("(?:[^"\\]|\\.)*")')
_DIGITS = re.compile(r"\d{1,10}")
_OK = range(200, 300)
_REDIRECT = range(300, 400)
_CHECK_URL = "check the token URL against the Metadata panel; `egain profile show` names its source"


class BadTokenAnswer(BadAnswer):
    """An answer that is not a token's, though it may hold a refresh token.

    Attributes:
        refresh_token: The successor of the one that was sent: it counts, whatever is wrong with the rest.
    """

    refresh_token: Secret | None = None


def parse_token_answer(answer: Answer, *, now: float) -> TokenSet:
    """Read a token answer.

    Args:
        answer: Status, headers and body as received.
        now: Epoch seconds of the receipt.

    Returns:
        The token, with its expiry counted from ``now``.

    Raises:
        GrantRefused: The endpoint answered an OAuth error.
        AuthError: 401 or 403 without a body.
        BadTokenAnswer: It is not an OAuth error either.
        BadAnswer: A redirect, a server error, or no JSON.
    """
    try:
        return _parsed(answer, now=now)
    except BadAnswer as exc:
        raise with_successor(exc, answer.body) from None


def with_successor(exc: NetworkError, body: bytes) -> NetworkError:
    """Return the error of an answer, with the refresh token that its body holds: that counts, whatever else is wrong.

    The body may be cut, or no JSON by the letter, or come with an odd status.
    """
    found = _SUCCESSOR.findall(body.decode("utf-8", "replace"))
    try:
        successor = _refresh_token({"refresh_token": json.loads(found[-1], strict=False)}) if found else None
    except ValueError:
        successor = None
    if successor is None:
        return exc
    bad = BadTokenAnswer(exc.message, hint=exc.hint, status=exc.status, oauth_error=exc.oauth_error)
    bad.refresh_token = successor
    return bad


def _parsed(answer: Answer, *, now: float) -> TokenSet:
    if answer.status in _REDIRECT:
        raise BadAnswer(
            f"the token endpoint redirects (status {answer.status}), which is never followed",
            hint=_CHECK_URL,
            status=answer.status,
        )
    document = _document(answer)
    if document is None or answer.status not in _OK or document.get("error"):
        _refuse(answer, document)
    return _token(document, status=answer.status, now=now)


def _refuse(answer: Answer, document: dict[str, object] | None) -> NoReturn:
    error = None if document is None else document.get("error")
    if isinstance(error, str) and error and answer.status < 500:  # noqa: PLR2004
        name, description = decoded_text(error), document.get("error_description") if document else None
        text = decoded_text(description) if isinstance(description, str) and description else ""
        raise GrantRefused(
            f"the token endpoint refused: `{name}`" + (f": {text}" if text else ""),
            hint=explain(name, text),
            status=answer.status,
            oauth_error=name,
        )
    if answer.status in (401, 403) and not answer.body.strip():
        raise AuthError(
            f"the token endpoint refused the request (status {answer.status}) without a reason",
            hint="check client ID and secret, and that the secret has not expired in the Administration Console",
            status=answer.status,
        )
    if answer.status == 429:  # noqa: PLR2004
        raise NetworkError("the token endpoint has too many requests (status 429)", hint="wait a minute", status=429)
    kind = answer.content_type or "no content type"
    raise BadAnswer(
        f"the token endpoint's answer is not OAuth (status {answer.status}, {printable(kind, limit=60)})",
        hint="try again in a moment" if answer.status >= 500 else _CHECK_URL,  # noqa: PLR2004
        status=answer.status,
        oauth_error=decoded_text(error) if isinstance(error, str) else None,
    )


def _document(answer: Answer) -> dict[str, object] | None:
    try:
        # float, since it takes any number of digits, and int does not.
        value = json.loads(answer.body.decode("utf-8-sig"), object_pairs_hook=_without_doubled_keys, parse_int=float)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _without_doubled_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a doubled key")
    return found


def _token(document: dict[str, object], *, status: int, now: float) -> TokenSet:
    access_token, token_type = document.get("access_token"), document.get("token_type", "Bearer")
    # What Azure AD B2C answers where no scope of an API was granted. An ID token is not for the API.
    if not access_token and document.get("id_token"):
        raise BadTokenAnswer(
            "the answer has an ID token but no access token: no API scope was granted",
            hint="ask for at least one eGain scope (`--scope`, or `scopes` in the profile) with the right scope prefix",
            status=status,
        )
    if not isinstance(access_token, str) or not is_bearer_token(access_token):
        raise _bad("has no usable `access_token`", status)
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise _bad(f"has the token type `{printable(str(token_type), limit=40)}`, not `Bearer`", status)
    if len(access_token) > LONGEST_TOKEN:
        raise _bad(f"has an access token of more than {LONGEST_TOKEN} characters", status)
    refresh_token, scope = _refresh_token(document), document.get("scope")
    if refresh_token is None and document.get("refresh_token"):
        raise _bad("has an unusable `refresh_token`", status)
    return TokenSet(
        access_token=Secret(access_token),
        expires_at=int(now) + _lifetime(document.get("expires_in"), status),
        obtained_at=int(now),
        scope=scope if isinstance(scope, str) and _VSCHAR.fullmatch(scope) and len(scope) <= LONGEST_TOKEN else None,
        refresh_token=refresh_token,
        person=person_in(document.get("id_token"), access_token),
    )


def _refresh_token(document: dict[str, object]) -> Secret | None:
    """Return the refresh token, or None: there is none, or none that could be sent or read back."""
    value = document.get("refresh_token")
    usable = isinstance(value, str) and len(value) <= LONGEST_TOKEN and _VSCHAR.fullmatch(value)
    return Secret(str(value)) if usable else None


def _lifetime(value: object, status: int) -> int:
    """Return the seconds of life: a number, a text of digits (as B2C sends it), or the default if it is not there."""
    if value is None or value == "":
        return DEFAULT_LIFETIME
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _bad("has an unusable `expires_in`", status)
    if not 0 < value <= _LONGEST_LIFE:  # false for NaN too
        raise _bad("has an `expires_in` that no token can have", status)
    return int(value)


def _bad(what: str, status: int) -> BadTokenAnswer:
    return BadTokenAnswer(f"the token endpoint's answer {what}", hint=_CHECK_URL, status=status)
