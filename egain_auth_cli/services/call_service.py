"""An authenticated request to the API: origin checked first, one renewal after a 401, the body streamed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from egain_auth_cli.errors import AuthError, EgainError, UsageError
from egain_auth_cli.models.api_url import api_request_url
from egain_auth_cli.sanitize import printable
from egain_auth_cli.transport.client import HttpRequest
from egain_auth_cli.transport.streaming import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.transport.client import HttpClient
    from egain_auth_cli.transport.streaming import StreamedAnswer

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_OURS = frozenset({"authorization", "host", "content-length", "transfer-encoding", "connection", "proxy-authorization"})
_PIECE = 64 * 1024
_UNAUTHORIZED = 401


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
        body: None, the bytes, a file to stream, or a stream that can be read once.
        timeout: Seconds for all of it; None for the defaults.
    """

    method: str
    target: str
    api_url: str
    language: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Path | BinaryIO | None = None
    timeout: float | None = None


class TokenSource(Protocol):
    """Where the bearer token comes from."""

    def token(self) -> Secret:
        """Give a token."""
        ...

    def renewed(self, rejected: Secret) -> Secret | None:
        """Give another token than the one that the API refused; None where there is no other."""
        ...


class CallService:
    """Calls the API.

    Args:
        http: The client.
    """

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def call(self, request: CallRequest, tokens: TokenSource, *, take: Callable[[StreamedAnswer], None]) -> int:
        """Send the request and hand the answer over.

        Args:
            request: What to call; checked before any socket opens and before any token is acquired.
            tokens: Gives the bearer token.
            take: Gets the answer; it reads the body.

        Returns:
            The status.

        Raises:
            UsageError: Method, path or a header is not sent as it stands.
            AuthError: The API refused the token, and a renewed one as well; the answer was handed over.
            NetworkError: The API was not reached, or the connection was lost.
        """
        url = api_request_url(request.api_url, request.target, request.query)
        method = _method(request.method)
        headers = _headers(request)
        patience = Patience(request.timeout)
        token = tokens.token()
        answer = self._send(method, url, headers, request, token, patience)
        failure: EgainError | None = None
        if answer.status == _UNAUTHORIZED and _replayable(request.body):
            try:
                renewed = tokens.renewed(token)
            except EgainError as exc:
                renewed, failure = None, exc
            if renewed is not None:
                answer.close()
                answer = self._send(method, url, headers, request, renewed, patience)
        try:
            take(answer)
        finally:
            answer.close()
        if answer.status == _UNAUTHORIZED:
            raise failure or AuthError(
                "the API refused the token (status 401)",
                hint="check that `api_url` belongs to the same tenant, or run `egain login --force`",
                status=_UNAUTHORIZED,
            )
        return answer.status

    def _send(
        self,
        method: str,
        url: str,
        headers: tuple[tuple[str, str], ...],
        request: CallRequest,
        token: Secret,
        patience: Patience,
    ) -> StreamedAnswer:
        with_token = (*headers, ("Authorization", f"Bearer {token.reveal()}"))
        content, length = _content(request.body)
        if length is not None:
            with_token = (*with_token, ("Content-Length", str(length)))
        http_request = HttpRequest(method=method, url=url, headers=with_token, content=content)
        return self._http.stream(http_request, patience=patience)


def _method(text: str) -> str:
    method = text.upper()
    if method not in _METHODS:
        raise UsageError(
            f"`{printable(text, limit=40)}` is not a method that is sent",
            hint=f"use one of {', '.join(sorted(_METHODS))}",
        )
    return method


def _headers(request: CallRequest) -> tuple[tuple[str, str], ...]:
    given = {name.lower() for name, _ in request.headers}
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise UsageError(
                f"the header `{printable(name, limit=60)}` is not sent: it holds a character that no header has",
                hint="write it as `-H 'Name: value'`, printable ASCII",
            )
        if name.lower() in _OURS:
            raise UsageError(f"the header `{name}` is set by `egain` itself", hint=f"leave out `-H '{name}: …'`")
    defaults = [
        ("Accept", "application/json"),
        ("Accept-Language", request.language),
        ("Accept-Encoding", "gzip"),
    ]
    if request.body is not None:
        defaults.append(("Content-Type", "application/json"))
    return (*(pair for pair in defaults if pair[0].lower() not in given), *request.headers)


def _replayable(body: object) -> bool:
    return body is None or isinstance(body, (bytes, Path))


def _content(body: bytes | Path | BinaryIO | None) -> tuple[bytes | Iterator[bytes] | None, int | None]:
    if body is None or isinstance(body, bytes):
        return body, None
    if isinstance(body, Path):
        try:
            file = body.open("rb")
        except (OSError, ValueError) as exc:
            reason = (getattr(exc, "strerror", None) or "not a file's name").lower()
            raise UsageError(f"`{printable(str(body))}` cannot be read: {reason}", hint="check `-d @FILE`") from exc
        return _pieces(file, close=True), body.stat().st_size if body.is_file() else None
    return _pieces(body, close=False), None


def _pieces(file: BinaryIO, *, close: bool) -> Iterator[bytes]:
    try:
        while piece := file.read(_PIECE):
            yield piece
    finally:
        if close:
            file.close()
