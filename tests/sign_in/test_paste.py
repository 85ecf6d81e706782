"""What may be pasted, and reading it without taking what is typed later."""

from __future__ import annotations

import os
import queue
import threading
from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.sign_in.authorization import NotTheAnswer
from egain_auth_cli.sign_in.paste import PasteReader, pasted_query

if TYPE_CHECKING:
    from collections.abc import Iterator

REDIRECT = "http://localhost:8400/callback"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (f"{REDIRECT}?code=x&state=y", "code=x&state=y"),
        (f"{REDIRECT}?code=x&state=y#fragment", "code=x&state=y"),
        ("HTTP://LOCALHOST:8400/callback?code=x&state=y", "code=x&state=y"),
        ("?code=x&state=y", "code=x&state=y"),
        ("code=x&state=y", "code=x&state=y"),
        ("code=x&state=y&iss=https://login.acme.test", "code=x&state=y&iss=https://login.acme.test"),
        (f"{REDIRECT}", ""),
    ],
)
def test_address_or_its_query_can_be_pasted(text: str, query: str) -> None:
    assert query == pasted_query(text, REDIRECT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "made-up-code",
        "https://localhost:8400/callback?code=x&state=y",
        "http://localhost:8401/callback?code=x&state=y",
        "http://localhost:8400/other?code=x&state=y",
        "http://evil.test@localhost:8400/callback?state=y",
        "http://[::1/callback?state=y",
        "https://login.acme.test/authorize?state=y",
    ],
)
def test_other_text_is_not_the_answer(text: str) -> None:
    with pytest.raises(NotTheAnswer):
        pasted_query(text, REDIRECT)


class Pasting:
    """A pipe to paste into, and what came out of it."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.reader = PasteReader(self.read_end, on_line=self.lines.put, on_end=lambda: self.lines.put(None))

    def paste(self, raw: bytes) -> None:
        os.write(self.write_end, raw)

    def paste_much(self) -> None:
        for _ in range(20):
            self.paste(b"x" * 4096)


@pytest.fixture
def pasting() -> Iterator[Pasting]:
    one = Pasting()
    yield one
    for handle in (one.read_end, one.write_end):
        try:
            os.close(handle)
        except OSError:
            continue


def test_lines_are_given_as_they_come_and_the_end_once(pasting: Pasting) -> None:
    with pasting.reader:
        pasting.paste(b"first\r\n  sec")
        first = pasting.lines.get(timeout=5)
        pasting.paste(b"ond \nrest\xff")
        os.close(pasting.write_end)
        others = [pasting.lines.get(timeout=5) for _ in range(3)]

    assert (first, others) == ("first", ["second", "rest\ufffd", None])
    assert pasting.lines.empty()


def test_reader_stops_without_taking_what_is_typed_later(pasting: Pasting) -> None:
    with pasting.reader:
        pass
    pasting.paste(b"for the shell\n")

    assert os.read(pasting.read_end, 100) == b"for the shell\n"
    assert pasting.lines.empty()


def test_endless_line_is_given_up(pasting: Pasting) -> None:
    with pasting.reader:
        writer = threading.Thread(target=pasting.paste_much)
        writer.start()

        assert pasting.lines.get(timeout=5) is None
        os.read(pasting.read_end, 65536)
        writer.join(5)


def test_broken_input_ends_the_pasting() -> None:
    lines: queue.Queue[str | None] = queue.Queue()
    with PasteReader(-1, on_line=lines.put, on_end=lambda: lines.put(None)):
        assert lines.get(timeout=5) is None
