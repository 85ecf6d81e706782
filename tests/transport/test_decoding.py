"""Content encodings, undone in bounded steps."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.transport.decoding import decoded

MEBIBYTE = 1024 * 1024
PIECE = 256 * 1024


def bomb(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return b"".join([*(packer.compress(b"\0" * MEBIBYTE) for _ in range(mebibytes)), packer.flush()])


@settings(deadline=None)
@given(st.binary(max_size=5000), st.sampled_from(["gzip", "x-gzip", " GZIP ", "deflate"]), st.integers(1, 64))
def test_encoded_body_comes_back_in_pieces_of_any_size(body: bytes, encoding: str, size: int) -> None:
    raw = zlib.compress(body) if encoding == "deflate" else gzip.compress(body, mtime=0)
    pieces = [raw[start : start + size] for start in range(0, len(raw), size)]

    assert body == b"".join(decoded(pieces, encoding))


@pytest.mark.parametrize("encoding", ["", "identity", "Identity "])
def test_plain_body_comes_through(encoding: str) -> None:
    assert [b"abc", b"def"] == list(decoded([b"abc", b"def"], encoding))


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "gzip;q=1", "\x1b"])
def test_unknown_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(ValueError, match="unknown content encoding"):
        list(decoded([b"abc"], encoding))


@pytest.mark.parametrize("raw", [b"garbage", b"\x1f\x8bgarbage!", gzip.compress(b"x", mtime=0)[:-4] + b"!!!!"])
def test_garbage_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="broken"):
        list(decoded([raw], "gzip"))


def test_body_cut_in_the_middle_is_refused() -> None:
    with pytest.raises(ValueError, match="ends in the middle"):
        list(decoded([gzip.compress(b"x" * 1000, mtime=0)[:-8]], "gzip"))


def test_body_of_nothing_is_whole() -> None:
    assert list(decoded([], "gzip")) == []


def test_no_piece_is_longer_than_a_quarter_of_a_mebibyte() -> None:
    lengths = [len(piece) for piece in decoded([bomb(8)], "gzip")]

    assert (8 * MEBIBYTE, PIECE) == (sum(lengths), max(lengths))


def test_bomb_is_stopped_long_before_its_end() -> None:
    given = 0
    with pytest.raises(ValueError, match="inflates too far"):  # noqa: PT012
        for piece in decoded([bomb(64)], "gzip"):
            given += len(piece)

    assert given <= 16 * MEBIBYTE + PIECE


def test_bomb_in_small_doses_is_stopped_too() -> None:
    raw = bomb(64)
    given = 0
    with pytest.raises(ValueError, match="inflates too far"):  # noqa: PT012
        for piece in decoded((raw[start : start + 100] for start in range(0, len(raw), 100)), "gzip"):
            given += len(piece)

    assert given <= 16 * MEBIBYTE + PIECE


def test_large_honest_body_passes() -> None:
    body = bytes(range(256)) * 4 * 1024 * 20
    streamed = b"".join(decoded([gzip.compress(body, 1, mtime=0)], "gzip"))

    assert body == streamed
