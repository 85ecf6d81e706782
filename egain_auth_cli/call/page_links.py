"""What a page of a list says of the others, and the items that it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from egain_auth_cli.call.url import api_request_url
from egain_auth_cli.errors import BadAnswer, EgainError
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INFO = "paginationInfo"
_NUMBER = re.compile(r"(?<=[?&])((?:\$|%24)pagenum=)(\d{1,6})(?=&|$)")


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


def numbered_targets(second: str, first: object) -> Iterator[str]:
    """Return the URLs that the pages from the second on may have; none where their links have no numbers.

    Args:
        second: The URL of the second page.
        first: The first page's document, whose ``count`` bounds them: it is pages, or items, of which there are more.
    """
    match = _NUMBER.search(second)
    info = first.get(_INFO) if isinstance(first, dict) else None
    count = info.get("count") if isinstance(info, dict) else None
    if match is None or not isinstance(count, int) or isinstance(count, bool):
        return iter(())
    begin, end = match.span(2)
    return (f"{second[:begin]}{number}{second[end:]}" for number in range(int(match[2]), max(count, int(match[2])) + 1))


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
        hint='name them with `--filter`, such as `--filter "article[]"`',
    )


def _lists(page: Mapping[str, object]) -> list[list[object]]:
    return [value for key, value in page.items() if key != _INFO and isinstance(value, list)]
