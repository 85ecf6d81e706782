"""The head of a request, parsed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.sign_in import pages
from egain_auth_cli.sign_in.arriving_head import ArrivingHead
from egain_auth_cli.sign_in.redirect_request import BODY_LIMIT, Unacceptable, parse_head, redirect_query


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


def refusal(raw: bytes) -> pages.Page | None:
    """Return the page that a head gets, or None where it is taken."""
    try:
        parse_head(raw)
    except Unacceptable as exc:
        return exc.page
    return None


@pytest.mark.parametrize(("count", "page"), [(100, None), (101, pages.HEADERS_TOO_LARGE)])
def test_a_hundred_headers_are_taken_and_no_more(count: int, page: pages.Page | None) -> None:
    assert refusal(b"GET / HTTP/1.1" + b"\r\nX: y" * count) is page


@pytest.mark.parametrize(
    ("length", "page"), [(BODY_LIMIT, None), (BODY_LIMIT + 1, pages.TOO_LARGE), (10**18, pages.BAD_REQUEST)]
)
def test_body_of_64_kib_is_taken_and_no_more(length: int, page: pages.Page | None) -> None:
    assert BODY_LIMIT == 65536
    assert refusal(f"POST / HTTP/1.1\r\nContent-Length: {length}".encode()) is page


@pytest.mark.parametrize(("length", "page"), [(32768, None), (32769, pages.BAD_REQUEST)])
def test_target_of_32_kib_is_taken_and_no_more(length: int, page: pages.Page | None) -> None:
    assert refusal(b"GET " + b"/" * length + b" HTTP/1.1") is page


@pytest.mark.parametrize(
    "line",
    [b"GET / HTTP/1.10", b"GET / HTTP/1.2", b"GET / HTTP/2.0", b"GET / HTTP/1.1 ", b"Get / HTTP/1.1", b"GET  HTTP/1.1"],
)
def test_only_requests_of_http_1_0_and_1_1_are_taken(line: bytes) -> None:
    assert [refusal(one) for one in (b"GET / HTTP/1.0", b"GET / HTTP/1.1", line)] == [None, None, pages.BAD_REQUEST]


@pytest.mark.parametrize("code", [*range(32), 127])
def test_no_control_character_but_a_tab_stands_in_a_headers_value(code: int) -> None:
    taken = refusal(b"GET / HTTP/1.1\r\nX: a" + bytes([code]) + b"b") is None

    assert taken == (code == ord("\t"))


@pytest.mark.parametrize("name", ["host", "Origin", "CONTENT-LENGTH", "content-type"])
def test_header_that_decides_may_not_be_doubled_and_others_may(name: str) -> None:
    def doubled(name: str) -> bytes:
        return f"POST / HTTP/1.1\r\n{name}: 1\r\n{name.title()}: 1".encode()

    assert [refusal(doubled(one)) for one in (name, "accept")] == [pages.BAD_REQUEST, None]


FORM = "Content-Type: Application/X-WWW-Form-Urlencoded ; charset=utf-8"


@pytest.mark.parametrize(
    ("request_line", "header", "body", "query"),
    [
        ("GET /?a=b", "X: y", b"", "a=b"),
        ("GET /?", "X: y", b"", ""),
        ("GET /", "X: y", b"", ""),
        ("POST /", FORM, b"a=b", "a=b"),
        ("POST /?", FORM, b"", ""),
    ],
)
def test_parameters_stand_in_the_address_or_in_the_form(
    request_line: str, header: str, body: bytes, query: str
) -> None:
    assert redirect_query(parse_head(f"{request_line} HTTP/1.1\r\n{header}".encode()), body) == query


@pytest.mark.parametrize(
    ("request_line", "header", "body", "page"),
    [
        ("GET /?a=b", FORM, b"a=b", pages.BAD_REQUEST),
        ("PUT /", FORM, b"a=b", pages.METHOD),
        ("POST /", "X: y", b"a=b", pages.MEDIA_TYPE),
        ("POST /", "Content-Type: text/plain; application/x-www-form-urlencoded", b"a=b", pages.MEDIA_TYPE),
        ("POST /?a=b", FORM, b"a=b", pages.BAD_REQUEST),
        ("POST /", FORM, b"a=\xc3\xa9", pages.BAD_REQUEST),
    ],
)
def test_parameters_anywhere_else_are_refused(request_line: str, header: str, body: bytes, page: pages.Page) -> None:
    with pytest.raises(Unacceptable) as caught:
        redirect_query(parse_head(f"{request_line} HTTP/1.1\r\n{header}".encode()), body)

    assert caught.value.page is page
