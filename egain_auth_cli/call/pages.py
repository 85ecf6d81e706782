"""``call --paginate``: page after page, one a line, or all items in one array; fetched in turn or several at a time."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.call.advice import Advice
from egain_auth_cli.call.answer import FIRST_ERROR, AnswerWriter, left_coded
from egain_auth_cli.call.document import bounded, compact_json, on_one_line, parse_json
from egain_auth_cli.call.errors import api_error
from egain_auth_cli.call.filter import result_lines
from egain_auth_cli.call.page_links import items_of, next_target
from egain_auth_cli.call.pages_ahead import PagesAhead
from egain_auth_cli.call.request import check_call
from egain_auth_cli.errors import ApiError, AuthError, BadAnswer, EgainError
from egain_auth_cli.models.command_words import command_line

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
            BadAnswer: A page is not JSON, its link leaves the API, or a filter does not fit it.
            NetworkError: A page could not be had. Each names the page, and how to go on from it.
        """
        watched = (
            self._options.slurp or not self._terminal.stdout_is_terminal
        )  # else the pages themselves are the progress
        try:
            with self._terminal.progress("fetching pages") if watched else nullcontext() as progress:
                self._follow(request, progress)
        except _PageFailed as failed:
            if self._options.slurp and self._items:  # what there is: the error says that it is not all
                self._terminal.text(compact_json(self._items))
            elif failed.body and not self._options.slurp:
                AnswerWriter(self._terminal, advice=self._options.advice).write_raw(failed.body, good=False)
            raise failed.error from None
        if self._options.slurp:
            self._terminal.text(compact_json(self._items))

    def _follow(self, request: CallRequest, progress: LateProgress | None) -> None:
        for number, (asked, page) in enumerate(self._pages(request), 1):
            try:
                self._write_or_collect(page)
            except BadAnswer as exc:
                raise self._failed(exc, asked, number, page.raw) from None
            if progress is not None:
                progress.tell(f"{number} pages")

    def _pages(self, request: CallRequest) -> Iterator[tuple[CallRequest, Page]]:
        """Yield the pages in order, each with the request that it answers."""
        seen = {check_call(request).url}
        page = self._fetch(self._caller, request, 1)
        ahead: PagesAhead[Page] | None = None
        try:
            while page is not None:
                yield request, page
                number = len(seen) + 1
                try:
                    # The link, not `count`: eGain's specification calls that pages, but its example counts items.
                    target = next_target(page.document, api_url=request.api_url)
                except BadAnswer as exc:
                    raise _PageFailed(exc, b"") from None
                if target is None or len(seen) == self._options.max_pages:
                    return
                request = request.at(target)
                url = check_call(request).url
                if url in seen:  # a list whose last page links to itself
                    return
                seen.add(url)
                if ahead is None:
                    options = self._options
                    ahead = PagesAhead(
                        self._caller, self._fetch, request, page.document, options.parallel, options.max_pages
                    )
                page = ahead.page(request, url, number)
        finally:
            self._tokens.settle()

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
            if heads[-1].left_coded:
                raise left_coded(heads[-1].left_coded, kept=False)
            return Page(raw, parse_json(raw)) if status != _NO_CONTENT and raw.strip() else None
        except EgainError as exc:
            answered = isinstance(exc, (ApiError, AuthError))
            raise self._failed(exc, request, number, b"".join(held) if answered else b"") from None

    def _failed(self, error: EgainError, request: CallRequest, number: int, body: bytes) -> _PageFailed:
        """Return the end of the list at a page that failed: it says which one, and how to go on from it."""
        if number > 1:
            options = self._options
            left = [] if options.max_pages is None else ["--max-pages", str(options.max_pages - number + 1)]
            line = command_line([*options.again, *left, request.target])
            error.message = f"page {number} of the list failed, after {number - 1} good ones: {error.message}"
            error.hint = f"go on from it by `{line}`" + (f"; {error.hint}" if error.hint else "")
        return _PageFailed(error, body)

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
