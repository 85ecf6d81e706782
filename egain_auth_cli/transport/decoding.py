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

    Raises:
        ValueError: The encoding is another one.
    """

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name in ("", "identity"):
            self._inflater = None
        elif name in _WINDOW:
            self._inflater = zlib.decompressobj(_WINDOW[name])
        else:
            raise ValueError("unknown content encoding")
        self._taken = 0
        self._given = 0

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        """Decode the next piece of the body, in pieces of 256 KiB at most.

        Raises:
            ValueError: It is broken, or inflates beyond the ratio.
        """
        if self._inflater is None:
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
            if self._given > max(_FREE, self._taken * _RATIO):
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
