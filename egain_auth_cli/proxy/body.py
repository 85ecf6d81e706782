"""The body of a request on its way through, its beginning kept for a second try."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from egain_auth_cli.proxy.gate import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_KEPT = 1024 * 1024
"""Bytes: more of a body than this is not held in memory, and not sent twice."""

_SILENCE = 60.0
"""Seconds without a byte, as long as the API may take."""


class PassedBody:
    """A body that can be sent again as long as all that has come of it is kept.

    Args:
        pieces: What comes from the client.

    Attributes:
        ended: Set once it has come to its end.
    """

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._kept: list[bytes] | None = []
        self._size = 0
        self.ended = asyncio.Event()

    @property
    def replayable(self) -> bool:
        """Whether it can be sent from its beginning."""
        return self._kept is not None

    async def sent(self) -> AsyncIterator[bytes]:
        """Yield it from its beginning; what has not come yet as it comes.

        Raises:
            Refused: The client has fallen silent in its middle.
        """
        for piece in tuple(self._kept or ()):
            yield piece
        while True:
            try:
                async with asyncio.timeout(_SILENCE):
                    piece = await anext(self._pieces)
            except StopAsyncIteration:
                break
            except TimeoutError:
                raise Refused(
                    f"the request's body did not go on for {_SILENCE:g} s", status=HTTPStatus.REQUEST_TIMEOUT
                ) from None
            self._keep(piece)
            if piece:
                yield piece
        self.ended.set()

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._kept is not None:
            self._kept.append(piece)
            if self._size > _KEPT:
                self._kept = None
