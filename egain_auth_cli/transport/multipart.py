"""A form with files as a body, written by the HTTP library (RFC 7578)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Part(NamedTuple):
    """A field of a form.

    Attributes:
        name: The field's.
        content: Its bytes, or pieces of them.
        filename: As the server is to see it; None for a plain field.
        content_type: None for what the file's name says, or none for a plain field.
        length: Bytes of the pieces; None where nobody knows.
    """

    name: str
    content: bytes | Iterator[bytes]
    filename: str | None = None
    content_type: str | None = None
    length: int | None = None


class _Pieces:
    """Pieces as the HTTP library reads a file.

    Args:
        pieces: The content.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, _: int) -> bytes:
        return next(self._pieces, b"")


class _MeasuredPieces(_Pieces):
    """Pieces of known length, for which the library asks as for a file's end.

    Args:
        pieces: The content.
        length: Its bytes.
    """

    def __init__(self, pieces: Iterator[bytes], length: int) -> None:
        super().__init__(pieces)
        self._length = length

    def tell(self) -> int:
        return 0

    def seek(self, _: int, whence: int = os.SEEK_SET) -> int:
        return self._length if whence == os.SEEK_END else 0


def multipart(parts: Sequence[Part], *, content_type: str) -> tuple[Iterator[bytes], int | None]:
    """Return the pieces of a form, and their bytes in all where every file says its length.

    Args:
        parts: Its fields, in order.
        content_type: ``multipart/form-data`` with the boundary.
    """
    from egain_auth_cli.transport.httpx_library import httpx

    files = [
        (
            one.name,
            (one.filename, _as_file(one), one.content_type) if one.content_type else (one.filename, _as_file(one)),
        )
        for one in parts
    ]
    headers = {"Content-Type": content_type}
    request = httpx.Request("POST", "http://form.invalid", headers=headers, files=files)  # type: ignore[arg-type]  # what it reads of a file
    length = request.headers.get("Content-Length")
    return iter(cast("Iterable[bytes]", request.stream)), None if length is None else int(length)


def _as_file(part: Part) -> bytes | _Pieces:
    if isinstance(part.content, bytes):
        return part.content
    return _Pieces(part.content) if part.length is None else _MeasuredPieces(part.content, part.length)
