"""A body on its way through, alone: what is sent of it, a second time too, and when it has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from egain_auth_cli.proxy.body import PassedBody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def coming(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def test_body_is_sent_again_from_its_beginning_and_ends_once_all_has_come() -> None:
    async def both_times() -> list[object]:
        body = PassedBody(coming(b"", b"one", b"", b"two", b""))
        first = body.sent()
        seen: list[object] = [await anext(first), body.ended.is_set()]
        seen += [b"".join([piece async for piece in body.sent()]), body.ended.is_set(), body.replayable]
        return seen

    # An empty piece would be the end of a chunked body (RFC 9112 §7.1).
    assert asyncio.run(both_times()) == [b"one", False, b"onetwo", True, True]


def test_body_of_no_byte_is_sent_as_none() -> None:
    async def sent() -> list[bytes]:
        return [piece async for piece in PassedBody(coming(b"", b"")).sent()]

    assert asyncio.run(sent()) == []
