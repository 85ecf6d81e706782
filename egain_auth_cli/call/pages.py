"""``call --paginate``: page after page, one a line, or all items in one array."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from egain_auth_cli.call.answer import FIRST_ERROR, AnswerWriter, bounded, parse_json
from egain_auth_cli.call.filter import compact_json, result_text
from egain_auth_cli.call.request import check_call
from egain_auth_cli.call.url import api_request_url
from egain_auth_cli.errors import BadAnswer, EgainError
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.call.request import CallRequest
    from egain_auth_cli.call.send import ApiCaller
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.terminal.progress import LateProgress
    from egain_auth_cli.tokens.holder import TokenSource
    from egain_auth_cli.transport.streaming import StreamedAnswer

_INFO = "paginationInfo"
_NO_CONTENT = 204


class PageReader:
    """Follows the links of a list to its end.

    Args:
        terminal: The streams.
        caller: Calls the API; one connection for all pages.
        tokens: Gives the bearer token.
        select: Applied to each page.
        slurp: One array of all items in place of one page a line.
        max_pages: How many pages at most; None for all.
    """

    def __init__(
        self,
        terminal: Terminal,
        caller: ApiCaller,
        tokens: TokenSource,
        *,
        select: Callable[[object], object] | None,
        slurp: bool,
        max_pages: int | None,
    ) -> None:
        self._terminal = terminal
        self._caller = caller
        self._tokens = tokens
        self._select = select
        self._slurp = slurp
        self._max_pages = max_pages
        self._items: list[object] = []

    def read(self, request: CallRequest) -> None:
        """Write every page, or all items.

        Raises:
            ApiError: A page is an error; its body was written.
            BadAnswer: A page is not JSON, or its link leaves the API.
        """
        watched = self._slurp or not self._terminal.stdout_is_terminal  # else the pages themselves are the progress
        with self._terminal.progress("fetching pages") if watched else nullcontext() as progress:
            self._follow(request, progress)
        if self._slurp:
            self._terminal.text(compact_json(self._items))

    def _follow(self, request: CallRequest, progress: LateProgress | None) -> None:
        current: CallRequest | None = request
        seen = {check_call(request).url}
        count = 0
        while current is not None and (self._max_pages is None or count < self._max_pages):
            page = self._fetch(current)
            count += 1
            if page is None:
                break
            self._write_or_collect(page[0])
            # The link, not `count`: eGain's specification calls that pages, but its example counts items.
            target = next_target(page[0], api_url=request.api_url)
            following = None if target is None else current.at(target)
            url = None if following is None else check_call(following).url
            current = None if url in seen else following  # a list whose last page links to itself
            seen |= {url} if url else set()
            if progress is not None:
                progress.tell(f"{count} pages")

    def _fetch(self, request: CallRequest) -> tuple[object] | None:
        """Return a page, or None at 204."""
        held: list[bytes] = []
        writer = AnswerWriter(self._terminal, target=request.target)

        def receive(answer: StreamedAnswer) -> None:
            if answer.status >= FIRST_ERROR:
                writer.write(answer)
            elif answer.status != _NO_CONTENT:
                held.extend(bounded(answer.body()))

        status = self._caller.call(request, self._tokens, on_answer=receive)
        writer.check(status)
        raw = b"".join(held)
        return (parse_json(raw),) if raw.strip() else None

    def _write_or_collect(self, page: object) -> None:
        if not self._slurp:
            self._terminal.text(result_text(self._select(page)) if self._select else compact_json(page))
            return
        if self._select is None:
            self._items += items_of(page)
            return
        found = self._select(page)
        self._items += found if isinstance(found, list) else [found]


def next_target(page: object, *, api_url: str) -> str | None:
    """Return the URL of the page after this one, or None at the last.

    Args:
        page: The document.
        api_url: The profile's; the link must stay within it.

    Raises:
        BadAnswer: The link leaves the API's origin; it is not followed.
    """
    info = page.get(_INFO) if isinstance(page, dict) else None
    links = info.get("link") if isinstance(info, dict) else None
    if isinstance(links, dict):
        links = [links]  # one link alone, not in a list
    if not isinstance(links, list):
        return None
    href = next((link.get("href") for link in links if isinstance(link, dict) and link.get("rel") == "next"), None)
    if not isinstance(href, str) or not href:
        return None
    try:
        # A link is relative to the host (eGain's specification), not to the API's base path.
        target = f"{origin_of(api_url)}{href}" if href.startswith("/") and not href.startswith("//") else href
        api_request_url(api_url, target)
    except EgainError as exc:
        raise BadAnswer(
            f"the link to the next page is not followed: {exc.message}", hint="page by hand with `-q '$pagenum=2'`"
        ) from exc
    return target


def items_of(page: object) -> list[object]:
    """Return the items of a page: the one list that it holds, or the page itself.

    Raises:
        BadAnswer: It holds several lists, or none.
    """
    if isinstance(page, list):
        return page
    lists = _lists(page) if isinstance(page, dict) else []
    if len(lists) == 1:
        return lists[0]
    if not lists and isinstance(page, dict) and set(page) <= {_INFO}:
        return []
    names = ", ".join(f"`{printable(str(key), limit=40)}`" for key in page) if isinstance(page, dict) else "no object"
    raise BadAnswer(
        f"a page has not one list of items but {len(lists)} (it holds {names})",
        hint="name them with `--filter`, such as `--filter 'article[]'`",
    )


def _lists(page: Mapping[str, object]) -> list[list[object]]:
    return [value for key, value in page.items() if key != _INFO and isinstance(value, list)]
