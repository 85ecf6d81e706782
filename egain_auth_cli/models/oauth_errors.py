"""OAuth's error values in words: what each means at eGain and what to change."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

from egain_auth_cli.sanitize import printable

_BASE64 = re.compile(r"[A-Za-z0-9+/\-_]{8,}={0,2}")

_HINTS = {
    "invalid_client": "check client ID and secret (`egain secret set`); a client application may have two secrets, "
    "each with an expiry date: look at Integration > Client Application in the Administration Console",
    "invalid_grant": "the login, code or subject is not valid (any more); run `egain login` again",
    "invalid_scope": "grant the scope on the Permissions tab of the client application, and check the scope prefix "
    "against the Metadata panel",
    "unauthorized_client": "this client application may not use this flow: its Platform decides "
    "(Web: `--auth-code`, `--client-credentials`; Single Page Application: `--pkce`); see `egain flows`",
    "unsupported_grant_type": "this endpoint does not know the flow: check the token URL against the Metadata panel",
    "invalid_request": "the endpoint misses something: check flow, token URL and scopes against the Metadata panel",
    "access_denied": "sign in with a person who may use this client application, and approve the request",
    "server_error": "try again in a moment",
    "temporarily_unavailable": "try again in a moment",
    "invalid_target": "check the scopes and the token URL against the Metadata panel",
}
_DEFAULT = "check the profile against the Metadata panel (`egain profile show`)"


def readable(text: str) -> str:
    """Make an ``error`` or ``error_description`` printable, decoding it where eGain sent base64 of URL-encoded text.

    ``access_denied`` is itself of base64's alphabet: a decoded text counts only if it is printable UTF-8.
    """
    return printable(_decoded(text) or text)


def _decoded(text: str) -> str | None:
    if not _BASE64.fullmatch(text):
        return None
    try:
        raw = base64.b64decode(
            text + "=" * (-len(text) % 4), altchars=b"-_" if re.search("[-_]", text) else None, validate=True
        )
        decoded = unquote(raw.decode("utf-8").replace("+", " "), errors="strict")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return decoded if decoded.isprintable() and decoded.strip() else None


def explain(error: str, description: str = "") -> str:
    """Give the hint for an OAuth error.

    Args:
        error: The ``error`` value, readable.
        description: The ``error_description``, readable; Microsoft's codes are told from it.
    """
    for code, hint in _CODES.items():
        if code in description:
            return hint
    return _HINTS.get(error, _DEFAULT)


_CODES = {
    "AADB2C90084": "a public client must not send a secret: use `--pkce` for Single Page Application and Native "
    "platforms, `--auth-code` for Web",
    "AADSTS9002327": "this client application is registered as a Single Page Application and answers browsers alone: "
    "register it as Public Client/Native, or Web with a secret",
}
