"""The head of a request, parsed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

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
