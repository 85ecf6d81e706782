"""Waiting for the authorization code: from the listener or from a paste, whichever comes first, under a deadline."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.deadline import Deadline, at_once
from egain_auth_cli.errors import AuthError, LoginTimedOut, SignInRefused
from egain_auth_cli.models.oauth_errors import CONSOLE
from egain_auth_cli.sign_in.authorization import AuthorizationRequest, NotTheAnswer, read_redirect
from egain_auth_cli.sign_in.paste import PasteReader
from egain_auth_cli.sign_in.pasted import NotWhole, Pasted
from egain_auth_cli.sign_in.sockets import can_listen_on
from egain_auth_cli.terminal.keyboard import in_background

if TYPE_CHECKING:
    from egain_auth_cli.models.secret import Secret


OpenBrowser = Callable[[str, Callable[[], bool]], str | None]
"""Opens a URL without blocking, while the function beside it says that it is still wanted; gives why it could not."""
_WHOLE = "Paste the whole address that the browser ended on"


class _Redirected(NamedTuple):
    code: Secret


class _Text(NamedTuple):
    pasted: str


class _PasteEnded(NamedTuple):
    pass


_Event = _Redirected | _Text | _PasteEnded | SignInRefused


class CodeWait:
    """Waits for one authorization code.

    Args:
        asked: The request that the answer must match.
        seconds: How long to wait for the person.
        paste_from: The file descriptor that a redirect URL may be pasted on, or None.
        asks_again: Whether a wrong paste is asked again (a terminal) or ends the login (a pipe).
        notify: Tells the person something on stderr.
        show_address: Shows an address after some words: as a link, where the terminal has links.
    """

    def __init__(
        self,
        asked: AuthorizationRequest,
        *,
        seconds: float,
        paste_from: int | None,
        asks_again: bool,
        notify: Callable[[str], None],
        show_address: Callable[[str, str], None],
    ) -> None:
        self._asked = asked
        self._seconds = seconds
        self._paste_from = paste_from
        self._asks_again = asks_again
        self._notify = notify
        self._show_address = show_address
        # The listener and the reader of pastes run in threads of their own: this is where they meet.
        self._inbox: queue.Queue[_Event] = queue.Queue()
        self._pasted = Pasted(asked)
        self._listens = can_listen_on(asked.redirect_uri)
        self._over = False
        self._told_of_tls = False

    def take_redirect(self, query: str) -> None:
        """Take what came to the listener.

        Raises:
            NotTheAnswer: It is not the answer waited for; the wait goes on.
        """
        try:
            self._inbox.put(_Redirected(read_redirect(query, self._asked)))
        except SignInRefused as refusal:
            self._inbox.put(refusal)

    def take_tls(self) -> None:
        """Take notice that a browser came to the listener with https: it cannot be answered. That is told once."""
        if self._told_of_tls:
            return
        self._told_of_tls = True
        other = "; or the address may be pasted here" if self._can_paste() else ""
        self._notify(
            "the browser came with https, which nothing here can answer: put `http://` for `https://` in its address "
            f"bar{other}"
        )

    def code(self, open_browser: OpenBrowser | None) -> Secret:
        """Open the address, show it, and wait.

        Args:
            open_browser: None with ``--no-browser``.

        Returns:
            The authorization code.

        Raises:
            SignInRefused: The server refused, or the person did.
            LoginTimedOut: Nobody signed in in time.
            AuthError: What was pasted is not the answer, and nobody can be asked again.
        """
        try:
            if self._paste_from is None:
                return self._receive(open_browser)
            with PasteReader(
                self._paste_from,
                on_text=lambda text: self._inbox.put(_Text(text)),
                on_end=lambda: self._inbox.put(_PasteEnded()),
            ):
                return self._receive(open_browser)
        finally:
            self._over = True

    def _receive(self, open_browser: OpenBrowser | None) -> Secret:
        self._open(open_browser)
        deadline = Deadline(self._seconds)
        while True:
            try:
                event = self._inbox.get(timeout=at_once(deadline.remaining()))
            except queue.Empty:
                if deadline.remaining() > 0:
                    continue
                raise LoginTimedOut(
                    f"nobody signed in within {self._seconds:.0f} s",
                    hint=f"run `egain login` again; where the page said that the redirect URI is not registered, add "
                    f"`{self._asked.redirect_uri}` to the Redirect URLs of the client application first ({CONSOLE})",
                ) from None
            match event:
                case _Redirected(code):
                    return code
                case SignInRefused():
                    raise event
                case _Text(text):
                    pasted = self._from_paste(text)
                    if pasted is not None:
                        return pasted
                case _PasteEnded():
                    self._check_end()

    def _open(self, open_browser: OpenBrowser | None) -> None:
        """Open the address, and say what is awaited: what is done already is not asked of the person."""
        awaited = self._asked.redirect_uri if self._listens else "the address that the browser ends on"
        background = self._in_background()
        waiting = f"waiting for {awaited}{'' if background else ', Ctrl-C ends it'}"
        failed = open_browser(self._asked.uri, lambda: not self._over) if open_browser is not None else None
        if open_browser is not None and failed is None:
            self._notify(f"opened your browser; {waiting}")
            self._show_address("no page there? open", self._asked.uri)
        else:
            why = f"no browser was opened ({failed}); " if failed else ""
            # Plain: it may have to be copied to another machine.
            self._notify(f"{why}to sign in, open\n\n  {self._asked.uri}\n\n{waiting}")
        if self._can_paste():
            ends = "ends on another machine" if self._listens else "has ended"
            self._notify(f"if the browser {ends}, paste the address it ended on here")
        elif background and not self._listens:
            self._notify("this is a job in the background: `fg` brings it back, to paste that address")

    def _can_paste(self) -> bool:
        return self._paste_from is not None and not self._in_background()

    def _in_background(self) -> bool:
        """Return whether the terminal is another job's by now, so that neither a paste nor Ctrl-C comes here."""
        return self._paste_from is not None and in_background(self._paste_from)

    def _from_paste(self, text: str) -> Secret | None:
        if not text.strip():
            return None
        try:
            return self._pasted.take(text)
        except NotWhole as exc:
            if self._asks_again:
                self._notify(f"the address is not whole yet: {exc.reason}. Paste the rest, or all of it again.")
        except NotTheAnswer as exc:
            if not self._asks_again:
                raise _not_the_answer(exc.reason) from None
            self._notify(f"what was pasted is not the answer: {exc.reason}. {_WHOLE}.")
        return None

    def _check_end(self) -> None:
        """Go on without pastes: the listener may still get the answer, where there is one."""
        if not self._asks_again and self._pasted.begun:
            raise _not_the_answer("it is not whole")
        if not self._listens:
            raise AuthError("the address was not pasted: standard input ended", hint="run `egain login` again")


def _not_the_answer(reason: str) -> AuthError:
    return AuthError(f"what was pasted is not the answer: {reason}", hint=f"{_WHOLE[:1].lower()}{_WHOLE[1:]}")
