"""Content encodings, undone in bounded steps."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.transport.decoding import Cut, InflatesTooFar, codings_in, decoded, left_coded

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

    assert body == b"".join(decoded(pieces, codings_in(encoding)))


@pytest.mark.parametrize("encoding", ["", "identity", "Identity "])
def test_plain_body_comes_through(encoding: str) -> None:
    assert [b"abc", b"def"] == list(decoded([b"abc", b"def"], codings_in(encoding)))


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, br", "BR", "gzip", "deflate", "gzip, deflate"])
def test_body_that_has_another_coding_is_left_as_it_is(encoding: str) -> None:
    assert left_coded(b"{}", codings_in(encoding)) == encoding.lower().split(", ")[-1]


@pytest.mark.parametrize("encoding", ["", "identity", "utf-8"])
def test_body_of_no_coding_is_not_left_in_one(encoding: str) -> None:
    assert left_coded(b"{}", codings_in(encoding)) is None


@pytest.mark.parametrize("encoding", ["utf-8", "none", "gzip;q=1", "\x1b", "identity, x-made-up"])
def test_what_is_no_coding_is_passed_over_and_known(encoding: str) -> None:
    codings = codings_in(encoding)

    assert (list(decoded([b"abc"], codings)), len(codings.strange)) == ([b"abc"], 1)


@pytest.mark.parametrize("encoding", ["gzip, deflate", "GZIP ,identity,Deflate", "gzip,,utf-8, deflate"])
@pytest.mark.parametrize("size", [1, 1000])
def test_codings_are_undone_in_reverse_order(encoding: str, size: int) -> None:
    raw = zlib.compress(gzip.compress(b"x" * 5000, mtime=0))

    assert b"x" * 5000 == b"".join(decoded(cut(raw, size), codings_in(encoding)))


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_members_are_one_body(size: int) -> None:
    rows = [f"row {number}\n".encode() for number in range(300)]
    raw = b"".join(gzip.compress(row, mtime=0) for row in rows)

    assert b"".join(rows) == b"".join(decoded(cut(raw, size), codings_in("gzip")))


@pytest.mark.parametrize("size", [1, 10_000])
@pytest.mark.parametrize("after", [b"x", b"\0", b"\x1f\x8b", b"\x1f\x8b\x08 no member at all"])
def test_what_follows_a_member_and_is_none_is_refused(size: int, after: bytes) -> None:
    with pytest.raises(ValueError):
        list(decoded(cut(gzip.compress(b"row", mtime=0) + after, size), codings_in("gzip")))


def test_what_follows_a_deflated_body_is_refused() -> None:
    with pytest.raises(ValueError, match="after the end"):
        list(decoded([zlib.compress(b"row") + b"x"], codings_in("deflate")))


def test_members_have_one_bound_on_their_ratio() -> None:
    member = bomb(1)
    with pytest.raises(InflatesTooFar):
        list(decoded([member] * 64, codings_in("gzip")))


def cut(raw: bytes, size: int) -> list[bytes]:
    return [raw[start : start + size] for start in range(0, len(raw), size)]


@pytest.mark.parametrize("raw", [b"garbage", b"\x1f\x8bgarbage!", gzip.compress(b"x", mtime=0)[:-4] + b"!!!!"])
def test_garbage_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="broken"):
        list(decoded([raw], codings_in("gzip")))


def test_body_cut_in_the_middle_is_refused() -> None:
    with pytest.raises(Cut):
        list(decoded([gzip.compress(b"x" * 1000, mtime=0)[:-8]], codings_in("gzip")))


def test_body_of_nothing_is_whole() -> None:
    assert list(decoded([], codings_in("gzip"))) == []


def test_no_piece_is_longer_than_a_quarter_of_a_mebibyte() -> None:
    lengths = [len(piece) for piece in decoded([bomb(8)], codings_in("gzip"))]

    assert (8 * MEBIBYTE, PIECE) == (sum(lengths), max(lengths))


def test_bomb_is_stopped_long_before_its_end() -> None:
    given = 0
    with pytest.raises(InflatesTooFar):  # noqa: PT012
        for piece in decoded([bomb(64)], codings_in("gzip")):
            given += len(piece)

    assert given <= 16 * MEBIBYTE + PIECE


def test_bomb_in_small_doses_is_stopped_too() -> None:
    raw = bomb(64)
    given = 0
    with pytest.raises(InflatesTooFar):  # noqa: PT012
        for piece in decoded((raw[start : start + 100] for start in range(0, len(raw), 100)), codings_in("gzip")):
            given += len(piece)

    assert given <= 16 * MEBIBYTE + PIECE


def test_large_honest_body_passes() -> None:
    body = bytes(range(256)) * 4 * 1024 * 20
    streamed = b"".join(decoded([gzip.compress(body, 1, mtime=0)], codings_in("gzip")))

    assert body == streamed
