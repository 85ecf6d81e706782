from __future__ import annotations

import base64
import html
import json
import sys
import traceback
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egain_auth_cli import sanitize
from egain_auth_cli.errors import EgainError
from egain_auth_cli.sanitize import (
    LIMIT,
    MASK,
    Public,
    on_one_line,
    pasted,
    printable,
    redact,
    remember_secret,
    split_list,
)

if TYPE_CHECKING:
    from collections.abc import Callable

if TYPE_CHECKING:
    from figures import Measured

BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
ZERO_WIDTH = {0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF}
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=600)
SECRETS = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="*"), min_size=4, max_size=60
)


@pytest.mark.figure("code points on a terminal", "1,114,112 printable or escaped")
def test_every_code_point_is_shown_as_itself_or_as_a_visible_escape(measured: Measured) -> None:
    wrong = []
    for point in range(sys.maxunicode + 1):
        char = chr(point)
        shown = printable(char)
        category = unicodedata.category(char)
        dangerous = category[0] in "CZ" and char != " "
        if shown == char:
            if dangerous or point in BIDI | ZERO_WIDTH:
                wrong.append(hex(point))
        elif not (shown.startswith("\\") and shown.isascii() and shown.isprintable()):
            wrong.append(hex(point))

    measured(point + 1, "code points")
    measured(len(wrong), "wrong")
    assert wrong == []


@settings(deadline=None, max_examples=500)
@given(ANY_TEXT)
def test_output_is_one_line_of_printable_text_without_direction_marks(text: str) -> None:
    shown = printable(text)

    assert shown.isprintable()
    assert not BIDI & set(map(ord, shown))


@settings(deadline=None)
@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=LIMIT))
def test_printable_text_comes_through_unchanged(text: str) -> None:
    assert text == printable(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]8;;https://evil.test\x07x", "\\x1b]8;;https://evil.test\\x07x"),  # OSC 8
        ("\x9b2J", "\\x9b2J"),
        ("a\u202eb", "a\\u202eb"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\ud800", "\\ud800"),
        ("[link=https://evil.test]x[/link] [/foo] :smile:", "[link=https://evil.test]x[/link] [/foo] :smile:"),
    ],
)
def test_control_and_format_characters_become_visible_escapes(text: str, shown: str) -> None:
    assert shown == printable(text)


def test_long_text_is_cut_and_says_so() -> None:  # 1 MiB
    shown = printable("x" * (1024 * 1024))

    assert shown == "x" * 512 + "…"


def test_text_of_exactly_the_limit_is_not_cut() -> None:
    assert "xxx" == printable("xxx", limit=3)


@settings(deadline=None)
@given(st.lists(SECRETS, min_size=1, max_size=5), ANY_TEXT.filter(lambda text: "*" not in text))
def test_no_remembered_secret_is_left_in_a_redacted_text(secrets: list[str], around: str) -> None:
    sanitize._known_secrets.clear()
    for secret in secrets:
        remember_secret(secret)
    text = around.join([*secrets, ""])

    shown = redact(text)

    assert not [secret for secret in secrets if secret in shown]


@settings(deadline=None)
@given(SECRETS)
def test_a_secret_is_masked_in_every_encoding_it_may_be_met_in(secret: str) -> None:
    sanitize._known_secrets.clear()
    remember_secret(secret)
    raw = secret.encode()
    forms = [
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        raw.hex(),
        quote(secret, safe="").lower() if secret.islower() else quote(secret, safe=""),
        html.escape(secret),
        json.dumps(secret)[1:-1],
    ]

    shown = redact(" | ".join(forms))

    assert not [form for form in forms if form.rstrip("=") in shown]
    assert forms
    assert MASK in shown


