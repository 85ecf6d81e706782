"""The proxy in a thread of the test, before a scripted API, with tokens that the test makes up."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.urls import base_path, origin_of
from egain_auth_cli.proxy.app import ProxyApp, Served
from egain_auth_cli.proxy.forward import Forwarder
from egain_auth_cli.proxy.gate import Gate
from egain_auth_cli.proxy.server import ProxyServer
from egain_auth_cli.transport.async_client import AsyncHttpClient
from egain_auth_cli.transport.loopback import bind_loopback
from fakes.raw_http import RawAnswer, connect, exchange, read_answer

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from egain_auth_cli.errors import EgainError

TOKEN = "proxy-canary-0"


class MadeUpTokens:
    """Gives ``proxy-canary-0``, and after each refusal the next number.

    Attributes:
        renewals: How often it was renewed.
        missing: Why there is no token.
        lost: Why there is no other than the one that was refused.
    """

    def __init__(self) -> None:
        self.renewals = 0
        self.missing: EgainError | None = None
        self.lost: EgainError | None = None
        self._lock = threading.Lock()

    def token(self) -> Secret:
        if self.missing is not None:
            raise self.missing
        return Secret(f"proxy-canary-{self.renewals}")

    def renewed(self, rejected: Secret) -> Secret | None:
        if self.lost is not None:
            raise self.lost
        with self._lock:
            self.renewals += self.token() == rejected
            return self.token()

    def settle(self) -> None:
        pass


@dataclass
class Proxied:
    """A proxy that runs.

    Attributes:
        url: Where it listens.
        server: Serves it.
        tokens: Those that it adds.
        served: What it reported.
        warned: What it warned of.
    """

    url: str
    server: ProxyServer = field(init=False)
    tokens: MadeUpTokens = field(default_factory=MadeUpTokens)
    served: list[Served] = field(default_factory=list, repr=False)
    warned: list[EgainError] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Host and port."""
        return urlsplit(self.url).netloc

    def open(self) -> socket.socket:
        """Connect."""
        return connect(self.url)

    def head(self, target: str, *headers: str, method: str = "GET") -> bytes:
        """Return a request's head as bytes."""
        return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {self.name}", *headers, "", ""]).encode("latin-1")

    def ask(self, target: str, *headers: str, method: str = "GET", body: bytes = b"") -> RawAnswer:
        """Send one request on a connection of its own, and read until it is closed."""
        length = [f"Content-Length: {len(body)}"] if body else []
        return exchange(self.url, self.head(target, *headers, *length, "Connection: close", method=method) + body)

    def send(self, request: bytes) -> RawAnswer:
        """Send bytes, and read until the connection is closed."""
        with self.open() as sock:
            sock.sendall(request)
            return read_answer(sock)


@contextlib.contextmanager
def proxied(api_url: str, **gate: Any) -> Iterator[Proxied]:
    """Run a proxy before an API."""
    (listener,) = bind_loopback("127.0.0.1", 0)
    port = listener.getsockname()[1]
    proxy = Proxied(f"http://127.0.0.1:{port}")
    client = AsyncHttpClient(origin_of(api_url), {})
    names = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
    app = ProxyApp(
        api=origin_of(api_url),
        gate=Gate(names=names, base_path=base_path(api_url), **gate),
        forwarder=Forwarder(client, proxy.tokens, warn=proxy.warned.append),
        report=proxy.served.append,
    )
    proxy.server = ProxyServer(app, close=client.close)
    thread = threading.Thread(target=proxy.server.serve_on, args=([listener],))
    thread.start()
    try:
        yield proxy
    finally:
        proxy.server.end()
        thread.join(20)

    assert not thread.is_alive()
