"""Waiting for the authorization code: from the listener or from a paste, whichever comes first, under a deadline."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.deadline import Deadline
from egain_auth_cli.errors import AuthError, LoginTimedOut, SignInRefused
from egain_auth_cli.sign_in.authorization import AuthorizationRequest, NotTheAnswer, read_redirect
from egain_auth_cli.sign_in.paste import PasteReader, pasted_query
from egain_auth_cli.sign_in.sockets import can_listen_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.secret import Secret


class _Redirected(NamedTuple):
    code: Secret


class _Pasted(NamedTuple):
    text: str


class _PasteEnded(NamedTuple):
    pass


_Event = _Redirected | _Pasted | _PasteEnded | SignInRefused


class CodeWait:
    """Waits for one authorization code.

    Args:
        asked: The request that the answer must match.
        seconds: How long to wait for the person.
        paste_from: The file descriptor that a redirect URL may be pasted on, or None.
        asks_again: Whether a wrong paste is asked again (a terminal) or ends the login (a pipe).
        notify: Tells the person something on stderr.
    """

    def __init__(
        self,
        asked: AuthorizationRequest,
        *,
        seconds: float,
        paste_from: int | None,
        asks_again: bool,
        notify: Callable[[str], None],
    ) -> None:
        self._asked = asked
        self._seconds = seconds
        self._paste_from = paste_from
        self._asks_again = asks_again
        self._notify = notify
        # The listener and the reader of pastes run in threads of their own: this is where they meet.
        self._inbox: queue.Queue[_Event] = queue.Queue()

    def take_redirect(self, query: str) -> None:
        """Take what came to the listener.

        Raises:
            NotTheAnswer: It is not the answer waited for; the wait goes on.
        """
        try:
            self._inbox.put(_Redirected(read_redirect(query, self._asked)))
        except SignInRefused as refusal:
            self._inbox.put(refusal)

    def code(self, open_browser: Callable[[str], None] | None) -> Secret:
        """Show the address, open it, and wait.

        Args:
            open_browser: Opens a URL without blocking; None with ``--no-browser``.

        Returns:
            The authorization code.

        Raises:
            SignInRefused: The server refused, or the person did.
            LoginTimedOut: Nobody signed in in time.
            AuthError: What was pasted is not the answer, and nobody can be asked again.
        """
        self._notify(f"To sign in, open this address:\n\n  {self._asked.uri}\n")
        if self._paste_from is None:
            return self._receive(open_browser)
        self._notify("If the browser ends on another machine, paste the address it ended on here.")
        with PasteReader(
            self._paste_from,
            on_line=lambda line: self._inbox.put(_Pasted(line)),
            on_end=lambda: self._inbox.put(_PasteEnded()),
        ):
            return self._receive(open_browser)

    def _receive(self, open_browser: Callable[[str], None] | None) -> Secret:
        if open_browser is not None:
            open_browser(self._asked.uri)
        deadline = Deadline(self._seconds)
        while True:
            try:
                event = self._inbox.get(timeout=deadline.remaining())
            except queue.Empty:
                raise LoginTimedOut(
                    f"nobody signed in within {self._seconds:.0f} s",
                    hint="run `egain login` again; `--timeout SECONDS` sets how long to wait",
                ) from None
            match event:
                case _Redirected(code):
                    return code
                case SignInRefused():
                    raise event
                case _Pasted(text):
                    pasted = self._from_paste(text)
                    if pasted is not None:
                        return pasted
                # Nothing more can be pasted. The listener may still get the answer, where there is one.
                case _PasteEnded():
                    if not can_listen_on(self._asked.redirect_uri):
                        raise AuthError(
                            "the address was not pasted: standard input ended", hint="run `egain login` again"
                        )

    def _from_paste(self, text: str) -> Secret | None:
        if not text:
            return None
        try:
            return read_redirect(pasted_query(text, self._asked.redirect_uri), self._asked)
        except NotTheAnswer as exc:
            said = f"what was pasted is not the answer: {exc.reason}"
            if not self._asks_again:
                raise AuthError(said, hint="paste the whole address that the browser ended on") from None
            self._notify(f"{said}. Paste the whole address that the browser ended on.")
            return None
