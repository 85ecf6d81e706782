"""A body's content encoding undone in bounded steps, so that a small body cannot fill the memory."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAX_RATIO = 200
"""Decoded bytes for each received one. Deflate reaches 1000; JSON is far from it."""
_FREE_BYTES = 16 * 1024 * 1024
"""Bytes that any body may have; beyond them it may inflate by ``_MAX_RATIO`` at most."""
_PIECE = 256 * 1024
# 16 more asks zlib for the header of gzip (RFC 1952); "deflate" is the format of zlib (RFC 9110 §8.4.1.2).
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def decoded(raw: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Yield a body decoded, in pieces of 256 KiB at most.

    Args:
        raw: The body as it comes.
        encoding: The Content-Encoding header: ``gzip``, ``deflate``, or ``identity`` for none.

    Raises:
        ValueError: The encoding is another one, or the body is broken, cut, or inflates beyond the ratio.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        yield from raw
        return
    if name not in _WINDOW:
        raise ValueError("unknown content encoding")
    inflater = zlib.decompressobj(_WINDOW[name])
    taken = given = 0
    for piece in raw:
        taken += len(piece)
        pending = piece
        while pending:
            try:
                data = inflater.decompress(pending, _PIECE)
            except zlib.error:
                raise ValueError("broken content encoding") from None
            pending = inflater.unconsumed_tail  # what did not fit into this piece
            given += len(data)
            if given > max(_FREE_BYTES, taken * _MAX_RATIO):
                raise ValueError("the body inflates too far")
            if data:
                yield data
    if taken and not inflater.eof:
        raise ValueError("the body ends in the middle")
