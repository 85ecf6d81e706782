"""Which proxy a request takes, and where it is named: ``HTTPS_PROXY``, ``ALL_PROXY``, or the system's settings."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.sanitize import remember_secret
from egain_auth_cli.transport.no_proxy import literal_loopback, needs_no_proxy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.models.urls import Origin

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SOCKS = frozenset({"socks", "socks4", "socks4a", "socks5", "socks5h"})
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._:-]*[A-Za-z0-9_])?|[0-9A-Fa-f:.]+")
_NUMBERS = re.compile(r"\d+(?:\.\d+){3}")
_PORTS = {"http": 80, "https": 443}
_SYSTEMS = "the system's settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy; as a text its host, its port and where it is named, never its user name or password.

    Attributes:
        url: For the library: with user name and password.
        scheme: ``http`` or ``https``.
        host: A name, or an address without brackets.
        port: The scheme's own where the URL has none.
        source: The variable that names it, in backticks, or words for the system's settings.
        signs_in: Whether the URL has a user name.
    """

    url: str = field(repr=False)
    scheme: str
    host: str
    port: int
    source: str
    signs_in: bool

    @property
    def address(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def setting(self) -> str:
        """The variable to set for another one, in backticks."""
        return "`HTTPS_PROXY`" if self.source == _SYSTEMS else self.source

    def __str__(self) -> str:
        return f"`{self.address}` of {self.source}"


def proxy_for(origin: Origin, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for an origin, or None; loopback takes none. The redactor knows a password in its URL.

    Args:
        origin: Where the request goes.
        environ: In small letters a variable outranks itself in capitals, and hides it even where it is empty.

    Raises:
        ConfigError: The proxy's URL cannot be used; it is not shown, since it may hold a password.
    """
    if origin.loopback or literal_loopback(origin.host):
        return None
    _, no_proxy = _variable("no_proxy", environ)
    if no_proxy and needs_no_proxy(no_proxy, origin.host, origin.port):
        return None
    for name in (f"{origin.scheme}_proxy", "all_proxy"):
        spelled, value = _variable(name, environ)
        if value:
            return _proxy(value, f"`{spelled}`")
    named = _systems(origin)
    return _proxy(named, _SYSTEMS) if named else None


def _variable(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the name that a variable is set by, and its value; empty where it is not set."""
    spelled = name if name in environ else name.upper()
    return spelled, environ.get(spelled, "").strip()


def _systems(origin: Origin) -> str | None:
    if sys.platform not in ("win32", "darwin"):  # elsewhere there are variables alone
        return None
    # The standard library knows the registry of Windows and the System Configuration of macOS.
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(f"{origin.host}:{origin.port}") or proxy_bypass(origin.host):
        return None
    proxies = getproxies()
    return proxies.get(origin.scheme) or proxies.get("all")


def _proxy(value: str, source: str) -> Proxy:
    url = value if _SCHEME.match(value) else f"http://{value}"
    _refuse_socks(url, source)
    _refuse_raw(url, source)
    parts = _usable(url)
    if parts is None:
        encode = "; percent-encode what is not a letter or digit in its user name and password" if "@" in url else ""
        raise ConfigError(
            f"the proxy in {source} is not a usable URL", hint=f"set {source} as `http://HOST:PORT`{encode}"
        )
    if parts.password:
        remember_secret(unquote(parts.password))
        remember_secret(parts.password)
    return Proxy(
        url=parts.geturl(),  # not the value itself: a tab or line end in it is gone
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        source=source,
        signs_in=bool(parts.username),
    )


def _refuse_socks(url: str, source: str) -> None:
    if url.partition("://")[0].lower() in _SOCKS:
        raise ConfigError(
            f"the proxy in {source} is a SOCKS proxy, which is not supported",
            hint="name an HTTP proxy by `HTTPS_PROXY=http://HOST:PORT`; `NO_PROXY` lists hosts that need none",
        )


def _refuse_raw(url: str, source: str) -> None:
    """Refuse a character that ends a URL's host where it stands in a user name or password (RFC 3986 §3.2)."""
    userinfo = url.partition("://")[2].rpartition("@")[0]
    raw = next((char for char in userinfo if char in "/?#"), None)
    if raw is not None:
        raise ConfigError(
            f"the proxy in {source} has a raw `{raw}` before its `@`",
            hint=f"percent-encode it in the user name or password: `{quote(raw, safe='')}` for `{raw}`",
        )


def _usable(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        text, host = parts.geturl(), parts.hostname or ""
        if ":" in host or _NUMBERS.fullmatch(host):
            ip_address(host)
        named = bool(_HOST.fullmatch(host)) and ".." not in host
        plain = text.isascii() and text.isprintable()
        usable = parts.scheme in _PORTS and named and parts.port != 0 and plain
    except ValueError:
        usable = False
    return parts if usable else None
