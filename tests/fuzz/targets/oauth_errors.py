"""Errors of servers in words: one printable line with a hint, whatever they send."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

from egain_auth_cli.call.advice import Advice
from egain_auth_cli.call.catalogue import operation_of
from egain_auth_cli.call.errors import api_error
from egain_auth_cli.errors import ApiError, AuthError
from egain_auth_cli.models.oauth_errors import decoded_text, explain
from fuzz.words import check_words

STATUSES = (301, 304, 400, 401, 403, 404, 405, 406, 415, 429, 500, 503)
PATHS = ("", "/knowledge/portalmgr/v4/portals", "/nothing/here", "/knowledge/portalmgr/v4/portals/PROD-1000/articles")


def check(data: bytes) -> None:
    """Take the first byte for status and path, the rest for a body, a header's value and a text of the server."""
    first = data[0] if data else 0
    text = data[1:].decode("utf-8", "surrogatepass" if first & 128 and decodes(data[1:]) else "replace")
    check_oauth(text)
    path = PATHS[first % len(PATHS)]
    advice = Advice(operation=operation_of("GET", path), typed=("GET", path), api_url="https://api.acme.test")
    head = data[1:].decode("latin-1")
    headers = {"location": head, "allow": head, "retry-after": head} if first & 64 else {}
    error = api_error(STATUSES[first % len(STATUSES)], data[1:], headers, advice)

    assert type(error) is (AuthError if error.status == 401 else ApiError)
    check_words(error)


def decodes(raw: bytes) -> bool:
    try:
        raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def check_oauth(text: str) -> None:
    shown = decoded_text(text)
    assert shown.isprintable()
    assert explain(shown, shown, scopes=("a b",)).isprintable()
    # eGain's own way of writing it, read back: base64 of URL-encoded text.
    plain = " ".join(text.encode("utf-8", "replace").decode().split())[:100].strip()
    if len(plain) > 8 and plain.isascii() and plain.isprintable() and "\\" not in plain and "%" not in plain:
        assert decoded_text(base64.b64encode(quote_plus(plain).encode()).decode()) == plain
