"""Bearer tokens for clients of httpx, httpx2 and requests (RFC 6750 §2.1): renewed, and retried once after a 401."""

from __future__ import annotations

import asyncio
import sys
import threading
from functools import lru_cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.urls import Origin, origin_of
from egain_auth_cli.transport.httpx_library import httpx
from egain_auth_cli.transport.prepared_request import Body, sent_again, target_origin

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.transport.prepared_request import Answer

_Request = TypeVar("_Request")


class BearerAuth(httpx.Auth):
    """An ``httpx.Auth`` that adds a token to requests of one origin; clients of httpx2 and requests take it too.

    Args:
        api_url: Requests to any other origin are refused.
        tries: Yields the token for each try of a request, and is sent the status of each answer; told whether the
            request can be sent a second time.
    """

    def __init__(self, *, api_url: str, tries: Callable[[bool], Generator[Secret, int, None]]) -> None:
        self._origin = origin_of(api_url, field="api_url")
        self._tries = tries
        self._lock = threading.Lock()

    # NOTE: a client of httpx2 asks whether this is an instance of that library's own `Auth`, which works as httpx's
    # does. Anything else it would call as a function: on the event loop, and without a word of the answer.
    @property  # type: ignore[misc]  # nobody sets it
    def __class__(self) -> type:
        """The class; where httpx2 is loaded, one that is an ``httpx2.Auth`` too."""
        also = getattr(sys.modules.get("httpx2"), "Auth", None)
        mine: type = type(self)
        return mine if also is None else _class_of_both(mine, also)

    def __call__(self, request: _Request) -> _Request:
        """Authorize a request of ``requests``, whose sessions call what they are given as ``auth``.

        Returns:
            The same request, to be repeated once after a 401 unless its body is a stream that cannot be rewound. A
            request of another library gets the token alone.

        Raises:
            UsageError: It goes to another origin.
            EgainError: There is no token.
        """
        given: Any = request
        hooked = hasattr(given, "register_hook")
        self._require(target_origin(given.url) if hooked else _origin_of(given))
        body = Body(given.body if hooked else None)
        token = self._next(self._tries(body.replayable), None)
        if token is not None:
            _authorize(given, token)
        if hooked and body.replayable:
            given.register_hook("response", partial(self._answer, body))
        return request

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Authorize a request of ``httpx.Client``."""
        self._require(_origin_of(request))
        tries = self._tries(_replayable(request))
        token = self._next(tries, None)
        while token is not None:
            _authorize(request, token)
            response = yield request
            token = self._next(tries, response.status_code)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Authorize a request of ``httpx.AsyncClient``; the token is acquired in a thread."""
        self._require(_origin_of(request))
        tries = self._tries(_replayable(request))
        token = await asyncio.to_thread(self._next, tries, None)
        while token is not None:
            _authorize(request, token)
            response = yield request
            token = await asyncio.to_thread(self._next, tries, response.status_code)

    # httpx hands the response back where the generator yields, and sends what is yielded next: one 401, one more try.
    def _next(self, tries: Generator[Secret, int, None], status: int | None) -> Secret | None:
        """Return the token of the next try, or None: there is none."""
        try:
            with self._lock:  # one renewal, however many requests wait for it
                return next(tries) if status is None else tries.send(status)
        except StopIteration:
            return None

    # requests calls this with the answers to a request and to all that it is redirected to, each sent with the headers
    # of the first. So the token is one that was refused before, or was taken off on the way to another host.
    def _answer(self, body: Body, answer: Answer, **options: object) -> Answer:
        """Return an answer, or after a 401 that of the same request with another token."""
        request = answer.request
        refused = request.headers.get("Authorization")
        if answer.status_code != HTTPStatus.UNAUTHORIZED or target_origin(request.url) != self._origin or not refused:
            return answer
        token = self._other_token(refused, body)
        return answer if token is None else sent_again(answer, _bearer(token), body, options)

    def _other_token(self, refused: str, body: Body) -> Secret | None:
        """Return the token at hand, or a renewed one where that is the refused one; None where there is no other."""
        tries = self._tries(body.replayable)
        token = self._next(tries, None)
        if token is None or _bearer(token) != refused:
            return token
        return self._next(tries, HTTPStatus.UNAUTHORIZED)

    def _require(self, origin: Origin | None) -> None:
        if origin != self._origin:
            raise UsageError(
                f"the token is for `{self._origin}` alone", hint="use the profile of the API that the request goes to"
            )


@lru_cache(maxsize=16)
def _class_of_both(one: type, other: type) -> type:
    return type(one.__name__, (one, other), {})


def _bearer(token: Secret) -> str:
    return f"Bearer {token.reveal()}"


def _authorize(request: httpx.Request, token: Secret) -> None:
    request.headers["Authorization"] = _bearer(token)


def _origin_of(request: httpx.Request) -> Origin:
    url = request.url
    port = url.port or (443 if url.scheme == "https" else 80)
    return Origin(url.scheme, url.raw_host.decode("ascii").strip("[]").lower(), port)


def _replayable(request: httpx.Request) -> bool:
    # Any other body is a stream, which the first try has used up.
    try:
        return isinstance(request.content, bytes)
    except RuntimeError:  # RequestNotRead, which httpx and httpx2 have each
        return False
