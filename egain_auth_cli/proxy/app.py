"""One request of a client, from the gate to the last byte of its answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from egain_auth_cli.errors import ApiError, EgainError, NetworkError, TimedOut
from egain_auth_cli.proxy.body import PassedBody
from egain_auth_cli.proxy.connection import TARGET
from egain_auth_cli.proxy.forward import PassedRequest
from egain_auth_cli.proxy.gate import Refused, values_of
from egain_auth_cli.proxy.headers import answer_headers, cors_headers, own_location, preflight_headers, request_headers
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.wire_log import without_values

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.types import Receive, Scope, Send

    from egain_auth_cli.models.urls import Origin
    from egain_auth_cli.proxy.forward import Forwarder
    from egain_auth_cli.proxy.gate import Gate, Headers
    from egain_auth_cli.transport.async_client import AsyncAnswer

T = TypeVar("T")
"""What is waited for while the client stays."""
_MALFORMED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT})
_SHOWN = 1000
"""Characters of a path."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A request that is over.

    Attributes:
        method: As it came.
        path: Without its query.
        status: Of the answer; None where the client left before there was one.
        seconds: From its head to the last byte of the answer.
        error: Why it failed or was refused here; None where the API answered.
    """

    method: str
    path: str
    status: int | None
    seconds: float
    error: EgainError | None


class ProxyApp:
    """The application that the server calls with each request (ASGI).

    Args:
        api: The API's origin.
        gate: Says what is let through.
        forwarder: Sends it on.
        report: Is told each request when it is over.
    """

    def __init__(self, *, api: Origin, gate: Gate, forwarder: Forwarder, report: Callable[[Served], None]) -> None:
        self._api = api
        self._gate = gate
        self._forwarder = forwarder
        self._report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one whose answer breaks off ends the connection, so that nobody takes it for whole."""
        begun = time.monotonic()
        request = Request(scope, receive)
        target = TARGET.get().decode("ascii")
        status: int | None = None
        error: EgainError | None = None
        try:
            response = await self._answer(request, target)
            status = response.status_code
            await response(scope, receive, send)
        except ClientDisconnect:
            pass
        except EgainError as exc:
            error = exc
        except asyncio.CancelledError:
            if status is not None:
                raise
            error = NetworkError("the proxy was ended before the API had answered", hint="start it again")
        if error is not None and status is None:
            status = status_of(error)
            await self._failure(error, status, scope["headers"])(scope, receive, send)
        seconds = time.monotonic() - begun
        path = printable(without_values(target).partition("?")[0], limit=_SHOWN)
        self._report(Served(method=request.method, path=path, status=status, seconds=seconds, error=error))

    async def _answer(self, request: Request, target: str) -> Response:
        """Return the answer, its body still on its way.

        Raises:
            EgainError: There is none.
            ClientDisconnect: Nobody waits for it any more.
        """
        headers: Headers = request.scope["headers"]
        path = self._gate.check(request.method, target, headers)
        page = self._gate.origin(headers)
        if self._gate.is_preflight(request.method, headers):
            return _with_headers(Response(status_code=HTTPStatus.NO_CONTENT), preflight_headers(headers, page))
        if request.method == "OPTIONS" and values_of(headers, "max-forwards") == ["0"]:  # RFC 9110 §7.6.2
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(self._gate.methods)})
        lengths = values_of(headers, "content-length")
        has_body = bool(values_of(headers, "transfer-encoding")) or lengths not in ([], ["0"])
        passed = PassedRequest(
            method=request.method,
            url=f"{self._api}{path}",
            headers=request_headers(request.method, headers),
            body=PassedBody(request.stream()) if has_body else None,
        )
        answer = await _while_client_stays(request, passed.body, self._forwarder.forward(passed))
        passed_headers = answer_headers(answer.status, answer.headers)
        location = answer.header(b"location")
        if location is not None:
            base = f"http://{values_of(headers, 'host')[0]}"
            own = own_location(location, url=passed.url, api=self._api, base=base)
            if own is not None:
                passed_headers = [
                    (name, own.encode("latin-1") if name == b"location" else value) for name, value in passed_headers
                ]
            elif answer.status in _REDIRECTS:
                await answer.close()
                raise _leads_elsewhere(answer.status, location)
        return _with_headers(_Passed(answer), [*passed_headers, *cors_headers(page)])

    def _failure(self, exc: EgainError, status: int, headers: Headers) -> Response:
        """Return the answer that tells an error, in the shape of eGain's own."""
        document = {
            "code": f"{status}-{exc.code}",
            "developerMessage": exc.message,
            "details": [{"key": "hint", "value": exc.hint}] if exc.hint else [],
        }
        response = JSONResponse(document, status)
        # RFC 9209: it was not the API that answered.
        marked = [(b"proxy-status", b"egain; error=" + _fault_of(exc)), *cors_headers(self._gate.origin(headers))]
        if status in _MALFORMED:  # what follows it may be no request (RFC 9112 §6.1)
            marked.append((b"connection", b"close"))
        return _with_headers(response, [*response.raw_headers, *marked])


class _Passed(StreamingResponse):
    """The API's answer, whose connection is given back even where the client left before its first byte."""

    def __init__(self, answer: AsyncAnswer) -> None:
        super().__init__(answer.body(), answer.status)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._answer.close()


def status_of(exc: EgainError) -> int:
    """Return the status by which a client is told an error: 502 or 504 for one on the way to the API."""
    if isinstance(exc, Refused):
        return exc.status or HTTPStatus.FORBIDDEN
    return HTTPStatus.GATEWAY_TIMEOUT if isinstance(exc, TimedOut) else HTTPStatus.BAD_GATEWAY


def _fault_of(exc: EgainError) -> bytes:
    if isinstance(exc, Refused):
        return b"http_request_denied"
    return b"connection_timeout" if isinstance(exc, TimedOut) else b"destination_unavailable"


async def _while_client_stays(request: Request, body: PassedBody | None, work: Coroutine[None, None, T]) -> T:
    """Return what the work comes to; end it when the client leaves.

    Raises:
        ClientDisconnect: It has left.
    """

    async def leaves() -> None:
        if body is not None:
            await body.ended.wait()  # until then the body's reader notices
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(leaves())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for one in (working, leaving):
            one.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


def _leads_elsewhere(status: int, location: str) -> ApiError:
    return ApiError(
        f"the API redirects (status {status}) to `{printable(without_values(location), limit=300)}`",
        hint="that is another origin: no request and no token goes there",
        status=status,
    )


def _with_headers(response: Response, headers: Headers) -> Response:
    response.raw_headers = headers
    return response
