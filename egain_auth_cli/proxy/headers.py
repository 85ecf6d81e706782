"""The headers that go on, and those that end here (RFC 9110 §7.6): each way has its own."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.proxy.gate import Headers, values_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from egain_auth_cli.models.urls import Origin

_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade http2-settings".split()
)
_FRAMING = frozenset({b"content-length", b"host"})
"""Never named by Connection in good faith (RFC 9110 §7.6.1): without them the message would be another."""
_ENDS_HERE = frozenset(b"host authorization cookie origin expect forwarded x-real-ip via".split())
"""``Cookie``: a browser sends those of whatever else listens on this machine. ``Expect`` is answered here."""
_ALSO_END_HERE = (b"x-forwarded-", b"access-control-request-")
"""Beginnings of names."""
_OF_THE_API = frozenset(b"set-cookie set-cookie2 alt-svc strict-transport-security clear-site-data".split())
"""A browser would keep them for all that listens on this machine."""
_CORS = b"access-control-"
"""Likewise: which pages may read an answer is for the gate to say."""
_HOPS, _DIGITS = b"max-forwards", 10
"""How often OPTIONS may still be forwarded (RFC 9110 §7.6.2); a number as long is none."""
_VIA = "1.1 egain"


def request_headers(method: str, headers: Headers) -> tuple[tuple[str, str], ...]:
    """Return the headers of a request as they go on to the API, with a Via (RFC 9110 §7.6.3)."""
    dropped = _HOP_BY_HOP | _ENDS_HERE | _nominated(headers)
    kept = [
        (
            name.decode("latin-1"),
            _one_hop_less(value) if method == "OPTIONS" and name == _HOPS else value.decode("latin-1"),
        )
        for name, value in headers
        if name not in dropped and not name.startswith(_ALSO_END_HERE)
    ]
    via = ", ".join([*values_of(headers, "via"), _VIA])
    return (*kept, ("via", via))


def answer_headers(status: int, headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the headers of an answer as they go on to the client; those for pages of other origins are left out."""
    lowered = [(name.lower(), value) for name, value in headers]
    dropped = _HOP_BY_HOP | _OF_THE_API | _nominated(lowered)
    # RFC 9112 §6.3: beside chunks a length is void, and a 204 has none.
    if status == HTTPStatus.NO_CONTENT or any(name == b"transfer-encoding" for name, _ in lowered):
        dropped |= {b"content-length"}
    return [(name, value) for name, value in lowered if name not in dropped and not name.startswith(_CORS)]


def cors_headers(origin: str | None) -> Headers:
    """Return what lets a page of an origin read the answer; nothing where there is none."""
    if origin is None:
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b"*"),
        (b"vary", b"Origin"),
    ]


def preflight_headers(headers: Headers, origin: str | None) -> Headers:
    """Return the answer to a page that asks whether it may send a request, which is what it asks for."""
    asked = {name: value for name, value in headers if name.startswith(b"access-control-request-")}
    answer = [
        (b"access-control-allow-methods", asked[b"access-control-request-method"]),
        (b"access-control-max-age", b"600"),
    ]
    if wanted := asked.get(b"access-control-request-headers"):
        answer.append((b"access-control-allow-headers", wanted))
    if asked.get(b"access-control-request-private-network") == b"true":
        answer.append((b"access-control-allow-private-network", b"true"))
    return [*cors_headers(origin), *answer]


def own_location(location: str, *, url: str, api: Origin, base: str) -> str | None:
    """Return where a Location of the API leads through the proxy; None where it leads to another origin.

    Args:
        location: As the API sent it, perhaps relative.
        url: The request's, at the API.
        api: The API's origin.
        base: The proxy's scheme, host and port.
    """
    try:
        target = urlsplit(urljoin(url, location))
        if origin_of(f"{target.scheme}://{target.netloc}") != api:
            return None
    except (ConfigError, ValueError):
        return None
    return base + target._replace(scheme="", netloc="", path=target.path or "/").geturl()


def _one_hop_less(value: bytes) -> str:
    return str(int(value) - 1) if value.isdigit() and len(value) < _DIGITS else value.decode("latin-1")


def _nominated(headers: Headers) -> frozenset[bytes]:
    named = {name.strip().lower() for key, value in headers if key == b"connection" for name in value.split(b",")}
    return frozenset(named) - _FRAMING
