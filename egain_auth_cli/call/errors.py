"""eGain's error bodies in one line: ``{"code", "developerMessage", "details", "userMessage"}``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from egain_auth_cli.call.path_hint import methods_hint
from egain_auth_cli.errors import ApiError, AuthError
from egain_auth_cli.sanitize import on_one_line, printable
from egain_auth_cli.settings.environment_token import WAY_OUT
from egain_auth_cli.transport.wire_log import without_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.call.advice import Advice

# The codes of eGain's published API descriptions, each with what a person can do about it.
_HINTS = {
    "400-101": "the API refuses query parameters that it does not know: check the names of `-q`",
    "400-112": "a required query parameter is missing; `egain call --list --json` names those that are documented",
    "400-152": "check the value that the answer names",
    "400-196": "give a value that the answer names",
    "401-104": "the API does not take the Authorization header: check that `{api_url}` belongs to the same tenant",
    "403-568": "the portal is closed to customers",
    "406-100": "{language}",
}
_STATUS_HINTS = {
    401: "{renewal}",
    403: "check the token's scopes with `egain inspect`, and the flow with `egain flows`",
    404: "check the path; `egain call --list` shows documented ones",
    406: "{language}",
    415: "send the content type that the API's page names, with `-H 'Content-Type: …'`",
    501: "the server does not have this operation: `egain call --list` shows those that are documented",
    429: "too many requests{until}; `--retry N --timeout SECONDS` waits for it",
}
_UNKNOWN_NAME, _MISSING_NAME, _WRONG_PERSONA, _NO_SCOPE = "400-101", "400-112", "403-112", "403-197"
_REDIRECTS = range(300, 400)
_NOT_MODIFIED = 304
_SERVER_ERRORS = 500
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_WRONG_METHOD = 405


def api_error(status: int, body: bytes, headers: Mapping[str, str], advice: Advice) -> ApiError | AuthError:
    """Return the error that explains an error status of the API; a 401 is one of authentication.

    Args:
        status: 300 or above.
        body: Its beginning.
        headers: Lower-case names.
        advice: What is known of the request.
    """
    if status == _NOT_MODIFIED:
        return ApiError(
            "the API answered that nothing was modified (status 304)",
            hint="leave out the header that asks for it, such as `If-None-Match`, to get the body",
            status=status,
        )
    if status in _REDIRECTS:
        target = printable(without_values(headers.get("location", "nowhere")), limit=300)
        return ApiError(
            f"the API redirects (status {status}) to `{target}`", hint="redirects are not followed", status=status
        )
    code, text = _code_and_text(body)
    hint = (
        _advised(code, text, advice)
        or (status == _NOT_FOUND and advice.path_hint(text))
        or (status == _WRONG_METHOD and methods_hint(advice.typed[1], allowed=headers.get("allow", "")))
        or _HINTS.get(code)
        or _STATUS_HINTS.get(status)
    )
    if not hint:
        hint = "try again in a moment" if status >= _SERVER_ERRORS else "see the answer's body and the API's page"
    said = ": ".join(part for part in (code, text) if part)
    error = AuthError if status == _UNAUTHORIZED else ApiError
    return error(
        _message(status, said, advice.variable),
        hint=_filled(hint, headers, advice),
        status=status,
    )


def _message(status: int, said: str, variable: str) -> str:
    token = f"token of `{variable}`" if variable else "token"
    refused = status == _UNAUTHORIZED
    what = f"the API refused the {token} (status 401)" if refused else f"the API answered status {status}"
    return f"{what}: {said}" if said else what


def _advised(code: str, said: str, advice: Advice) -> str | None:
    """Return the hint of a code that is about this operation and this token."""
    if code == _MISSING_NAME and (missing := advice.missing_names()):
        return f"add `{missing}`"
    if code == _UNKNOWN_NAME and (unknown := advice.unknown_names_hint()):
        return unknown
    if code == _WRONG_PERSONA:
        return f"this persona may not use the operation: {advice.other_flow()}"
    if code == _NO_SCOPE and advice.variable:
        return f"the token of `{advice.variable}` lacks a scope: `egain inspect` shows those that it has; {WAY_OUT}"
    if code == _NO_SCOPE:
        return advice.scope_hint(said) or (
            "the token lacks a scope: grant it on the Permissions tab of the client application, add it to the "
            "profile's scopes, then sign in again; `egain inspect` shows those that it has"
        )
    return None


def _filled(hint: str, headers: Mapping[str, str], advice: Advice) -> str:
    until = headers.get("x-ratelimit-reset") or headers.get("retry-after")
    hint = hint.replace("{until}", f" until `{printable(until, limit=60)}`" if until else "")
    hint = hint.replace("{renewal}", advice.renewal_hint()).replace("{language}", advice.language_hint)
    return hint.replace("{api_url}", advice.api_url_name)


def _code_and_text(body: bytes) -> tuple[str, str]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(document, dict):
        return "", ""
    # Older APIs of eGain have `callInfo.message` or `message` where the newer have `developerMessage`.
    info = document.get("callInfo")
    inner = info.get("message") if isinstance(info, dict) else None
    text = document.get("developerMessage") or document.get("message") or inner
    code = document.get("code")
    return (
        printable(code, limit=40) if isinstance(code, str) else "",
        printable(on_one_line(text), limit=300) if isinstance(text, str) else "",
    )
