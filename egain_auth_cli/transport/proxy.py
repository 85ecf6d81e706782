"""Which proxy a request takes, from ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.sanitize import remember_secret

if TYPE_CHECKING:
    from egain_auth_cli.models.urls import Origin


def proxy_for(origin: Origin) -> str | None:
    """Give the URL of the proxy for an origin, or None. Loopback addresses never go through one.

    Raises:
        ConfigError: The proxy's URL cannot be used; it is not shown, since it may hold a password.
    """
    if origin.loopback or proxy_bypass(f"{origin.host}:{origin.port}") or proxy_bypass(origin.host):
        return None
    proxies = getproxies()
    value = proxies.get(origin.scheme) or proxies.get("all")
    if not value:
        return None
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        name = f"{origin.scheme.upper()}_PROXY"
        raise ConfigError(f"the proxy in `{name}` is not a usable URL", hint=f"set `{name}` as `http://HOST:PORT`")
    if parts.password:
        remember_secret(unquote(parts.password))
        remember_secret(parts.password)
    return url
