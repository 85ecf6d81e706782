"""An answer of the token endpoint: refused with a documented error, or a token that can be sent."""

from __future__ import annotations

import json
import string

from egain_auth_cli.errors import AuthError, NetworkError
from egain_auth_cli.transport.client import Answer
from egain_auth_cli.transport.token_answer import parse_token_answer
from fuzz.words import check_words

NOW = 1_700_000_000
STATUSES = (200, 201, 204, 301, 400, 401, 403, 429, 500, 503)
B64TOKEN = set(string.ascii_letters + string.digits + "-._~+/")
TEN_YEARS = 3660 * 86400


def check(data: bytes) -> None:
    """Take the first byte for the status, the rest for the body."""
    status, body = STATUSES[data[0] % len(STATUSES) if data else 0], data[1:]
    try:
        token = parse_token_answer(Answer(status=status, headers={}, body=body), now=NOW)
    except (AuthError, NetworkError) as exc:
        check_words(exc)
        return
    document = json.loads(body.decode("utf-8-sig"))
    access = token.access_token.reveal()

    assert 200 <= status < 300
    assert not document.get("error")
    assert access == document["access_token"]
    assert access.rstrip("=")
    assert set(access.rstrip("=")) <= B64TOKEN
    assert 0 <= token.expires_at - NOW <= TEN_YEARS
    assert token.obtained_at == NOW
    assert token.scope is None or (token.scope == document["scope"] and token.scope.isascii())
    assert all(text is None or text.isprintable() for text in (token.scope, token.person))
    if token.refresh_token is not None:
        assert token.refresh_token.reveal() == document["refresh_token"]
        assert token.refresh_token.reveal().isprintable()
