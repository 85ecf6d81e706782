"""Bearer tokens for the HTTP library's own clients (RFC 6750 §2.1): renewed, and retried once after a 401."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.urls import Origin, origin_of
from egain_auth_cli.transport.httpx_library import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from egain_auth_cli.models.secret import Secret


class BearerAuth(httpx.Auth):
    """An ``httpx.Auth`` that adds a token to requests of one origin.

    Args:
        api_url: Requests to any other origin are refused.
        tries: Yields the token for each try of a request, and is sent the status of each answer; told whether the
            request can be sent a second time.
    """

    def __init__(self, *, api_url: str, tries: Callable[[bool], Generator[Secret, int, None]]) -> None:
        self._origin = origin_of(api_url, field="api_url")
        self._tries = tries
        self._lock = threading.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Authorize a request of ``httpx.Client``."""
        self._require_origin(request)
        tries = self._tries(_replayable(request))
        token = self._next(tries, None)
        while token is not None:
            response = yield _authorized(request, token)
            token = self._next(tries, response.status_code)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Authorize a request of ``httpx.AsyncClient``; the token is acquired in a thread."""
        self._require_origin(request)
        tries = self._tries(_replayable(request))
        token = await asyncio.to_thread(self._next, tries, None)
        while token is not None:
            response = yield _authorized(request, token)
            token = await asyncio.to_thread(self._next, tries, response.status_code)

    # httpx hands the response back where the generator yields, and sends what is yielded next: one 401, one more try.
    def _next(self, tries: Generator[Secret, int, None], status: int | None) -> Secret | None:
        """Return the token of the next try, or None: there is none."""
        try:
            with self._lock:  # one renewal, however many requests wait for it
                return next(tries) if status is None else tries.send(status)
        except StopIteration:
            return None

    def _require_origin(self, request: httpx.Request) -> None:
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        if Origin(url.scheme, url.raw_host.decode("ascii").strip("[]").lower(), port) != self._origin:
            raise UsageError(
                f"the token is for `{self._origin}` alone", hint="use the profile of the API that the request goes to"
            )


def _authorized(request: httpx.Request, token: Secret) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token.reveal()}"
    return request


def _replayable(request: httpx.Request) -> bool:
    # Any other body is a stream, which the first try has used up.
    return isinstance(request.stream, httpx.ByteStream)
