"""What a URL in a profile may look like, and what its origin is (RFC 6454 §4)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.sanitize import printable

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_DEFAULT_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
_ALLOWED = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
"""RFC 3986's characters. A backslash or a raw space is where two parsers begin to disagree on the host."""


class Origin(NamedTuple):
    """Scheme, host and port of a URL; compared exactly.

    Attributes:
        scheme: ``https`` or ``http``.
        host: In lower case, since eGain's documents have some in capitals; an IPv6 address without brackets.
        port: The scheme's own where the URL has none.
    """

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = "" if self.port == _DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{shown}"

    @property
    def loopback(self) -> bool:
        """Whether this is one of the loopback addresses."""
        return self.host in LOOPBACK_HOSTS


def check_url(value: str, *, field: str, query: bool = True) -> str:
    """Check a URL that a request or a browser will be sent to.

    Args:
        value: The URL.
        field: The setting's name, for the message.
        query: Whether a query is allowed.

    Returns:
        ``value`` itself.

    Raises:
        ConfigError: Not https (plain http only on loopback), or with userinfo, a fragment, a control
            character, a backslash or anything that two URL parsers might read differently.
    """
    _split_checked(value, field=field, query=query)
    return value


def origin_of(value: str, *, field: str = "URL") -> Origin:
    """Return the origin of a URL.

    Raises:
        ConfigError: As ``check_url``.
    """
    _split_checked(value, field=field, query=True)
    return _origin(value)


@lru_cache(maxsize=64)
def _origin(value: str) -> Origin:
    parts = urlsplit(value)
    host = (parts.hostname or "").lower()
    return Origin(parts.scheme, host, parts.port or _DEFAULT_PORTS[parts.scheme])


def base_path(api_url: str) -> str:
    """Return the path that all requests to an API are below, without a slash at its end; empty for the whole host."""
    return urlsplit(api_url).path.rstrip("/")


def climbs(path: str) -> bool:
    """Return whether a segment means "here" or "up" to some server, encoded or with path parameters."""
    # Twice: a proxy in front of the API may decode once, and the server behind it again.
    once = unquote(path)
    return any(
        segment.partition(";")[0] in (".", "..")
        for form in (path, once, unquote(once))
        for segment in re.split(r"[/\\]", form)
    )


def _split_checked(value: str, *, field: str, query: bool) -> SplitResult:
    fault = _fault(value, query=query)
    if fault is not None:
        raise ConfigError(
            f"`{field}` is not a usable URL: {fault}: `{printable(without_userinfo(value), limit=200)}`",
            hint="use an `https` URL as the Metadata panel shows it; plain `http` is for loopback addresses alone",
        )
    return urlsplit(value)


@lru_cache(maxsize=64)  # a page of a list checks the same few URLs again and again
def _fault(value: str, *, query: bool) -> str | None:  # noqa: PLR0911  one rule, one line
    if not _ALLOWED.fullmatch(value):
        return "it is empty or holds a character that no URL has"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return "it cannot be parsed"
    if parts.scheme not in _DEFAULT_PORTS or not value[len(parts.scheme) :].startswith("://"):
        return "the scheme must be `https`"
    # `https://api.egain.cloud@evil.example/` looks like the one host and is the other (RFC 3986 §7.6).
    if "@" in parts.netloc:
        return "it holds a user name or password"
    if "#" in value:
        return "it holds a fragment"
    host = parts.netloc.rpartition(":")[0] if _has_port(parts.netloc) else parts.netloc
    if not _HOST.fullmatch(host) or ".." in host or port == 0:
        return "its host or port is not valid"
    if parts.netloc.endswith(":"):
        return "its port is missing"
    if parts.scheme == "http" and (parts.hostname or "") not in LOOPBACK_HOSTS:
        return "plain `http` is refused"
    if not query and "?" in value:
        return "it must not hold a query"
    return None


def _has_port(netloc: str) -> bool:
    return bool(re.search(r":\d*$", netloc))


def without_userinfo(value: str) -> str:
    """Return a URL, or what holds one, without the user name and password before its host."""
    return re.sub(r"//[^/?#]*@", "//****@", value)
