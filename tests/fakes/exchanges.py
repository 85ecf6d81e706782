"""Requests of a client to a server of the test, in few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.deadline import Deadline, Timeouts
from egain_auth_cli.errors import EgainError
from egain_auth_cli.transport.client import HttpRequest

if TYPE_CHECKING:
    from egain_auth_cli.transport.client import Answer, HttpClient


def exchange(http: HttpClient, url: str, *, seconds: float = 5.0, limit: int = 1000, method: str = "GET") -> Answer:
    """Send a request and give its whole answer."""
    return http.exchange(HttpRequest(method=method, url=url), deadline=Deadline(seconds), limit=limit)


def failing(http: HttpClient, url: str, *, seconds: float = 5.0) -> EgainError:
    """Send a request that must fail, and give its error."""
    with pytest.raises(EgainError) as caught:
        exchange(http, url, seconds=seconds)
    assert caught.value.message.isprintable()
    return caught.value


def stream(http: HttpClient, url: str, timeouts: Timeouts | None = None) -> bytes:
    """Send a request and give its body, read piece by piece."""
    request = HttpRequest(method="GET", url=f"{url.rstrip('/')}/")
    found = http.stream(request, timeouts=timeouts or Timeouts(Deadline(5)))
    try:
        return b"".join(found.body())
    finally:
        found.close()


def header_lines_of(raw: bytes) -> list[str]:
    """Return the header lines of a request as they were sent."""
    return raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
