"""A prepared request of the library ``requests``, told by what it has: the library itself is never imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from egain_auth_cli.models.urls import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping


class PreparedRequest(Protocol):
    """What is used of ``requests.PreparedRequest``."""

    url: str | None
    headers: MutableMapping[str, str]
    body: object

    def register_hook(self, event: str, hook: Callable[..., Answer]) -> None:
        """Have ``hook`` called with each answer, for one to give in its place."""
        ...

    def copy(self) -> PreparedRequest:
        """Return one that can be changed; its body is the same object."""
        ...


class Connection(Protocol):
    """What is used of an adapter of ``requests``."""

    def send(self, request: PreparedRequest, **options: object) -> Answer:
        """Send a request, and call no hook."""
        ...


class Answer(Protocol):
    """What is used of ``requests.Response``."""

    status_code: int
    request: PreparedRequest
    connection: Connection
    history: list[Answer]

    @property
    def content(self) -> bytes | None:
        """The body, read to its end."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class Body:
    """A request's body before it is sent.

    Args:
        body: Bytes, a text, a file or anything that is read once; None where there is none.

    Attributes:
        replayable: Whether it can be sent a second time.
    """

    def __init__(self, body: object) -> None:
        self._start = _start(body)
        self.replayable = body is None or isinstance(body, (bytes, str)) or self._start is not None

    def rewind(self, body: object) -> None:
        """Make the body that has been sent ready to be sent again."""
        seek = getattr(body, "seek", None)
        if seek is not None:
            seek(self._start)


def target_origin(url: str | None) -> Origin | None:
    """Return the origin that ``requests`` sends a request to, read as it reads it; None if that is no web address."""
    try:
        parts = urlsplit(url or "")
        port = parts.port
    except ValueError:
        return None
    default = {"https": 443, "http": 80}.get(parts.scheme)
    if default is None or parts.hostname is None:
        return None
    return Origin(parts.scheme, parts.hostname, default if port is None else port)


def sent_again(answer: Answer, authorization: str, body: Body, options: dict[str, object]) -> Answer:
    """Send a request once more, as the library's own Digest authentication does.

    Args:
        answer: What the first try was answered with; it becomes the history of what is returned.
        authorization: The header's value.
        body: As it was before the first try.
        options: Those of the first try: its time limit, proxies and certificates.
    """
    _ = answer.content  # read to its end, the connection can serve again
    answer.close()
    request = answer.request.copy()
    request.headers["Authorization"] = authorization
    body.rewind(request.body)
    again = answer.connection.send(request, **options)
    again.history.append(answer)
    again.request = request
    return again


def _start(body: object) -> int | None:
    """Return where a file stands; None for what is no file, or cannot be rewound."""
    file: Any = body
    try:
        return int(file.tell()) if file.seekable() else None
    except (AttributeError, OSError):
        return None
