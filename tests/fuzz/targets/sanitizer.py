"""What is shown of outside text: one line, printable, and nothing of a secret, wherever it is cut."""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from urllib.parse import quote, quote_plus

from egain_auth_cli.sanitize import on_one_line, printable, remember_secret

SECRET = "GHIJKLMNOP"
"""A secret is of these letters, and only a secret: neither the text around it nor an escape has one of them."""
BETWEEN = "&+/=\" \\é\u20ac'<"
"""Within a secret, so that its encodings differ from it."""
UNSEEN = re.compile(r"VARIATION SELECTOR|HANGUL .*FILLER|HANGUL FILLER|GRAPHEME JOINER|PATTERN BLANK|VOWEL INHERENT")
LEFT = re.compile(f"[{SECRET}]{{4,}}")
FORMS = (
    lambda text: text,
    lambda text: quote(text, safe=""),
    quote_plus,
    html.escape,
    lambda text: json.dumps(text)[1:-1],
    lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    lambda text: text.encode().hex(),
)


def check(data: bytes) -> None:
    """Take three bytes for limit, the secret's form and length, some for the secret, the rest for what is around."""
    limit, form, length = (*data[:3], 0, 0, 0)[:3]
    length = 4 + length % 28
    secret = secret_of(data[3 : 3 + length])
    around = data[3 + length :].decode("utf-8", "surrogateescape" if form & 64 else "replace")
    around = "".join(char for char in around if char not in SECRET)
    check_line(around, limit)
    if len(secret) < 4:
        return
    shown_form = FORMS[form % len(FORMS)](secret)
    remember_secret(secret)
    before, after = around[: len(around) // 2], around[len(around) // 2 :]
    for text in (f"{before}{shown_form}{after}", f"{before}{shown_form} {shown_form}{after}"):
        shown = check_line(text, limit)
        assert not LEFT.search(shown), shown
        assert len(shown_form) < 8 or shown_form not in shown
        if not re.search("[A-Za-z0-9]{4}", around):  # of base64 and hex, pieces can be told from what is around
            kept = {shown_form[at : at + 8] for at in range(len(shown_form) - 7)}
            assert not any(piece in shown for piece in kept)


def secret_of(raw: bytes) -> str:
    letters = [SECRET[one % 10] if one < 224 else BETWEEN[one % len(BETWEEN)] for one in raw]
    return "".join(letters)


def check_line(text: str, limit: int) -> str:
    """Return what is shown, looked at by Unicode's own categories and names."""
    shown = printable(text, limit=limit)
    for char in set(shown):
        assert char == " " or unicodedata.category(char)[0] not in "CZ", repr(char)
        assert not UNSEEN.search(unicodedata.name(char, "")), repr(char)
    assert len(shown) <= 10 * limit + 1
    flat = printable(on_one_line(text), limit=limit)
    assert "\n" not in flat
    return shown
