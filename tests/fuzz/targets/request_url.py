"""Path and API URL joined: whatever is accepted has the profile's origin by every parser, and stays below its path."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import httpx

from egain_auth_cli.call.url import api_request_url
from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.models.urls import origin_of
from fuzz.words import check_words

BASES = (
    "https://api.acme.test",
    "https://api.acme.test/base/path",
    "https://api.acme.test:8443/",
    "http://localhost:8400/x",
    "http://[::1]:8400",
    "https://API.acme.test:443/a%20b",
)
Place = tuple[str, str, int]
PORTS = {"http": 80, "https": 443}
# RFC 3986, appendix B, then §3.2.
WHOLE = re.compile(r"(?:([^:/?#]+):)(?://([^/?#]*))([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
AUTHORITY = re.compile(r"(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::([0-9]*))?")


def check(data: bytes) -> None:
    """Take the first byte for one of the bases, or the first part of the rest; then target, names and values."""
    number = data[0] % (len(BASES) + 1) if data else 0
    parts = data[1:].decode("utf-8", "surrogateescape").split("\0")
    base = BASES[number] if number < len(BASES) else parts.pop(0)
    target, *query = parts or [""]
    try:
        url = api_request_url(base, target, tuple(zip(query[::2], query[1::2], strict=False)))
    except (UsageError, ConfigError) as exc:
        check_words(exc)
        return
    check_origin(base, url)
    path = urlsplit(url).path
    assert path.startswith(urlsplit(base).path.rstrip("/") + "/")
    assert url.isascii()
    assert url.isprintable()
    assert not set(url) & set(' \\#"<>^`{|}')
    own = path.removeprefix(urlsplit(base).path.rstrip("/"))
    assert not own.startswith("//")
    assert not {".", ".."} & set(re.split(r"[/\\]", unquote(unquote(own))))


def check_origin(base: str, url: str) -> None:
    ours = origin_of(base)

    assert by_rfc(url) == by_rfc(base) == (ours.scheme, ours.host, ours.port)
    assert by_library(url) == by_library(base) == tuple(ours)
    assert by_httpx(url) in (None, tuple(ours))
    assert origin_of(url) == ours


def by_library(url: str) -> Place:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme]


def by_httpx(url: str) -> Place | None:
    """Return what the HTTP library reads; None where it takes no such host and so sends nothing."""
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    return read.scheme, read.raw_host.decode("ascii"), read.port or PORTS[read.scheme]


def by_rfc(url: str) -> Place:
    whole = WHOLE.fullmatch(url)
    assert whole is not None
    authority = AUTHORITY.fullmatch(whole[2])
    assert authority is not None
    assert authority[1] is None
    scheme = whole[1].lower()
    return scheme, authority[2].strip("[]").lower(), int(authority[3] or PORTS[scheme])
