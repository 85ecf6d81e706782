"""How long a token still lives."""

from __future__ import annotations

from fakes.tokens import make_token


def test_remaining_life_is_counted_to_the_expiry_and_may_be_negative() -> None:
    token = make_token(lives=60, obtained_at=1000)

    assert [token.remaining(now) for now in (1000, 1060, 1100)] == [60, 0, -40]
