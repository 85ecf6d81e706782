"""A body's content encoding undone in bounded steps, so that a small body cannot fill the memory."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_RATIO = 200
_FREE = 16 * 1024 * 1024
"""Bytes that any body may have; beyond them it may inflate by ``_RATIO`` at most."""
_PIECE = 256 * 1024
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Decoder:
    """Decodes ``identity``, ``gzip`` and ``deflate``.

    Args:
        encoding: The Content-Encoding header.
        limit: The most bytes given out in all; None for no limit but the ratio.

    Raises:
        ValueError: The encoding is another one.
    """

    def __init__(self, encoding: str, *, limit: int | None = None) -> None:
        name = encoding.strip().lower()
        if name in ("", "identity"):
            self._inflater = None
        elif name in _WINDOW:
            self._inflater = zlib.decompressobj(_WINDOW[name])
        else:
            raise ValueError("unknown content encoding")
        self._limit = limit
        self._taken = 0
        self._given = 0

    def feed(self, raw: bytes) -> bytes:
        """Decode the next piece of the body.

        Raises:
            ValueError: It is broken, longer than the limit, or inflates beyond the bound.
        """
        self._taken += len(raw)
        if self._inflater is None:
            data = raw
        else:
            bound = self._bound() - self._given
            try:
                data = self._inflater.decompress(raw, bound + 1)
            except zlib.error:
                raise ValueError("broken content encoding") from None
            if len(data) > bound:
                raise ValueError("the body inflates too far")
        self._given += len(data)
        return data

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        """Decode the next piece of the body in pieces of bounded size, for a body of any length.

        Raises:
            ValueError: It is broken, or inflates beyond the ratio.
        """
        if self._inflater is None:
            self._taken += len(raw)
            yield raw
            return
        self._taken += len(raw)
        pending = raw
        while pending:
            try:
                data = self._inflater.decompress(pending, _PIECE)
            except zlib.error:
                raise ValueError("broken content encoding") from None
            pending = self._inflater.unconsumed_tail
            self._given += len(data)
            if self._given > self._bound():
                raise ValueError("the body inflates too far")
            if data:
                yield data

    def finish(self) -> None:
        """Check that the body was whole.

        Raises:
            ValueError: It ended in the middle.
        """
        if self._inflater is not None and self._taken and not self._inflater.eof:
            raise ValueError("the body ends in the middle")

    def _bound(self) -> int:
        ratio_bound = max(_FREE, self._taken * _RATIO)
        return ratio_bound if self._limit is None else min(ratio_bound, self._limit)
