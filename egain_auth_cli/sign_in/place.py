"""Where a redirect URI leads, whichever of its names this machine is called by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from egain_auth_cli.models.urls import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_USUAL_PORTS = frozenset({None, 80, 443})
"""One of the other, where a browser has put ``https`` for ``http``."""


class RedirectPlace(NamedTuple):
    """A redirect URI's place. The loopback names are one: no name of somebody else's can stand for them.

    Attributes:
        hosts: Lower case, an IPv6 address without brackets.
        port: None where the URI has none.
        path: At least a slash.
    """

    hosts: frozenset[str]
    port: int | None
    path: str

    @classmethod
    def of(cls, uri: str) -> RedirectPlace:
        """Return where a registered redirect URI leads."""
        parts = urlsplit(uri)
        host = parts.hostname or ""
        return cls(LOOPBACK_HOSTS if host in LOOPBACK_HOSTS else frozenset({host}), parts.port, parts.path or "/")

    @property
    def netlocs(self) -> frozenset[str]:
        """Host and port as addresses and ``Host`` headers have them."""
        names = [f"[{host}]" if ":" in host else host for host in self.hosts]
        bare = names if self.port in (None, 80) else []
        return frozenset([*bare, *(f"{name}:{self.port or 80}" for name in names)])

    def has(self, url: SplitResult) -> bool:
        """Return whether a URL leads here: with ``http`` or ``https``, and nothing that hides its host.

        Raises:
            ValueError: Its port is none.
        """
        return (
            url.scheme in ("http", "https")
            and "@" not in url.netloc
            and (url.hostname or "") in self.hosts
            and (url.port == self.port or {url.port, self.port} <= _USUAL_PORTS)
            and (url.path or "/") == self.path
        )

    def begins_with(self, text: str) -> bool:
        """Return whether a text is the beginning of an address of this place, before its query."""
        given = text.lower()
        return any(
            f"{scheme}{netloc}{self.path}".lower().startswith(given)
            for scheme in ("http://", "https://", "")
            for netloc in self.netlocs
        )
