"""``call --paginate``: page after page, one a line, or all items in one array."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.call.answer import AnswerWriter, bounded, parsed
from egain_auth_cli.call.filter import compact_json, result_text
from egain_auth_cli.call.paging import items_of, next_target
from egain_auth_cli.call.send import check_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.call.send import CallRequest, CallService, TokenSource
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.transport.streaming import StreamedAnswer

_NO_CONTENT = 204
_FIRST_ERROR = 300


class PageReader:
    """Follows the links of a list to its end.

    Args:
        terminal: The streams.
        service: Calls the API; one connection for all pages.
        tokens: Gives the bearer token.
        select: Applied to each page.
        slurp: One array of all items in place of one page a line.
        most: The most pages; None for all.
    """

    def __init__(
        self,
        terminal: Terminal,
        service: CallService,
        tokens: TokenSource,
        *,
        select: Callable[[object], object] | None,
        slurp: bool,
        most: int | None,
    ) -> None:
        self._terminal = terminal
        self._service = service
        self._tokens = tokens
        self._select = select
        self._slurp = slurp
        self._most = most
        self._items: list[object] = []

    def read(self, request: CallRequest) -> None:
        """Write every page, or all items.

        Raises:
            ApiError: A page is an error; its body was written.
            BadAnswer: A page is no JSON, or its link leaves the API.
        """
        current: CallRequest | None = request
        seen = {check_call(request).url}
        count = 0
        while current is not None and (self._most is None or count < self._most):
            page = self._fetch(current)
            count += 1
            if page is None:
                break
            self._keep(page[0])
            target = next_target(page[0], api_url=request.api_url)
            following = None if target is None else current.at(target)
            url = None if following is None else check_call(following).url
            current = None if url in seen else following
            seen |= {url} if url else set()
            if self._slurp or not self._terminal.stdout_is_terminal:
                self._terminal.count(f"{count} pages")
        self._terminal.count("")
        if self._slurp:
            self._terminal.text(compact_json(self._items))

    def _fetch(self, request: CallRequest) -> tuple[object] | None:
        """Give a page, or None at 204."""
        held: list[bytes] = []
        writer = AnswerWriter(self._terminal, target=request.target)

        def take(answer: StreamedAnswer) -> None:
            if answer.status >= _FIRST_ERROR:
                writer.take(answer)
            elif answer.status != _NO_CONTENT:
                held.extend(bounded(answer.body()))

        status = self._service.call(request, self._tokens, take=take)
        writer.check(status)
        raw = b"".join(held)
        return (parsed(raw),) if raw.strip() else None

    def _keep(self, page: object) -> None:
        if not self._slurp:
            self._terminal.text(result_text(self._select(page)) if self._select else compact_json(page))
            return
        if self._select is None:
            self._items += items_of(page)
            return
        found = self._select(page)
        self._items += found if isinstance(found, list) else [found]
