"""``call --paginate``: page after page, one a line, or all items in one array; fetched in turn or several at a time."""

from __future__ import annotations

import shlex
from collections import deque
from concurrent.futures import Future
from contextlib import nullcontext
from itertools import count, islice
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.call.advice import Advice
from egain_auth_cli.call.answer import FIRST_ERROR, AnswerWriter
from egain_auth_cli.call.document import bounded, compact_json, on_one_line, parse_json
from egain_auth_cli.call.errors import api_error
from egain_auth_cli.call.filter import result_lines
from egain_auth_cli.call.page_links import items_of, next_target, numbered_targets
from egain_auth_cli.call.request import check_call
from egain_auth_cli.errors import ApiError, AuthError, EgainError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from egain_auth_cli.call.request import CallRequest
    from egain_auth_cli.call.send import ApiCaller
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.terminal.progress import LateProgress
    from egain_auth_cli.tokens.holder import TokenSource
    from egain_auth_cli.transport.streaming import StreamedAnswer

_NO_CONTENT = 204


class Page(NamedTuple):
    """A page of a list.

    Attributes:
        raw: As it was sent.
        document: What it says.
    """

    raw: bytes
    document: object


class _PageFailed(Exception):
    """Carries the error of a page to where the pages are put in order, with the body that came of it."""

    def __init__(self, error: EgainError, body: bytes) -> None:
        super().__init__(error)
        self.error = error
        self.body = body


class PageOptions(NamedTuple):
    """What is to be done with a list.

    Attributes:
        select: Applied to each page.
        lines: What was selected as one element a line.
        slurp: One array of all items in place of one page a line.
        max_pages: How many pages at most; None for all.
        parallel: How many are fetched at a time.
        again: The command line that goes on from a page, but for its path.
        advice: What is known of the request, to explain an error.
    """

    select: Callable[[object], object] | None = None
    lines: bool = False
    slurp: bool = False
    max_pages: int | None = None
    parallel: int = 1
    again: Sequence[str] = ("egain", "call", "GET", "--paginate")
    advice: Advice = Advice()


