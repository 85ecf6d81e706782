"""The head of a request as it arrives: bounded, and without its cookies."""

from __future__ import annotations

from egain_auth_cli.sign_in import pages
from egain_auth_cli.sign_in.redirect_request import Unacceptable

_LIMIT = 32 * 1024
_COOKIES_LIMIT = 1024 * 1024
_COOKIE = b"cookie:"
_TLS_HANDSHAKE = b"\x16\x03"


class SpeaksTls(Exception):
    """What arrives is TLS: the browser came with ``https``."""


class ArrivingHead:
    """Takes a request's bytes up to the empty line.

    Programs that were at work on ``localhost`` leave their cookies for every port of it, and a browser sends them all
    here. Nobody reads them, so they are thrown away as they come and count for themselves.

    Attributes:
        rest: What is not a whole line yet; in the end what came after the head.
    """

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0
        self._cookies = 0
        self.rest = bytearray()

    def feed(self, piece: bytes) -> bytes | None:
        """Take what came.

        Returns:
            The head without the empty line, once it is whole.

        Raises:
            SpeaksTls: It is no request at all.
            Unacceptable: It is too large.
        """
        searched = max(len(self.rest) - 1, 0)
        self.rest += piece
        if not self._lines and self.rest.startswith(_TLS_HANDSHAKE):
            raise SpeaksTls
        while (end := self.rest.find(b"\r\n", searched)) >= 0:
            line = bytes(self.rest[:end])
            del self.rest[: end + 2]
            searched = 0
            if not line:
                return b"\r\n".join(self._lines)
            self._keep(line)
        if self._is_cookie(self.rest):
            # The last byte may be the first one of the line's end.
            self._cookies += len(self.rest)
            del self.rest[len(_COOKIE) : -1]
        if self._size + len(self.rest) > _LIMIT or self._cookies > _COOKIES_LIMIT:
            raise Unacceptable(pages.HEADERS_TOO_LARGE)
        return None

    def _keep(self, line: bytes) -> None:
        if self._is_cookie(line):
            self._cookies += len(line)
            return
        self._lines.append(line)
        self._size += len(line) + 2
        if self._size > _LIMIT:
            raise Unacceptable(pages.HEADERS_TOO_LARGE)

    def _is_cookie(self, line: bytes | bytearray) -> bool:
        return bool(self._lines) and line[: len(_COOKIE)].lower() == _COOKIE
