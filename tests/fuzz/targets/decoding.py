"""Content codings undone: the same bytes as by the standard library's own readers, in bounded pieces."""

from __future__ import annotations

import gzip
import zlib

from egain_auth_cli.transport.decoding import Codings, codings_in, decoded, left_coded

PIECE = 256 * 1024
NAMES = ("gzip", "deflate", "x-gzip", "gzip, deflate", "br", "strange, gzip", "")
Outcome = bytes | None


def check(data: bytes) -> None:
    """Take two bytes for the coding and the size of the pieces, the rest for a body: coded, and to be coded."""
    first, size = (*data[:2], 0, 0)[:2]
    raw, codings = data[2:], codings_in(NAMES[first % len(NAMES)])
    left_coded(raw[:2], codings)
    whole = outcome(raw, codings, len(raw) or 1)

    assert whole == outcome(raw, codings, size + 1)
    if whole is not None and raw:
        assert whole == by_library(raw, codings)
    check_round_trip(raw, codings, size + 1)


def outcome(raw: bytes, codings: Codings, size: int) -> Outcome:
    """Return what comes out, or None where the body is refused."""
    found = bytearray()
    try:
        for piece in decoded((raw[at : at + size] for at in range(0, len(raw), size)), codings):
            assert 0 < len(piece) <= PIECE
            found += piece
    except ValueError:
        return None
    return bytes(found)


def by_library(raw: bytes, codings: Codings) -> bytes:
    for name in reversed(codings.known):
        raw = zlib.decompress(raw) if name == "deflate" else gzip.decompress(raw)
    return raw


def check_round_trip(raw: bytes, codings: Codings, size: int) -> None:
    coded, members = raw, raw
    for name in codings.known:
        coded = zlib.compress(coded) if name == "deflate" else gzip.compress(coded, mtime=0)
        members = coded
    assert outcome(coded, codings, size) == raw
    if codings.known:
        assert outcome(coded[:-1], codings, size) is None
        assert left_coded(coded[:2], codings) is codings.other
    if codings.known in (("gzip",), ("x-gzip",)):
        assert outcome(members + coded, codings, size) == raw + raw
