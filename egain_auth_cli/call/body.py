"""The body of a request: sent with its length and a second time where that can be, whatever it comes from."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple, Protocol

from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Iterator


class Opened(NamedTuple):
    """A body for one try.

    Attributes:
        content: The bytes, or pieces.
        length: The bytes in all; None where they are sent in chunks.
    """

    content: bytes | Iterator[bytes]
    length: int | None


class Body(Protocol):
    """A body.

    Attributes:
        replayable: Whether it can be sent a second time; a pipe is read for that for a while.
        content_type: What it is, where nobody says otherwise.
    """

    @property
    def replayable(self) -> bool: ...  # noqa: D102  an attribute

    @property
    def content_type(self) -> str: ...  # noqa: D102  an attribute

    def open(self) -> Opened:
        """Return the body for a try.

        Raises:
            UsageError: Its file cannot be read.
        """
        ...

    def curl_words(self) -> list[str]:
        """Return the options by which curl sends it, quoted for a shell."""
        ...


class BytesBody:
    """A body in memory.

    Args:
        data: All of it.
    """

    replayable = True
    content_type = "application/json"

    def __init__(self, data: bytes) -> None:
        self.data = data

    def open(self) -> Opened:
        """Return the bytes."""
        return Opened(self.data, len(self.data))

    def curl_words(self) -> list[str]:
        """Return the text itself."""
        return ["--data-raw", shlex.quote(self.data.decode("utf-8", "surrogateescape"))]


def unreadable(name: str, exc: Exception) -> UsageError:
    """Return the error of a file that cannot be read."""
    reason = (getattr(exc, "strerror", None) or "not a file's name").lower()
    return UsageError(f"`{printable(name, limit=200)}` cannot be read: {reason}", hint="check the name after `@`")
