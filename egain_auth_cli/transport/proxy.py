"""Which proxy a request takes, from ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.sanitize import remember_secret

_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._:-]*[A-Za-z0-9_])?|[0-9A-Fa-f:.]+")

if TYPE_CHECKING:
    from collections.abc import Iterable

    from egain_auth_cli.models.urls import Origin


def proxy_for(origin: Origin, variables: Iterable[str]) -> str | None:
    """Return the URL of the proxy for an origin, or None; loopback takes none. The redactor knows a password in it.

    Args:
        origin: Where the request goes.
        variables: The names in the environment.

    Raises:
        ConfigError: The proxy's URL cannot be used; it is not shown, since it may hold a password.
    """
    if origin.loopback or not _may_be_proxied(variables):
        return None
    # The standard library knows the systems' own settings too: the registry on Windows, System Configuration on macOS.
    from urllib.request import getproxies, proxy_bypass

    if proxy_bypass(f"{origin.host}:{origin.port}") or proxy_bypass(origin.host):
        return None
    proxies = getproxies()
    value = proxies.get(origin.scheme) or proxies.get("all")
    if not value:
        return None
    parts = _usable(value if "://" in value else f"http://{value}")
    if parts is None:
        name = f"{origin.scheme.upper()}_PROXY"
        raise ConfigError(f"the proxy in `{name}` is not a usable URL", hint=f"set `{name}` as `http://HOST:PORT`")
    if parts.password:
        remember_secret(unquote(parts.password))
        remember_secret(parts.password)
    return parts.geturl()  # not the value itself: a tab or line end in it is gone


def _may_be_proxied(variables: Iterable[str]) -> bool:
    """Return whether there can be a proxy at all: asking the library costs time, and on Linux variables alone count."""
    return sys.platform in ("win32", "darwin") or any(name.lower().endswith("_proxy") for name in variables)


def _usable(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        text = parts.geturl()
        named = bool(_HOST.fullmatch(parts.hostname or "")) and ".." not in (parts.hostname or "")
        plain = text.isascii() and text.isprintable()
        usable = parts.scheme in ("http", "https") and named and parts.port != 0 and plain
    except ValueError:
        usable = False
    return parts if usable else None
