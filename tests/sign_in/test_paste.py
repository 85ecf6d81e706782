"""Reading what is pasted, without taking what is typed later."""

from __future__ import annotations

import os
import queue
import threading
from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.sign_in import paste
from egain_auth_cli.sign_in.paste import PasteReader

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pasting:
    """A pipe to paste into, and what came out of it."""

    def __init__(self) -> None:
        self.read_end, self.write_end = os.pipe()
        self.texts: queue.Queue[str | None] = queue.Queue()
        self.reader = PasteReader(self.read_end, on_text=self.texts.put, on_end=lambda: self.texts.put(None))

    def paste(self, raw: bytes) -> None:
        os.write(self.write_end, raw)

    def paste_much(self) -> None:
        self.paste_often(b"x" * 4096, 20)

    def paste_often(self, raw: bytes, times: int) -> None:
        for _ in range(times):
            self.paste(raw)


@pytest.fixture
def pasting() -> Iterator[Pasting]:
    one = Pasting()
    yield one
    for handle in (one.read_end, one.write_end):
        try:
            os.close(handle)
        except OSError:
            continue


def test_texts_are_given_as_they_come_and_the_end_once(pasting: Pasting) -> None:
    with pasting.reader:
        pasting.paste(b"first\r\n")
        first = pasting.texts.get(timeout=5)
        pasting.paste(b"sec")
        pasting.paste(b"ond\nrest\xff")
        os.close(pasting.write_end)
        others = [pasting.texts.get(timeout=5) for _ in range(2)]

    assert (first, others) == ("first\r", ["second\nrest\ufffd", None])
    assert pasting.texts.empty()


def test_line_that_is_being_typed_belongs_to_the_lines_before_it(
    pasting: Pasting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paste, "_QUIET_SECONDS", 0.0)
    with pasting.reader:
        pasting.paste(b"first\nsec")
        with pytest.raises(queue.Empty):
            pasting.texts.get(timeout=0.3)
        pasting.paste(b"ond\n")

        assert pasting.texts.get(timeout=5) == "first\nsecond"


def test_endless_lines_are_given_in_pieces(pasting: Pasting) -> None:
    with pasting.reader:
        writer = threading.Thread(target=pasting.paste_often, args=(b"y\n" * 2048, 40))
        writer.start()
        text = pasting.texts.get(timeout=5)
        writer.join(5)

    assert text is not None
    assert 64 * 1024 < len(text) < 140 * 1024


def test_reader_stops_without_taking_what_is_typed_later(pasting: Pasting) -> None:
    with pasting.reader:
        pass
    pasting.paste(b"for the shell\n")

    assert os.read(pasting.read_end, 100) == b"for the shell\n"
    assert pasting.texts.empty()


def test_endless_line_is_given_up(pasting: Pasting) -> None:
    with pasting.reader:
        writer = threading.Thread(target=pasting.paste_much)
        writer.start()

        assert pasting.texts.get(timeout=5) is None
        os.read(pasting.read_end, 65536)
        writer.join(5)


def test_broken_input_ends_the_pasting() -> None:
    texts: queue.Queue[str | None] = queue.Queue()
    with PasteReader(-1, on_text=texts.put, on_end=lambda: texts.put(None)):
        assert texts.get(timeout=5) is None