@pytest.mark.parametrize("secret", ["made-up-canary", "made-up-canary-", "made>~~up>~~canar"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_in_base64_is_masked_with_its_padding_or_without(
    secret: str, encode: Callable[[bytes], bytes]
) -> None:
    remember_secret(secret)
    text = encode(secret.encode()).decode()

    assert ["x****y", "x****"] == [redact(f"x{text.rstrip('=')}y"), redact(f"x{text}").rstrip("=")]


def test_a_secret_is_masked_in_a_text_that_was_escaped_before() -> None:
    remember_secret("made-up-Zürich-€7")

    assert "it said ****" == redact(printable("it said ") + "made-up-Zürich-€7".encode("unicode_escape").decode())


def test_what_is_published_is_shown_though_it_is_a_secret_s_text_too() -> None:
    remember_secret("made-up-public")

    assert ["made-up-public", "****"] == [redact(Public("made-up-public")), redact("made-up-public")]


def test_the_longer_secret_is_masked_whole_where_one_holds_the_other() -> None:
    remember_secret("abcdef")
    remember_secret("abcdefghijkl")

    assert "x **** y" == redact("x abcdefghijkl y")


def test_a_text_without_secrets_is_left_alone() -> None:
    remember_secret("made-up-secret")

    assert "nothing here" == redact("nothing here")


@pytest.mark.parametrize("value", ["", "a", "abc"])
def test_a_value_too_short_to_be_a_secret_garbles_no_message(value: str) -> None:
    remember_secret(value)

    assert "abc and a" == redact("abc and a")


def test_a_secret_with_a_lone_surrogate_is_redacted_without_an_error() -> None:
    remember_secret("abc\ud800def")

    assert "x****" == redact("xabc\ud800def")


@pytest.mark.parametrize(
    "line_break",
    [
        "\r\n",
        "\n",
        "\u2028",
        "\x85",
        " \t\n ",
        r"\r\n",
        r"\\r\\n",
        r"\n\n",
        r"\r",
        r"\u000d\u000a",
        r"\x0D\x0a",
        "%0D%0A",
        "%0a",
    ],
)
def test_line_breaks_of_a_servers_text_are_folded(line_break: str) -> None:
    text = f"AADB2C90118: forgotten.{line_break}Correlation ID: 1{line_break}"

    assert on_one_line(text) == "AADB2C90118: forgotten. Correlation ID: 1"


@pytest.mark.parametrize("text", [r"CORP\nina", r"C:\new\reports", "100%", "a  b"])
def test_what_is_no_line_break_stays(text: str) -> None:
    assert on_one_line(text) == " ".join(text.split())


@given(st.integers(0, 600), st.sampled_from([8, 300, 600, 1300]))
def test_no_part_of_a_secret_is_shown_at_the_edge_of_a_cut_text(before: int, length: int) -> None:
    secret = f"made-up-{'xY3' * length}"[:length]
    remember_secret(secret)

    shown = printable("." * before + secret + "." * 600)

    assert set(shown) <= set(".*…")


@pytest.mark.parametrize("unseen", ["\u3164", "\u115f", "\u2800", "\ufe0f", "\uffa0", "\U000e0100", "\u034f", "\u17b4"])
def test_letters_that_show_as_nothing_are_seen(unseen: str) -> None:
    assert printable(f"a{unseen}b") == f"a{unseen.encode('unicode_escape').decode()}b"


def test_error_holds_no_live_secret_anywhere() -> None:
    remember_secret("made-up/secret&1")
    error = EgainError("it said made-up/secret&1", hint="not made-up%2fsecret%261")
    error.hint = "nor made-up/secret&amp;1"

    told = "".join([*traceback.format_exception(error), repr(error), str(error.args), str(error.as_dict())])

    assert "made-up" not in told
    assert told.count("****") >= 6


@pytest.mark.parametrize(
    ("text", "value", "noted"),
    [
        ("x", "x", False),
        ("x\n", "x", False),
        ("x\r\n", "x", False),
        ("\ufeffx\n", "x", False),
        (" x", "x", True),
        ("x\n\n", "x", True),
        ("\u200bx\u00a0", "x", True),
        ("a b", "a b", False),
        (" \n", "", False),
    ],
)
def test_blanks_around_what_is_pasted_are_left_out_and_told(text: str, value: str, noted: bool) -> None:
    said: list[str] = []

    assert pasted(text, "the id", said.append) == value
    assert said == ["note: blanks around the id are left out"] * noted


def test_list_in_one_text_is_split_at_blanks_and_commas() -> None:
    assert split_list(" a, b\tc,,d\n") == ("a", "b", "c", "d")
