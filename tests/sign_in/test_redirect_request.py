"""The head of a request, parsed."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.sign_in.arriving_head import ArrivingHead
from egain_auth_cli.sign_in.redirect_request import Unacceptable, parse_head


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_break_the_parser_of_heads(raw: bytes) -> None:
    try:
        head = parse_head(raw)
    except Unacceptable:
        return

    assert head.path.isascii()
    assert 0 <= head.length <= 64 * 1024


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([b"Host: x", b"Cookie: a=b; c", b"cookie:\r", b"X: \n", b"Cook: y", b"\ry"]), max_size=5),
    st.lists(st.integers(0, 100), max_size=4) | st.just(list(range(100))),
)
def test_head_that_comes_in_pieces_is_the_same_without_its_cookies(headers: list[bytes], cuts: list[int]) -> None:
    lines = [b"GET / HTTP/1.1", *headers]
    raw = b"\r\n".join([*lines, b"", b"the body"])
    head, found = ArrivingHead(), None
    places = [0, *sorted(cuts), len(raw)]
    for start, end in pairwise(places):
        if found is None:
            found = head.feed(raw[start:end])
        else:
            head.rest += raw[start:end]

    assert found == b"\r\n".join(line for line in lines if not line.lower().startswith(b"cookie:"))
    assert head.rest == b"the body"


def test_only_spaces_and_tabs_are_no_part_of_a_headers_value() -> None:  # RFC 9110 §5.6.3
    head = parse_head(b"GET / HTTP/1.1\r\nHost: \tx \t\r\nOrigin:\xa0http://x\x85")

    assert head.headers == {"host": "x", "origin": "\xa0http://x\x85"}
