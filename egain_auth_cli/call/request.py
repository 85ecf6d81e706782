"""The request as it goes on the wire: checked before a socket opens or a token is acquired."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from egain_auth_cli.call.url import api_request_url
from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from egain_auth_cli.call.body import Body

RETRIES = 2
"""How often a request is repeated, where nobody says so."""
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # a header's name, RFC 9110 §5.6.2
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
# Who connects, what is sent and how it is framed is for `egain` to say; the token goes to the profile's API alone.
_OURS = frozenset({"authorization", "host", "content-length", "transfer-encoding", "connection", "proxy-authorization"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """What to call.

    Attributes:
        method: As typed.
        target: A path, or a URL of the profile's origin.
        api_url: The profile's.
        language: For Accept-Language.
        query: Pairs for the query.
        headers: Pairs, as typed.
        without: Names of default headers that are not sent, in lower case.
        body: None for none.
        timeout: Seconds for all of it; None for the defaults.
        retries: How often a request is repeated after 429, 502, 503, 504 or a lost connection.
        retry_unsafe: Whether POST and PATCH are repeated too.
    """

    method: str
    target: str
    api_url: str
    language: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    without: frozenset[str] = frozenset()
    body: Body | None = None
    timeout: float | None = None
    retries: int = RETRIES
    retry_unsafe: bool = False

    def at(self, target: str) -> CallRequest:
        """Return the same request for another page, whose link has its own query."""
        return replace(self, target=target, query=())

    def question(self, target: str) -> CallRequest:
        """Return the request that asks for the state of a job which this one has begun."""
        return replace(self, method="GET", target=target, query=(), body=None)


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A request as it goes on the wire, but for its token.

    Attributes:
        method: In capitals.
        url: Of the profile's origin and base path, percent-encoded.
        headers: The person's, and the defaults that they do not replace.
        anonymous: Whether not even User-Agent is sent.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    anonymous: bool = False


def check_call(request: CallRequest) -> CheckedCall:
    """Check method, path and headers before any socket opens and any token is acquired.

    Raises:
        UsageError: One of them is not sent as it stands, or the path leaves the profile's API.
    """
    url = api_request_url(request.api_url, request.target, request.query)
    method = request.method.upper()
    if method not in METHODS:
        raise UsageError(
            f"`{printable(request.method, limit=40)}` is not a method that is sent",
            hint=f"use one of {', '.join(METHODS)}",
        )
    return CheckedCall(method, url, _wire_headers(request), anonymous="user-agent" in request.without)


def _wire_headers(request: CallRequest) -> tuple[tuple[str, str], ...]:
    given = {name.lower() for name, _ in request.headers} | request.without
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise UsageError(
                f"the header `{printable(name, limit=60)}` is not sent: it holds a character that no header has",
                hint='write it as `-H "Name: value"`, printable ASCII',
            )
        if name.lower() in _OURS:
            raise UsageError(f"the header `{name}` is set by `egain` itself", hint=f'leave out `-H "{name}: …"`')
    # eGain documents 406 for most requests without Accept-Language.
    defaults = [("Accept", "application/json"), ("Accept-Language", request.language), ("Accept-Encoding", "gzip")]
    if request.body is not None:
        defaults.append(("Content-Type", request.body.content_type))
    return (*(pair for pair in defaults if pair[0].lower() not in given), *request.headers)
