"""What ``proxy`` says: where it is, and a line for each request."""

from __future__ import annotations

import contextlib
import queue
import threading
from typing import TYPE_CHECKING

from egain_auth_cli.errors import EgainError
from egain_auth_cli.models.moments import duration_text
from egain_auth_cli.proxy.gate import FORWARDED
from egain_auth_cli.tokens.holder import TokenHolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from egain_auth_cli.proxy.app import Served
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.tokens.holder import GivenToken

_METHOD_WIDTH = max(map(len, FORWARDED))
_MOST_LINES = 1000
"""Lines that wait to be written; what comes beyond is left out."""
_LAST_SECONDS = 1.0


class ProxyReport:
    """Writes lines in a thread of its own: a terminal that is held, or a pipe that nobody reads, stops no request.

    Args:
        terminal: On a terminal each request is said on standard output, else with ``-v`` on standard error.
        tokens: Say whose token it is, and how long it lives.
    """

    def __init__(self, terminal: Terminal, tokens: TokenHolder | GivenToken) -> None:
        self._terminal = terminal
        self._tokens = tokens
        self._lines: queue.Queue[Callable[[], None] | None] = queue.Queue(_MOST_LINES)
        self._thread = threading.Thread(target=self._write, name="egain-proxy-report", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=_LAST_SECONDS)
            self._thread.join(_LAST_SECONDS)

    def announce(self, shown: dict[str, str]) -> None:
        """Say that it is ready: to a person, or as one line of JSON.

        Args:
            shown: ``url``, ``api_url``, and where there are such ``socket``, ``profile`` and ``flow``.

        Raises:
            OutputFailed: Standard output is closed or full.
        """
        terminal, tokens = self._terminal, self._tokens
        if not terminal.stdout_is_terminal:
            terminal.json({"ready": True, **shown})
            return
        if terminal.quiet:
            return
        who = tokens.person or (f"`{shown['profile']}`" if shown.get("profile") else "")
        left = tokens.seconds_left()
        told = [f"lives for {duration_text(left)}"] if left is not None else []
        told += ["is renewed by itself"] if isinstance(tokens, TokenHolder) else ["is the environment's, as it is"]
        whose = f", as {who}" if who else ""
        terminal.line(f"Forwarding to {shown['api_url']}{whose}. Clients need no token: this one {' and '.join(told)}.")
        terminal.line("")
        terminal.line(f"Base URL:  {shown['url']}")
        if "socket" in shown:
            terminal.line(f"Socket:    {shown['socket']}")
        terminal.line("")
        terminal.line("Ctrl-C ends it.")

    def served(self, one: Served) -> None:
        """Say a request that is over: method, path, status, milliseconds, the token's remaining life or an error."""
        said = [f"{one.method:{_METHOD_WIDTH}} {one.path}", str(one.status or "left"), f"{one.seconds * 1000:.0f} ms"]
        left = self._tokens.seconds_left()
        if one.error is not None:
            said.append(one.error.message)
        elif left is not None:
            said.append(f"token {duration_text(left)}")
        line = "  ".join(said)
        on_terminal = self._terminal.stdout_is_terminal and not self._terminal.quiet
        self._put(lambda: self._terminal.line(line) if on_terminal else self._terminal.trace(line))

    def refused(self, exc: EgainError) -> None:
        """Warn that the API refused the token, and why there is no other."""
        hint = f"; {exc.hint}" if exc.hint else ""
        self._put(lambda: self._terminal.warn(f"the API refused the token: {exc.message}{hint}"))

    def _put(self, line: Callable[[], None]) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(line)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            with contextlib.suppress(EgainError):  # a terminal that is gone
                line()
