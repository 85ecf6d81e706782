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

_UNAUTHORIZED = 401


class BearerAuth(httpx.Auth):
    """An ``httpx.Auth`` that adds a token to requests of one origin.

    Args:
        api_url: Requests to any other origin are refused.
        acquire: Returns a token; with an argument, another one than the token that the API refused.
    """

    def __init__(self, *, api_url: str, acquire: Callable[[Secret | None], Secret]) -> None:
        self._origin = origin_of(api_url, field="api_url")
        self._acquire = acquire
        self._lock = threading.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Authorize a request of ``httpx.Client``."""
        self._require_origin(request)
        token = self._token(None)
        response = yield _authorized(request, token)
        if response.status_code == _UNAUTHORIZED and _replayable(request):
            yield _authorized(request, self._token(token))

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Authorize a request of ``httpx.AsyncClient``; the token is acquired in a thread."""
        self._require_origin(request)
        token = await asyncio.to_thread(self._token, None)
        response = yield _authorized(request, token)
        if response.status_code == _UNAUTHORIZED and _replayable(request):
            yield _authorized(request, await asyncio.to_thread(self._token, token))

    def _token(self, rejected: Secret | None) -> Secret:
        with self._lock:  # one renewal, however many requests wait for it
            return self._acquire(rejected)

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
    return isinstance(request.stream, httpx.ByteStream)
