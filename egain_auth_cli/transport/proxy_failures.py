"""The errors of a proxy that does not lead to the origin: not found, silent, refusing, or not able to reach it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from egain_auth_cli.errors import BadAnswer, NetworkError, TimedOut
from egain_auth_cli.sanitize import printable

if TYPE_CHECKING:
    from egain_auth_cli.deadline import Timeouts
    from egain_auth_cli.transport.proxy import Proxy
    from egain_auth_cli.transport.way import Way

_NO_ENTRY = "`NO_PROXY` lists hosts that need none"
_CREDENTIALS_MISSING = 407
_DENIED = 403
_NO_CONNECT = 501
_UNREACHED = frozenset(range(500, 600)) - {_NO_CONNECT}
"""Squid answers 503 where nobody listens, and 500 where a name has no address."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]{0,19})(?=\s*(?:,|$)|\s+[^\s=])")
"""The name at the start of a challenge (RFC 9110 §11.6.1); a parameter's has a `=` after it."""
_MOST_SCHEMES = 3


def silent_proxy(proxy: Proxy, way: Way, seconds: float, timeouts: Timeouts) -> TimedOut:
    """Return the error of a proxy that did not connect us in time; ``seconds`` is how long it could take."""
    did = f"did not lead to `{way.origin}`" if way.asked else "did not answer"
    return TimedOut(
        f"the proxy {proxy} {did} within {seconds:g} s",
        hint=f"check {proxy.setting}, the network and the VPN; {_NO_ENTRY}; {timeouts.setting}",
    )


def unknown_proxy(proxy: Proxy) -> NetworkError:
    """Return the error of a proxy whose name has no address."""
    return NetworkError(
        f"the proxy {proxy} cannot be found",
        hint=f"check {proxy.setting} for a slip, the network and the VPN; {_NO_ENTRY}",
    )


def unreachable_proxy(proxy: Proxy, reason: str) -> NetworkError:
    """Return the error of a proxy that takes no connection, for the system's reason."""
    return NetworkError(
        f"cannot connect to the proxy {proxy}: {printable(reason.lower(), limit=120)}",
        hint=f"check host and port in {proxy.setting}, the network and the VPN; {_NO_ENTRY}",
    )


def no_proxy_there(proxy: Proxy) -> BadAnswer:
    """Return the error of a proxy whose answer is not HTTP."""
    return BadAnswer(
        f"the proxy {proxy} sent an answer that is no valid HTTP",
        hint=f"check scheme, host and port in {proxy.setting}: an HTTP proxy must be there",
    )


def refused_by_proxy(proxy: Proxy, way: Way, status: int) -> NetworkError:
    """Return the error for a proxy's answer.

    Args:
        proxy: Who answered.
        way: Its origin was asked for; it holds the proxy's challenges.
        status: Of the answer.
    """
    if status == _CREDENTIALS_MISSING:
        return _sign_in_failed(proxy, way)
    if status == _DENIED:
        return NetworkError(
            f"the proxy {proxy} does not allow a connection to `{way.origin}` (status {status})",
            hint=f"ask whoever runs the proxy to allow `{way.origin.host}`, port {way.origin.port}; {_NO_ENTRY}",
        )
    if status in _UNREACHED:
        return NetworkError(
            f"the proxy {proxy} could not reach `{way.origin}` (status {status})",
            hint=f"check the URL for a slip; if it is right, tell whoever runs the proxy; {_NO_ENTRY}",
        )
    return NetworkError(
        f"the proxy {proxy} refused a connection to `{way.origin}` (status {status})",
        hint=f"check host and port in {proxy.setting}: an HTTP proxy that takes CONNECT must be there; {_NO_ENTRY}",
    )


def _sign_in_failed(proxy: Proxy, way: Way) -> NetworkError:
    schemes = _schemes(way.challenges)
    if schemes and "basic" not in {one.lower() for one in schemes}:
        return NetworkError(
            f"the proxy {proxy} wants a sign-in by {' or '.join(schemes[:_MOST_SCHEMES])} (status 407), "
            "which is not supported",
            hint=f"name a local helper that signs in for you, such as Px or cntlm, by {proxy.setting}, or ask whoever "
            f"runs the proxy for a sign-in by Basic; {_NO_ENTRY}",
        )
    if proxy.signs_in:
        return NetworkError(
            f"the proxy {proxy} refused the user name or password (status 407)",
            hint=f"check them in {proxy.setting}; what is not a letter or digit in them must be percent-encoded",
        )
    return NetworkError(
        f"the proxy {proxy} wants a user name and password (status 407)",
        hint=f"set {proxy.setting} as `{proxy.scheme}://USER:PASSWORD@{proxy.address}`, both percent-encoded",
    )


def _schemes(challenges: list[str]) -> list[str]:
    """Return the names of the ways to sign in, in their order, each once."""
    found = [name for line in challenges for name in _SCHEME.findall(_QUOTED.sub('""', line))]
    return list(dict.fromkeys(found))
