"""What ``doctor`` asks of a host: name, connection, certificate, clock, and whether a token endpoint is one."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.deadline import Deadline
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.transport.client import HttpRequest
from egain_auth_cli.transport.retry import http_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.transport.client import HttpClient
    from egain_auth_cli.transport.proxy import Proxy

_LIMIT = 256 * 1024


class ProbeResult(NamedTuple):
    """An answer of a host.

    Attributes:
        milliseconds: From name to answer.
        status: Of the answer.
        date: The server's clock in epoch seconds; None if it does not say.
        received: Our clock in epoch seconds at the same time.
        proxy: What stood between, or None.
        speaks_oauth: Whether the answer is an OAuth error, as a token endpoint gives for an empty form.
    """

    milliseconds: float
    status: int
    date: float | None
    received: float
    proxy: Proxy | None
    speaks_oauth: bool


def reach(http: HttpClient, url: str, form: bool, seconds: float) -> ProbeResult:  # noqa: FBT001  a plain callable
    """Send a request without any credential: an empty form to a token endpoint, a HEAD to an API.

    Args:
        http: The client.
        url: Where to.
        form: Whether the URL is a token endpoint's.
        seconds: The end of the request.

    Raises:
        NetworkError: The host was not reached in time.
    """
    headers = [("Accept", "application/json"), ("Accept-Encoding", "identity")]
    if form:
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    # An empty form has no grant type: a token endpoint answers `invalid_request` (RFC 6749 §5.2) and does nothing.
    request = HttpRequest(
        method="POST" if form else "HEAD", url=url, headers=tuple(headers), content=b"" if form else None
    )
    start = time.monotonic()
    answer = http.exchange(request, deadline=Deadline(seconds), limit=_LIMIT)
    return ProbeResult(
        milliseconds=1000 * (time.monotonic() - start),
        status=answer.status,
        date=http_date(answer.headers.get("date", "")),
        received=time.time(),
        proxy=http.proxy(origin_of(url)),
        speaks_oauth=_is_oauth_error(answer.body),
    )


def certificate_source(environ: Mapping[str, str]) -> str:
    """Say which certificates are trusted."""
    named = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environ.get(name)]
    return " and ".join(f"{name}={environ[name]}" for name in named) or "the system's certificates"


def _is_oauth_error(body: bytes) -> bool:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and isinstance(document.get("error"), str)
