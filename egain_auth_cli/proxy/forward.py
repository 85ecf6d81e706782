"""Sending a request on to the API with the current token, which a refusal renews once (RFC 6750 §3.1)."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from egain_auth_cli.deadline import Timeouts
from egain_auth_cli.errors import EgainError
from egain_auth_cli.transport.client import HttpRequest
from egain_auth_cli.transport.failures import ConnectionLost
from egain_auth_cli.transport.retry import REPEATABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.proxy.body import PassedBody
    from egain_auth_cli.tokens.holder import TokenSource
    from egain_auth_cli.transport.async_client import AsyncAnswer, AsyncHttpClient

T = TypeVar("T")
"""What a thread returns."""
_SILENCE = 60.0
"""Seconds without a byte after which the API is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedRequest:
    """A request as it goes on, but for the token.

    Attributes:
        method: As it came.
        url: At the API, the target byte for byte.
        headers: Those that go on.
        body: None where the client sends none.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: PassedBody | None

    @property
    def replayable(self) -> bool:
        """Whether it can be sent a second time."""
        return self.body is None or self.body.replayable


class Forwarder:
    """Sends requests on.

    Args:
        client: Reaches the API.
        tokens: May wait for a lock or the network, so they are asked in a thread.
        warn: Is told why a refused token could not be renewed.
    """

    def __init__(self, client: AsyncHttpClient, tokens: TokenSource, *, warn: Callable[[EgainError], None]) -> None:
        self._client = client
        self._tokens = tokens
        self._warn = warn
        self._unproven: Secret | None = None

    async def forward(self, request: PassedRequest) -> AsyncAnswer:
        """Send a request, and where the token is refused renew it, and repeat what can be repeated.

        Raises:
            NetworkError: The API could not be reached, or did not answer as HTTP has it.
            EgainError: There is no token, as ``egain call`` says it.
        """
        token = await _in_thread(self._tokens.token)
        answer = await self._send(request, token)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            self._proven(token)
            return answer
        # One that came after a refusal and was never taken: another would fare no better, and costs a renewal each.
        if token == self._unproven:
            return answer
        try:
            renewed = await _in_thread(lambda: self._tokens.renewed(token))
        except EgainError as exc:
            self._warn(exc)
            return answer
        self._unproven = renewed
        if renewed is None or not request.replayable:
            return answer
        await answer.discard()
        second = await self._send(request, renewed)
        if second.status != HTTPStatus.UNAUTHORIZED:
            self._proven(renewed)
        return second

    def _proven(self, token: Secret) -> None:
        if token == self._unproven:
            self._unproven = None

    async def _send(self, request: PassedRequest, token: Secret) -> AsyncAnswer:
        try:
            return await self._send_once(request, token)
        except ConnectionLost as exc:
            # The server may end a kept connection in the moment in which the request leaves.
            if not (exc.on_kept_connection and request.method in REPEATABLE and request.replayable):
                raise
        return await self._send_once(request, token)

    async def _send_once(self, request: PassedRequest, token: Secret) -> AsyncAnswer:
        content = None if request.body is None else request.body.sent()
        headers = (*request.headers, ("authorization", f"Bearer {token.reveal()}"))
        sent = HttpRequest(method=request.method, url=request.url, headers=headers, content=content, anonymous=True)
        said = f"the proxy waits for {_SILENCE:g} s without a byte"
        timeouts = Timeouts(None, head_seconds=_SILENCE, silence=_SILENCE, setting=said)
        return await self._client.send(sent, timeouts)


async def _in_thread(work: Callable[[], T]) -> T:
    """Return what a thread comes to.

    NOTE: not ``asyncio.to_thread``, whose threads the end of the process waits for.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, failure: BaseException | None) -> None:
        if done.cancelled():  # the client has left
            return
        if failure is not None:
            done.set_exception(failure)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # it is what `work` returned

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except BaseException as exc:  # noqa: BLE001  relayed to whoever waits
            failure = exc
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, name="egain-token", daemon=True).start()
    return await done
