"""What every error says: a line and a hint that can be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from egain_auth_cli.errors import EgainError


def check_words(error: EgainError) -> None:
    assert error.hint
    for text in (error.message, error.hint, error.oauth_error):
        assert text is None or text.isprintable(), repr(text)
