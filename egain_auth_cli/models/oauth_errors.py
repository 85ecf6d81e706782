"""OAuth's error values in words: what each means at eGain and what to change."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from egain_auth_cli.sanitize import on_one_line, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_BASE64 = re.compile(r"[A-Za-z0-9+/\-_]{8,}={0,2}")

CONSOLE = "Administration Console > Partition > Integration > Client Application"
"""Where eGain keeps client applications."""
_HINTS = {
    "invalid_client": "check client ID and secret; a client application may have two secrets, each "
    f"with an expiry date, which {CONSOLE} shows",
    "invalid_grant": "what was sent is not valid (any more): sign in again with `egain login`",
    "invalid_scope": f"grant the scope on the Permissions tab ({CONSOLE}), and compare `scope_prefix` with the Metadata panel",
    "unauthorized_client": f"the Platform of the client application ({CONSOLE}) decides the flow: Web takes "
    "`egain login --auth-code` and `egain token --client-credentials`, Single Page Application takes `egain login --pkce`; "
    "see `egain flows`",
    "unsupported_grant_type": "this token URL does not know the flow: compare it with the Metadata panel",
    "invalid_request": "compare flow, URLs and scopes with the Metadata panel; `egain profile show` lists them",
    "access_denied": "sign in as a person who may use this client application, and approve the request",
    "server_error": "try again in a moment",
    "temporarily_unavailable": "try again in a moment",
    "invalid_target": "compare scopes and token URL with the Metadata panel",
}
CHECK_APPLICATION = f"compare the token URL with the Metadata panel, and look at the client application ({CONSOLE})"
"""For flows without a login, of which no grant can be used up."""
CANCELLED = "AADB2C90091"
"""Microsoft's code for a person who pressed "Cancel"; the ``error`` beside it is ``access_denied``."""
_DEFAULT = "check the profile against the Metadata panel (`egain profile show`)"


def decoded_text(text: str) -> str:
    """Return an ``error`` or ``error_description`` on one line, decoded where eGain sent base64 of URL-encoded text.

    ``access_denied`` is itself of base64's alphabet: a decoded text counts only if it is printable UTF-8.
    """
    return printable(on_one_line(_decoded(text) or text))


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
    flat = on_one_line(decoded)
    return flat if flat and flat.isprintable() else None


def explain(
    error: str, description: str = "", *, hints: Mapping[str, str] | None = None, scopes: Sequence[str] = ()
) -> str:
    """Return the hint for an OAuth error.

    Args:
        error: The ``error`` value, decoded.
        description: The ``error_description``, decoded; Microsoft's codes stand in it.
        hints: Those of the flow that was refused, where it is known.
        scopes: What was sent, where that is known.
    """
    for code, hint in _CODES.items():
        if code in description:
            return hint
    known = (hints or {}).get(error) or _HINTS.get(error, _DEFAULT)
    return f"{known}; what was sent: `{' '.join(scopes)}`" if error == "invalid_scope" and scopes else known


# Codes of Azure AD B2C and Microsoft Entra, behind commercial instances: they say more than `error` does.
_CODES = {
    "AADB2C90084": "a public client must not send a secret: Single Page Application and Native take "
    "`egain login --pkce`, Web takes `egain login --auth-code`",
    "AADB2C90118": "the person has forgotten the password: reset it on the sign-in page in the browser, then run "
    "`egain login` again",
    CANCELLED: "sign-in was cancelled in the browser: run `egain login` again to sign in after all",
    "AADSTS9002327": "this client application is registered as a Single Page Application and answers browsers alone: "
    "register it as Public Client/Native, or Web with a secret",
}
