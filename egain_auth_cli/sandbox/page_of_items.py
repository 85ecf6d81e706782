"""Pagination as eGain does it: `$pagenum`, `$pagesize`, host-relative links, 204 past the end."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import request

from egain_auth_cli.sandbox.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

PAGING = frozenset({"$pagenum", "$pagesize"})
NO_CONTENT: ResponseReturnValue = ("", 204)
LAST_PAGE = 999
LARGEST_PAGE = 75


def answer_page(name: str, items: Sequence[object], *, default_size: int) -> ResponseReturnValue:
    """Answer one page of a list, under the member `name`.

    Raises:
        ApiError: a paging parameter is not a number or out of range.
    """
    pagenum = _read_number("$pagenum", default=1, largest=LAST_PAGE)
    pagesize = _read_number("$pagesize", default=default_size, largest=LARGEST_PAGE)
    start = (pagenum - 1) * pagesize
    page = items[start : start + pagesize]
    if not page:
        return NO_CONTENT
    links = []
    if pagenum > 1:
        links.append({"rel": "prev", "href": _link(pagenum - 1, pagesize)})
    if start + pagesize < len(items):
        links.append({"rel": "next", "href": _link(pagenum + 1, pagesize)})
    # eGain's specification calls `count` the pages, but its example counts the items.
    return {
        name: list(page),
        "paginationInfo": {"count": len(items), "pagenum": pagenum, "pagesize": pagesize, "link": links},
    }


def _read_number(name: str, *, default: int, largest: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(largest)) else 0
    if not 1 <= number <= largest:
        raise ApiError("400-102", f"The value must be a number from 1 to {largest}.", details={"parameter": name})
    return number


def _link(pagenum: int, pagesize: int) -> str:
    return f"{quote(request.path)}?$pagenum={pagenum}&$pagesize={pagesize}"
