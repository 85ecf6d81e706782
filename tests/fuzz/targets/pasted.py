"""What is pasted or typed: a code comes only of a text with the right state, and keys make the lines they show."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

from egain_auth_cli.errors import SignInRefused
from egain_auth_cli.sign_in.authorization import NotTheAnswer
from egain_auth_cli.sign_in.pasted import Pasted
from egain_auth_cli.terminal.line_editor import Keys, LineEditor
from fuzz.targets.callback import ASKED, STATE
from fuzz.words import check_words

ADDRESS = re.compile(r"https?://([^/?#\s]*)(/[^?#\s]*)\?\S*", re.IGNORECASE)
ESCAPE = re.compile(r"\\([?&=])")
HOSTS = ("localhost:8400", "127.0.0.1:8400", "[::1]:8400")


def check(data: bytes) -> None:
    """Take the bytes as typed; the lines that they make are pasted at once."""
    lines = typed(data, len(data) or 1)
    assert lines == typed(data, 1)
    check_lines(data, lines)
    text = "\n".join(lines)
    pasted = Pasted(ASKED)
    try:
        code = pasted.take(text).reveal()
    except NotTheAnswer:
        return
    except SignInRefused as exc:
        check_words(exc)
        return
    read = unquote(squeezed(text))
    assert STATE in read
    assert code in read.replace("&amp;", "&")
    assert code.isprintable()
    if (address := ADDRESS.fullmatch(ESCAPE.sub(r"\1", text))) is not None:
        assert (address[1].lower() in HOSTS, address[2]) == (True, "/callback")


def squeezed(text: str) -> str:
    """Return a text without blanks and marks, as one line."""
    text = re.sub("\x1b\\[20[01]~", "", text)
    text = ESCAPE.sub(r"\1", text)
    return "".join(char for char in text if not char.isspace() and unicodedata.category(char) != "Cf")


def typed(data: bytes, size: int) -> list[str]:
    shown: list[bytes] = []
    editor = LineEditor(Keys(), show=shown.append)
    lines = [line for at in range(0, len(data), size) for line in editor.feed(data[at : at + size])]
    lines += editor.feed(b"\r") if len(editor) else []
    assert editor.rest() == []
    assert all(re.fullmatch(rb"(\x08 \x08)+", one) for one in shown)
    return lines


def check_lines(data: bytes, lines: list[str]) -> None:
    """Put plain text and the keys that take back together by hand."""
    if re.search(rb"[^ -~\r\n\x7f\x15]", data):
        return
    expected, line = [], ""
    for char in data.decode("ascii"):
        if char in "\r\n":
            expected.append(line)
            line = ""
        else:
            line = "" if char == "\x15" else line[:-1] if char == "\x7f" else line + char
    assert lines == expected + ([line] if line else [])
