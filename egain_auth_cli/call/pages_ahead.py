"""Pages of a list fetched before they are asked for, several at a time."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from itertools import islice
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from egain_auth_cli.call.page_links import numbered_targets
from egain_auth_cli.call.request import check_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.call.request import CallRequest
    from egain_auth_cli.call.send import ApiCaller

AnyPage = TypeVar("AnyPage")


class PagesAhead(Generic[AnyPage]):
    """Fetches the pages that a list's numbers let expect, several at a time, before their links are known.

    What a page's link says is what counts: where it is none of those expected, the pages are fetched one by one.

    Args:
        caller: The reader's, whose connection is free.
        fetch: Fetches a page by a caller.
        second: The request for the second page.
        first: The first one's document.
        parallel: How many at a time.
        max_pages: How many in all; None for no bound.
    """

    def __init__(
        self,
        caller: ApiCaller,
        fetch: Callable[[ApiCaller, CallRequest, int], AnyPage | None],
        second: CallRequest,
        first: object,
        parallel: int,
        max_pages: int | None,
    ) -> None:
        self._fetch = fetch
        self._callers: SimpleQueue[ApiCaller] = SimpleQueue()
        self._callers.put(caller)
        for _ in range(parallel - 1):
            self._callers.put(caller.sibling())
        self._most = 2 * parallel if parallel > 1 else 0
        expected = numbered_targets(second.target, first) if self._most else ()
        bound = None if max_pages is None else max_pages - 1
        self._expected = enumerate((second.at(target) for target in islice(expected, bound)), 2)
        self._waiting: deque[tuple[str, Future[AnyPage | None]]] = deque()

    def page(self, request: CallRequest, url: str, number: int) -> AnyPage | None:
        """Return a page, None at 204.

        Raises:
            Exception: What ``fetch`` raises.
        """
        for ahead, expected in islice(self._expected, self._most - len(self._waiting)):
            self._waiting.append((check_call(expected).url, self._start(expected, ahead)))
        if self._waiting and self._waiting[0][0] == url:
            return self._waiting.popleft()[1].result()
        self._most = 0  # what is under way is dropped
        self._waiting.clear()
        caller = self._callers.get()
        try:
            return self._fetch(caller, request, number)
        finally:
            self._callers.put(caller)

    def _start(self, request: CallRequest, number: int) -> Future[AnyPage | None]:
        """Fetch a page in a thread, as soon as a caller is free."""
        future: Future[AnyPage | None] = Future()

        def work() -> None:
            caller = self._callers.get()
            try:
                future.set_result(self._fetch(caller, request, number))
            except BaseException as exc:  # noqa: BLE001  relayed to whoever waits for the page
                future.set_exception(exc)
            finally:
                self._callers.put(caller)

        # Not an executor's thread: the interpreter would wait for those at its end.
        Thread(target=work, daemon=True).start()
        return future
