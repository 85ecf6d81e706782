"""A listener at work, and what it handed over."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from egain_auth_cli.sign_in.authorization import NotTheAnswer
from egain_auth_cli.sign_in.pages import FAILED
from egain_auth_cli.sign_in.pages import signed_in as signed_in_page
from fakes.raw_http import RawAnswer, follow, get

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from egain_auth_cli.sign_in.listener import LoopbackListener

GOOD = "code=made-up-code&state=made-up-state"
LOGIN = "https://login.acme.test"
DONE = signed_in_page(profile="acme", person="alice")


class Inbox:
    """Takes what the listener hands over; only the good query is the answer."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.arrived = threading.Event()
        self.spoke_tls = 0

    def __call__(self, query: str) -> None:
        self.queries.append(query)
        if "state=made-up-state" not in query:
            raise NotTheAnswer("wrong state")
        self.arrived.set()

    def take_tls(self) -> None:
        self.spoke_tls += 1


class Running:
    """A listener, and browsers that end on its final page, so that its end waits for none of them."""

    def __init__(self, listener: LoopbackListener, inbox: Inbox, url: str) -> None:
        self.listener = listener
        self.inbox = inbox
        self.url = url
        self.root = f"http://{urlsplit(self.url).netloc}"

    def redirect(self, query: str = GOOD) -> RawAnswer:
        """Come back as a browser does, and give the first answer."""
        return follow(f"{self.url}?{query}")[0]

    def good_request(self) -> bytes:
        """Return the bytes of the right answer."""
        parts = urlsplit(self.url)
        return f"GET {parts.path or '/'}?{GOOD} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()

    def statuses(self, ask: Callable[[], RawAnswer], *, signed_in: bool = True) -> list[int]:
        """Send the right answer in some way and end the login; give what the browser was answered on its way."""
        return [one.status for one in self.answers(ask, signed_in=signed_in)]

    def answers(self, ask: Callable[[], RawAnswer], *, signed_in: bool = True) -> list[RawAnswer]:
        """The same, with the pages."""
        seen: list[RawAnswer] = []
        browser = threading.Thread(target=lambda: seen.extend(self._browse(ask)))
        browser.start()
        arrived = self.inbox.arrived.wait(5)
        self.listener.finish(DONE if signed_in else FAILED)
        browser.join(5)
        assert arrived, [one.status for one in seen]
        return seen

    def _browse(self, ask: Callable[[], RawAnswer]) -> Iterator[RawAnswer]:
        first = ask()
        yield first
        if first.status == 303:
            yield get(f"{self.root}{first.headers['location']}")

    def still_waits(self) -> bool:
        """Whether the real answer is taken, and leads to the page that says so."""
        return self.statuses(lambda: get(f"{self.url}?{GOOD}")) == [303, 200]
