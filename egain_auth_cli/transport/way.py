"""The way of a connection: to its origin, perhaps through a proxy, and how far along it we have come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.models.urls import Origin
    from egain_auth_cli.transport.proxy import Proxy


class Way:
    """A way, told of each step by the HTTP library as its extension ``trace``, so that an error names the right hop.

    Args:
        origin: Where it ends.
        proxy: What stands between, or None.
        authorities: The variable that names the certificates trusted; empty for the system's.

    Attributes:
        asked: Whether the proxy was asked for the origin.
        challenges: How the proxy wants to be signed in to: its ``Proxy-Authenticate`` headers.
    """

    def __init__(self, origin: Origin, proxy: Proxy | None = None, *, authorities: str = "") -> None:
        self.origin = origin
        self.proxy = proxy
        self.authorities = authorities
        self.asked = False
        self.challenges: list[str] = []
        self._tunnelled = False

    def __call__(self, step: str, info: Mapping[str, Any]) -> None:
        """Take note of a step; of an answer, nothing but the proxy's challenges is kept."""
        if self._tunnelled:
            return
        if step == "proxy.start_tls.started":  # what follows is between us and the origin
            self._tunnelled = True
        elif step == "http11.send_request_headers.complete":
            self.asked = True
        elif step == "http11.receive_response_headers.complete":
            self.challenges = [
                value.decode("latin-1")
                for name, value in info["return_value"][3]
                if name.lower() == b"proxy-authenticate"
            ]

    @property
    def hop(self) -> Proxy | None:
        """The proxy, as long as it has not led us to the origin."""
        return None if self._tunnelled else self.proxy

    @property
    def through(self) -> str:
        """The end of a hint: that there is a proxy between; empty where there is none."""
        return f"; the way is through the proxy {self.proxy}" if self.proxy else ""
