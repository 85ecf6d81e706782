"""Public JSON documents of an instance: no credential is sent, no redirect followed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from egain_auth_cli.deadline import Deadline
from egain_auth_cli.errors import BadAnswer
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.client import HttpRequest

if TYPE_CHECKING:
    from egain_auth_cli.transport.client import HttpClient

_LIMIT = 1024 * 1024
_OK = range(200, 300)
_REDIRECT = range(300, 400)


def fetch_document(http: HttpClient, url: str, *, seconds: float) -> dict[str, object]:
    """Fetch a JSON object.

    Args:
        http: The client.
        url: Where it is.
        seconds: The end of the request.

    Raises:
        BadAnswer: The answer is an error, a redirect or not a JSON object.
        NetworkError: The server was not reached in time.
    """
    # Not compressed: the document is small, and the limit then holds for what is received.
    headers = (("Accept", "application/json"), ("Accept-Encoding", "identity"))
    answer = http.exchange(
        HttpRequest(method="GET", url=url, headers=headers), deadline=Deadline(seconds), limit=_LIMIT
    )
    if answer.status in _REDIRECT:
        raise _bad(url, f"redirects (status {answer.status}), which is not followed", answer.status)
    if answer.status not in _OK:
        raise _bad(url, f"answered status {answer.status}", answer.status)
    try:
        document = json.loads(answer.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _bad(
            url, f"is no JSON document ({printable(answer.content_type or 'no content type', limit=60)})", answer.status
        )
    return document


def _bad(url: str, what: str, status: int) -> BadAnswer:
    shown = url.partition("?")[0]
    return BadAnswer(
        f"`{shown}` {what}",
        hint="check the instance's address; `egain profile add` takes the URLs of the Metadata panel by hand",
        status=status,
    )
