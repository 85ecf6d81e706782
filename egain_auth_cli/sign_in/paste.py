"""Lines that the person pastes while the listener waits."""

from __future__ import annotations

import contextlib
import os
import re
import select
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from egain_auth_cli.sign_in.authorization import NotTheAnswer

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

_LONGEST = 64 * 1024
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class PasteReader:
    """Reads lines from a file descriptor in a thread, and stops without taking what was typed later.

    Args:
        handle: Standard input's file descriptor.
        on_line: Is called with each line, without its end.
        on_end: Called once when there is no more.
    """

    def __init__(self, handle: int, *, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
        self._handle = handle
        self._on_line = on_line
        self._on_end = on_end
        self._stop_in, self._stop_out = socket.socketpair()
        self._thread = threading.Thread(target=self._read, name="egain-paste", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        with contextlib.suppress(OSError):
            self._stop_out.send(b"x")
        self._thread.join(0.5)
        if not self._thread.is_alive():  # on Windows it may still wait for a line
            self._stop_in.close()
            self._stop_out.close()

    # os.read on the descriptor, not sys.stdin: what Python has buffered would be lost for whoever reads next, and
    # `select` would not see it.
    def _read(self) -> None:
        pending = b""
        while len(pending) <= _LONGEST:
            try:
                if os.name == "posix":
                    ready, _, _ = select.select([self._handle, self._stop_in.fileno()], [], [])
                    if self._stop_in.fileno() in ready:
                        return
                piece = os.read(self._handle, 4096)
            except (OSError, ValueError):
                piece = b""
            if not piece:
                break
            *lines, pending = (pending + piece).split(b"\n")
            for line in lines:
                self._on_line(line.decode("utf-8", "replace").strip())
        if pending.strip() and len(pending) <= _LONGEST:
            self._on_line(pending.decode("utf-8", "replace").strip())
        self._on_end()


def pasted_query(text: str, redirect_uri: str) -> str:
    """Return the parameters of a pasted redirect URL, or of its query alone.

    Raises:
        NotTheAnswer: It is the address of another page.
    """
    if not _URL.match(text):
        if "state=" not in text:
            raise NotTheAnswer("it is no redirect address with a code and a state")
        return text.removeprefix("?")
    try:
        found, wanted = urlsplit(text), urlsplit(redirect_uri)
    except ValueError:
        raise NotTheAnswer("it cannot be parsed") from None
    same = (found.scheme, found.netloc.lower(), found.path) == (
        wanted.scheme,
        wanted.netloc.lower(),
        wanted.path,
    )
    if not same:
        raise NotTheAnswer("it is the address of another page than the registered redirect URI")
    return found.query
