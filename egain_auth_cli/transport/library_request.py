"""A request as the HTTP library takes it: to the exact target, with no header but those that were asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from egain_auth_cli import __version__

if TYPE_CHECKING:
    import httpx

    from egain_auth_cli.deadline import Timeouts
    from egain_auth_cli.transport.client import HttpRequest

USER_AGENT = f"egain-auth-cli/{__version__}"
CONNECT_SECONDS = 15.0
"""For one connection, however long the answer may take: a host that drops packets is told soon."""


def library_request(request: HttpRequest, base_url: httpx.URL, timeouts: Timeouts) -> httpx.Request:
    """Return the request as the library takes it; all that it adds is the body's Content-Length or Transfer-Encoding.

    Not by ``Client.build_request``, which adds Accept, Accept-Encoding and Connection.
    """
    from egain_auth_cli.transport.httpx_library import ExactURL, httpx

    # The library's own Host header fails for a host such as xn--ls8h.la.
    headers = [(b"Host", base_url.netloc)]
    headers += [(name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers]
    if not request.anonymous and b"user-agent" not in {name.lower() for name, _ in headers}:
        headers.insert(1, (b"User-Agent", USER_AGENT.encode("ascii")))
    silence = timeouts.silence
    limits = {"connect": min(CONNECT_SECONDS, silence), "read": silence, "write": silence, "pool": None}
    content = request.content
    if isinstance(content, Iterator):
        content = _watched(content, timeouts)
    prepared = httpx.Request(request.method, base_url, headers=headers, content=content, extensions={"timeout": limits})
    target = request.url.partition("://")[2].removeprefix(urlsplit(request.url).netloc)
    prepared.url = url = ExactURL(base_url)
    url.raw_path = (target if target.startswith("/") else f"/{target}").encode("ascii")
    return prepared


def _watched(pieces: Iterator[bytes], timeouts: Timeouts) -> Iterator[bytes]:
    """Yield a request's body; each piece that has gone out begins the wait for the answer anew."""
    for piece in pieces:
        yield piece
        timeouts.moved()
    timeouts.moved()
