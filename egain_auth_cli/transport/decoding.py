"""A body's content codings undone in bounded steps, so that a small body cannot fill the memory (RFC 9110 §8.4)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAX_RATIO = 200
"""Decoded bytes for each received one. Deflate reaches 1000; JSON is far from it."""
_FREE_BYTES = 16 * 1024 * 1024
"""Bytes that any body may have; beyond them it may inflate by ``_MAX_RATIO`` at most."""
_PIECE = 256 * 1024
# 16 more asks zlib for the header of gzip (RFC 1952); "deflate" is the format of zlib (RFC 9110 §8.4.1.2).
_GZIP = 16 + zlib.MAX_WBITS
_WINDOW = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_OTHERS = frozenset({"aes128gcm", "br", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress", "zstd"})
"""Codings of IANA's registry that are not undone here."""


class Cut(ValueError):
    """A body ends in the middle."""


class InflatesTooFar(ValueError):
    """A body inflates beyond all measure."""


class Codings(NamedTuple):
    """What a Content-Encoding header names.

    Attributes:
        known: The codings that can be undone, in the order in which they were applied.
        strange: What stands there and is no content coding, so that nothing was done to the body.
        other: The first coding that cannot be undone; None where there is none.
    """

    known: tuple[str, ...]
    strange: tuple[str, ...]
    other: str | None


def codings_in(header: str | None) -> Codings:
    """Read a Content-Encoding header; one that is missing names none."""
    names = [name for name in ((part.strip().lower()) for part in (header or "").split(",")) if name]
    return Codings(
        known=tuple(name for name in names if name in _WINDOW),
        strange=tuple(name for name in names if name not in {*_WINDOW, *_OTHERS, "identity"}),
        other=next((name for name in names if name in _OTHERS), None),
    )


MAGIC = 2
"""Bytes by which a coded body begins."""


def left_coded(start: bytes, codings: Codings) -> str | None:
    """Return the coding of a body that cannot be undone, or that is not what the body has; None where all can be.

    Args:
        start: The body's beginning, ``MAGIC`` bytes at least where it has them.
        codings: What its header names.
    """
    if codings.other is not None or not codings.known:
        return codings.other
    last = codings.known[-1]
    if _WINDOW[last] == _GZIP:
        return None if start.startswith(b"\x1f\x8b") else last
    is_zlib = len(start) >= MAGIC and start[0] % 16 == zlib.DEFLATED and int.from_bytes(start[:2], "big") % 31 == 0
    return None if is_zlib else last


def decoded(raw: Iterable[bytes], codings: Codings) -> Iterator[bytes]:
    """Yield a body decoded, in pieces of 256 KiB at most where a coding was undone.

    Args:
        raw: As it came; of no coding but the known.
        codings: What its header names.

    Raises:
        ValueError: The body is broken.
        Cut: It ends in the middle.
        InflatesTooFar: It inflates beyond the ratio.
    """
    body = iter(raw)
    for name in reversed(codings.known):
        body = _inflated(body, name)
    return body


def _inflated(raw: Iterator[bytes], name: str) -> Iterator[bytes]:
    inflater = zlib.decompressobj(_WINDOW[name])
    taken = given = 0
    for piece in raw:
        taken += len(piece)
        pending = piece
        while pending:
            if inflater.eof:
                # Several members are one body (RFC 1952 §2.2); what is no member is refused by the next one.
                if _WINDOW[name] != _GZIP:
                    raise ValueError("bytes after the end of the body")
                inflater = zlib.decompressobj(_GZIP)
            try:
                data = inflater.decompress(pending, _PIECE)
            except zlib.error:
                raise ValueError("broken content encoding") from None
            # What did not fit into this piece, or comes after the member's end.
            pending = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            given += len(data)
            if given > max(_FREE_BYTES, taken * _MAX_RATIO):
                raise InflatesTooFar
            if data:
                yield data
    if taken and not inflater.eof:
        raise Cut