class PageReader:
    """Follows the links of a list to its end.

    Args:
        terminal: The streams.
        caller: Calls the API; one connection for all pages, or one for each that is fetched at a time.
        tokens: Gives the bearer token.
        options: What is to be done.
    """

    def __init__(self, terminal: Terminal, caller: ApiCaller, tokens: TokenSource, options: PageOptions) -> None:
        self._terminal = terminal
        self._caller = caller
        self._tokens = tokens
        self._options = options
        self._items: list[object] = []

    def read(self, request: CallRequest) -> None:
        """Write every page, or all items.

        Raises:
            ApiError: A page is an error; its body was written.
            BadAnswer: A page is not JSON, or its link leaves the API.
            NetworkError: A page could not be had. Each names the page, and how to go on from it.
        """
        watched = (
            self._options.slurp or not self._terminal.stdout_is_terminal
        )  # else the pages themselves are the progress
        try:
            with self._terminal.progress("fetching pages") if watched else nullcontext() as progress:
                self._follow(request, progress)
        except _PageFailed as failed:
            if self._items:  # what there is: the error says that it is not all
                self._terminal.text(compact_json(self._items))
            elif failed.body:
                AnswerWriter(self._terminal, advice=self._options.advice).write_raw(failed.body, good=False)
            raise failed.error from None
        if self._options.slurp:
            self._terminal.text(compact_json(self._items))

    def _follow(self, request: CallRequest, progress: LateProgress | None) -> None:
        for number, page in enumerate(self._pages(request), 1):
            self._write_or_collect(page)
            if progress is not None:
                progress.tell(f"{number} pages")

    def _pages(self, request: CallRequest) -> Iterator[Page]:
        """Yield the pages in order."""
        first = self._fetch(self._caller, request, 1)
        if first is None:
            return
        yield first
        if self._options.max_pages == 1:
            return
        targets = numbered_targets(first.document, api_url=request.api_url) if self._options.parallel > 1 else None
        if targets is None:
            yield from self._one_by_one(request, first)
        else:
            yield from self._several(request, targets)

    def _one_by_one(self, request: CallRequest, page: Page) -> Iterator[Page]:
        seen = {check_call(request).url}
        number = 1
        # The link, not `count`: eGain's specification calls that pages, but its example counts items.
        while (target := next_target(page.document, api_url=request.api_url)) is not None:
            following = request.at(target)
            url = check_call(following).url
            if url in seen or number == self._options.max_pages:  # a list whose last page links to itself
                return
            seen.add(url)
            number += 1
            fetched = self._fetch(self._caller, following, number)
            if fetched is None:
                return
            page = fetched
            yield page

    def _several(self, request: CallRequest, targets: Iterator[str]) -> Iterator[Page]:
        """Yield the pages from the second on, so many fetched at a time, in order."""
        callers: SimpleQueue[ApiCaller] = SimpleQueue()
        callers.put(self._caller)  # whose connection the first page came on
        for _ in range(self._options.parallel - 1):
            callers.put(self._caller.sibling())
        waiting: deque[Future[Page | None]] = deque()
        numbers = count(2) if self._options.max_pages is None else iter(range(2, self._options.max_pages + 1))
        ahead = zip(numbers, targets, strict=False)
        try:
            while True:
                for number, target in islice(ahead, 2 * self._options.parallel - len(waiting)):
                    waiting.append(self._start(callers, request.at(target), number))
                page = waiting.popleft().result() if waiting else None
                if page is None:  # beyond the end: `count` may mean items
                    return
                yield page
                if next_target(page.document, api_url=request.api_url) is None:
                    return  # what is under way beyond it is dropped
        finally:
            self._tokens.settle()

    def _start(self, callers: SimpleQueue[ApiCaller], request: CallRequest, number: int) -> Future[Page | None]:
        """Fetch a page in a thread, as soon as a caller is free."""
        future: Future[Page | None] = Future()

        def work() -> None:
            caller = callers.get()
            try:
                future.set_result(self._fetch(caller, request, number))
            except BaseException as exc:  # noqa: BLE001  relayed to whoever waits for the page
                future.set_exception(exc)
            finally:
                callers.put(caller)

        # Not an executor's thread: the interpreter would wait for those at its end.
        Thread(target=work, daemon=True).start()
        return future

    def _fetch(self, caller: ApiCaller, request: CallRequest, number: int) -> Page | None:
        """Return a page, or None at 204.

        Raises:
            _PageFailed: It could not be had, or is no page.
        """
        held: list[bytes] = []
        heads: list[StreamedAnswer] = []

        def receive(answer: StreamedAnswer) -> None:
            held.clear()
            heads.append(answer)
            held.extend(bounded(answer.body()))  # to its end, so that the connection serves the next page

        try:
            status = caller.call(request, self._tokens, on_answer=receive, withholds=True)
            raw = b"".join(held)
            if status >= FIRST_ERROR:
                raise api_error(status, raw, heads[-1].headers, self._options.advice)
            return Page(raw, parse_json(raw)) if status != _NO_CONTENT and raw.strip() else None
        except EgainError as exc:
            if number > 1:
                line = shlex.join([*self._options.again, request.target])
                exc.message = f"page {number} of the list failed, after {number - 1} good ones: {exc.message}"
                exc.hint = f"go on from it by `{line}`" + (f"; {exc.hint}" if exc.hint else "")
            answered = isinstance(exc, (ApiError, AuthError))
            raise _PageFailed(exc, b"".join(held) if answered else b"") from None

    def _write_or_collect(self, page: Page) -> None:
        if self._options.select is None:
            if self._options.slurp:
                self._items += items_of(page.document)
            else:
                self._terminal.line_of_bytes(on_one_line(page.raw))
            return
        found = self._options.select(page.document)
        if self._options.slurp:
            self._items += found if isinstance(found, list) else [found]
            return
        for line in result_lines(found, split=self._options.lines):
            self._terminal.text(line)
