"""Pagination as eGain does it: `$pagenum`, `$pagesize`, host-relative links, 204 past the end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import g, request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

NO_CONTENT: ResponseReturnValue = ("", 204)


def answer_page(name: str, items: Sequence[object], *, default_size: int = 10) -> ResponseReturnValue:
    """Answer one page of a list, under the member `name`; 204 where there is nothing on it."""
    pagenum, pagesize = int(g.query.get("$pagenum", 1)), int(g.query.get("$pagesize", default_size))
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
    count = math.ceil(len(items) / pagesize) if g.contrary else len(items)
    info = {"count": count, "pagenum": pagenum, "pagesize": pagesize, "link": links}
    return {name: list(page), "paginationInfo": info}


def _link(pagenum: int, pagesize: int) -> str:
    others = [(key, value) for key, value in request.args.items(multi=True) if key not in ("$pagenum", "$pagesize")]
    pairs = [*others, ("$pagenum", str(pagenum)), ("$pagesize", str(pagesize))]
    query = "&".join(f"{quote(key, safe='$[]')}={quote(value, safe='')}" for key, value in pairs)
    return f"{quote(request.path)}?{query}"
