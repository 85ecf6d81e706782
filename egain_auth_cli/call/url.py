"""The URL of an API request: the profile's origin and base path, whatever the person typed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.models.urls import base_path, check_url, climbs, origin_of
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a path or a query may hold as it stands (RFC 3986 §3.3, §3.4). `[` and `]` are not of it, but eGain's names of
# query parameters are written with them: `$filter[tags]`. A `%` stays: the person may have encoded something.
_PATH_SAFE = "/%:@!$&'()*+,;=~"
_QUERY_SAFE = "/?%:@!$&'()*+,;=~[]"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\#\ud800-\udfff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


def api_request_url(api_url: str, target: str, query: Sequence[tuple[str, str]] = ()) -> str:
    """Join a path to the API's base URL.

    Args:
        api_url: The profile's ``api_url``.
        target: A path that starts with one ``/``, or a URL of the profile's own origin and base path.
        query: Pairs to append, percent-encoded; ``$``, ``[`` and ``]`` in names stay as they are.

    Returns:
        The URL as it goes on the wire.

    Raises:
        UsageError: The target leaves the origin or the base path, or holds what no path has.
        ConfigError: ``api_url`` itself is not usable.
    """
    return _joined(api_url, target, tuple(query))


@lru_cache(maxsize=8)  # a page's link is checked when it is found and when it is followed
def _joined(api_url: str, target: str, query: tuple[tuple[str, str], ...]) -> str:
    origin = origin_of(check_url(api_url, field="api_url", query=False))
    base = base_path(api_url)
    path = _own_path(target, api_url, base) if _URL.match(target) else target
    if _FORBIDDEN.search(path):
        raise _refused(target, "it holds a space, a control character, a backslash or a `#`")
    if not path.startswith("/") or path.startswith("//"):
        raise _refused(target, "it must start with one `/`")
    raw_path, mark, raw_query = path.partition("?")
    if climbs(raw_path):
        raise _refused(target, "it holds a `.` or `..` segment")
    if any(_SURROGATE.search(text) for pair in query for text in pair):
        raise UsageError("`-q` holds bytes that are no text", hint="write names and values in UTF-8")
    pieces = [quote(_percent(raw_query), safe=_QUERY_SAFE)] if mark and raw_query else []
    pieces += [f"{quote(name, safe='$[]')}={quote(value, safe='$')}" for name, value in query]
    joined = f"{base}{quote(_percent(raw_path), safe=_PATH_SAFE)}"
    return f"{origin}{joined}" + (f"?{'&'.join(pieces)}" if pieces else "")


def _own_path(target: str, api_url: str, base: str) -> str:
    """Return path and query of a URL, which must be of exactly the profile's origin."""
    try:
        same = origin_of(target, field="PATH") == origin_of(api_url)
    except ConfigError:
        same = False
    if not same:
        raise _refused(target, f"only `{origin_of(api_url)}` gets this profile's token")
    parts = urlsplit(target)
    path = parts.path or "/"
    if not path.startswith(f"{base}/"):
        raise _refused(target, f"it leaves the base path `{base}`")
    return path.removeprefix(base) + (f"?{parts.query}" if parts.query else "")


def _percent(text: str) -> str:
    """Encode a ``%`` that begins no escape, so that the server reads what was typed."""
    return _STRAY_PERCENT.sub("%25", text)


def _refused(target: str, why: str) -> UsageError:
    return UsageError(
        f"`{printable(target, limit=200)}` is not called: {why}",
        hint="give a path such as `/knowledge/portalmgr/v4/portals`",
    )
