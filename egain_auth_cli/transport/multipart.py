"""A form with files as a body, written by the HTTP library (RFC 7578)."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Part(NamedTuple):
    """A field of a form.

    Attributes:
        name: The field's.
        content: Its value, or the open file.
        filename: As the server is to see it; None for a plain field.
        content_type: None for what the file's name says, or none for a plain field.
    """

    name: str
    content: bytes | BinaryIO
    filename: str | None = None
    content_type: str | None = None


def multipart(parts: Sequence[Part], *, content_type: str) -> tuple[Iterator[bytes], int | None]:
    """Return the pieces of a form, and their bytes in all where every file says its length.

    Args:
        parts: Its fields, in order.
        content_type: ``multipart/form-data`` with the boundary.
    """
    from egain_auth_cli.transport.httpx_library import httpx

    files = [
        (one.name, (one.filename, one.content, one.content_type) if one.content_type else (one.filename, one.content))
        for one in parts
    ]
    headers = {"Content-Type": content_type}
    request = httpx.Request("POST", "http://form.invalid", headers=headers, files=files)
    length = request.headers.get("Content-Length")
    return iter(cast("Iterable[bytes]", request.stream)), None if length is None else int(length)
