"""What may be pasted, and in which forms."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli.errors import SignInRefused
from egain_auth_cli.sign_in.authorization import AuthorizationRequest, NotTheAnswer
from egain_auth_cli.sign_in.pasted import NotWhole, Pasted

if TYPE_CHECKING:
    from collections.abc import Callable

REDIRECT = "http://localhost:8400/callback"
STATE = "made-up-state-0123456789"
ADDRESS = f"{REDIRECT}?code=made-up-code&state={STATE}"


def pasted(redirect_uri: str = REDIRECT) -> Pasted:
    return Pasted(
        AuthorizationRequest(
            authorization_url="https://login.acme.test/authorize",
            client_id="client-1",
            redirect_uri=redirect_uri,
            scopes=("a",),
            state=STATE,
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        ADDRESS,
        f"{ADDRESS}#fragment",
        ADDRESS.replace("http://localhost", "HTTP://LOCALHOST"),
        ADDRESS.partition("?")[2],
        "?" + ADDRESS.partition("?")[2],
        ADDRESS.replace("http:", "https:"),
        ADDRESS.replace("localhost", "127.0.0.1"),
        ADDRESS.replace("localhost", "[::1]"),
        ADDRESS.removeprefix("http://"),
        ADDRESS.removeprefix("http:"),
        ADDRESS.replace("http://localhost", "127.0.0.1"),
        f"{ADDRESS}&iss=https://login.acme.test",
        f'"{ADDRESS}"',
        f"'{ADDRESS}'",
        f"`{ADDRESS}`",
        f"<{ADDRESS}>",
        f'  "<{ADDRESS}>" ',
        f"\u201c{ADDRESS}\u201d",
        f"\u2018{ADDRESS}\u2019",
        f"\u00ab\u00a0{ADDRESS}\u00a0\u00bb",
        ADDRESS.replace("&", "&amp;"),
        ADDRESS.replace("&", "&#38;"),
        ADDRESS.replace("?", "\\?").replace("=", "\\=").replace("&", "\\&"),
        f"\x1b[200~{ADDRESS}\x1b[201~",
        f"\x1b[200~\n{ADDRESS}\n\x1b[201~",
        f"\u200b{ADDRESS}\u200b",
        f"\ufeff{ADDRESS}",
        f"\t{ADDRESS}\u00a0\r",
        ADDRESS.replace("made-up", "made\u200b-up"),
        f"hello\n{ADDRESS}",
        f"some words first\n{ADDRESS}",
        f"{ADDRESS}\n{ADDRESS}",
        f"code=old\n{ADDRESS.partition('?')[2]}",
        f"{ADDRESS}\nsome words after it",
        f"{ADDRESS.replace(STATE, 'wrong')}\n{ADDRESS}",
    ],
)
def test_answer_is_taken_in_the_forms_people_paste_it_in(text: str) -> None:
    assert pasted().take(text).reveal() == "made-up-code"


@pytest.mark.parametrize(
    ("redirect_uri", "address"),
    [
        ("http://127.0.0.1:8400", "http://localhost:8400/?"),
        ("http://[::1]:8400/", "http://127.0.0.1:8400?"),
        ("http://localhost:80/cb", "https://localhost/cb?"),
        ("https://oauth.pstmn.io/v1/callback", "https://oauth.pstmn.io/v1/callback?"),
        ("https://oauth.pstmn.io/v1/callback", "oauth.pstmn.io/v1/callback?"),
        ("http://localhost:8400/some/path?fixed=1", "http://localhost:8400/some/path?fixed=1&"),
    ],
)
def test_every_form_of_a_registered_address_can_be_pasted(redirect_uri: str, address: str) -> None:
    assert pasted(redirect_uri).take(f"{address}code=c&state={STATE}").reveal() == "c"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("hello", "no redirect address"),
        ("made-up-code", "no redirect address"),
        (ADDRESS.replace("8400", "8401"), "another page"),
        (ADDRESS.replace("callback", "other"), "another page"),
        (ADDRESS.replace("localhost", "localhost.evil.test"), "another page"),
        (ADDRESS.replace("localhost", "evil.test@localhost"), "another page"),
        (ADDRESS.replace("http", "ftp"), "another page"),
        (ADDRESS.replace("localhost:8400", "[::1"), "cannot be parsed"),
        (ADDRESS.replace("8400", "http"), "cannot be parsed"),
        (f"https://login.acme.test/authorize?state={STATE}&code=x", "another page"),
        (f"{ADDRESS}&code=other", "twice"),
        (ADDRESS.replace(STATE, "wrong"), "state"),
        (ADDRESS.replace("code=made-up-code", f"code={'x' * 70_000}"), "too long"),
    ],
)
def test_other_text_is_not_the_answer(text: str, why: str) -> None:
    one = pasted()
    with pytest.raises(NotTheAnswer, match=why) as caught:
        one.take(text)

    assert not isinstance(caught.value, NotWhole)
    assert not one.begun
    assert one.take(ADDRESS).reveal() == "made-up-code"


def test_refusal_is_an_answer_too() -> None:
    with pytest.raises(SignInRefused):
        pasted().take(f'"{REDIRECT}?error=access_denied&amp;state={STATE}"')


@pytest.mark.parametrize(
    "cut", ["http:", "http://localhost:84", REDIRECT, f"{REDIRECT}?", f"{REDIRECT}?co", f"{REDIRECT}?code=made"]
)
def test_beginning_is_joined_to_what_comes_next_or_replaced_by_the_whole(cut: str) -> None:
    rest = ADDRESS.removeprefix(cut)
    for texts in ([cut, rest], [cut, ADDRESS], [f'"{cut}', f'{rest}"'], [cut, "hello world", ADDRESS]):
        one = pasted()
        for text in texts[:-1]:
            with pytest.raises(NotTheAnswer):
                one.take(text)

        assert one.take(texts[-1]).reveal() == "made-up-code"
        assert not one.begun


def test_state_that_is_cut_is_a_beginning_and_not_a_wrong_one() -> None:
    one = pasted()
    with pytest.raises(NotWhole):
        one.take(ADDRESS[:-5])

    assert one.take(ADDRESS[-5:]).reveal() == "made-up-code"


def test_servers_address_in_a_parameter_may_begin_a_line() -> None:
    text = f"{REDIRECT}?code=made-up-code&iss=\nhttps://login.acme.test&state={STATE}"

    assert pasted().take(text).reveal() == "made-up-code"


CODES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=300)
FORMS: list[Callable[[str], str]] = [
    lambda address: address,
    lambda address: f'"{address}"',
    lambda address: f"<{address}>",
    lambda address: address.replace("&", "&amp;"),
    lambda address: address.removeprefix("http://"),
    lambda address: address.replace("http://localhost", "https://127.0.0.1"),
    lambda address: f"\x1b[200~{address}\x1b[201~",
    lambda address: f" {address}\u200b ",
]


@settings(deadline=None)
@given(
    code=CODES,
    code_first=st.booleans(),
    forms=st.lists(st.sampled_from(FORMS), max_size=3),
    breaks=st.lists(st.integers(1, 400), max_size=4),
    line_end=st.sampled_from(["\n", "\r\n", " \n  ", "\n\n"]),
)
def test_any_code_is_read_in_any_form_broken_anywhere(
    code: str, code_first: bool, forms: list[Callable[[str], str]], breaks: list[int], line_end: str
) -> None:
    fields = [("code", code), ("state", STATE)]
    text = f"{REDIRECT}?{urlencode(fields if code_first else fields[::-1])}"
    for place in sorted(set(breaks), reverse=True):
        if place < len(text):
            text = text[:place] + line_end + text[place:]
    for form in forms:
        text = form(text)

    assert pasted().take(text).reveal() == code


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*ADDRESS, "code=", "&", "state=", STATE, REDIRECT, "\n", '"', "\x1b[200~"])).map("".join)
)
def test_nothing_without_the_state_is_an_answer(text: str) -> None:
    try:
        pasted().take(text)
    except NotTheAnswer:
        return

    assert STATE in text.replace("\n", "")
