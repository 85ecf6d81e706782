"""Running ``proxy``: the token first, then the listener, and the end."""

from __future__ import annotations

import signal
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from egain_auth_cli.commands.bearer_choice import outer_token, token_source
from egain_auth_cli.commands.extras import libraries_of
from egain_auth_cli.commands.proxy_report import ProxyReport
from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.models.urls import base_path, origin_of
from egain_auth_cli.proxy.gate import FORWARDED, LOOPBACK_NAMES, Gate, listener_names
from egain_auth_cli.proxy.unix_socket import unix_socket
from egain_auth_cli.sanitize import printable, split_list
from egain_auth_cli.transport.loopback import bind_loopback, close_sockets, why_unavailable

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from egain_auth_cli.proxy.server import ProxyServer
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.tokens.holder import GivenToken, TokenHolder
    from egain_auth_cli.tokens.request import TokenChoice

DEFAULT_PORT = 8461


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyOptions:
    """The options of ``proxy`` but for the token's.

    Attributes:
        port: To listen on; 0 takes any free one, None the usual one.
        socket: A Unix socket's path instead.
        allow: Methods, separated by commas; none for all.
        cors_origins: Of the pages that may use it.
    """

    port: int | None
    socket: Path | None
    allow: tuple[str, ...]
    cors_origins: tuple[str, ...]

    def methods(self) -> tuple[str, ...]:
        """Return the methods to forward.

        Raises:
            UsageError: One of them is never forwarded.
        """
        named = [method.upper() for text in self.allow for method in split_list(text)]
        unknown = next((one for one in named if one not in FORWARDED), None)
        if unknown is not None or (self.allow and not named):
            raise UsageError(
                f"`--allow` takes no `{printable(unknown or '', limit=40)}`",
                hint=f"name methods of {', '.join(FORWARDED)}, such as `--allow GET,HEAD`",
            )
        return tuple(one for one in FORWARDED if one in named) or FORWARDED

    def origins(self) -> frozenset[str]:
        """Return the origins as browsers write them.

        Raises:
            UsageError: One is no origin.
        """
        return frozenset(map(_page_origin, self.cors_origins))


def run_proxy(runtime: Runtime, options: ProxyOptions, choice: TokenChoice) -> None:
    """Serve until a signal ends it.

    Raises:
        UsageError: An option is wrong, or the proxy's libraries are not installed.
        ConfigError: The port or the socket is taken.
        EgainError: There is no token.
    """
    if options.socket is not None and options.port is not None:
        raise UsageError("`--port` and `--socket` are two places to listen on", hint="name one")
    methods, pages = options.methods(), options.origins()
    outer = outer_token(runtime, choice)
    settings = None
    if outer is None:
        settings = runtime.settings(choice.flow)
        api_url = settings.need("api_url")
    else:
        api_url = outer.api_url
    tokens = token_source(runtime, choice, outer, settings)
    with libraries_of("proxy"):
        import egain_auth_cli.proxy.server  # noqa: F401
    tokens.token()  # a missing login is told here, and not by the first request
    with ExitStack() as stack:
        sockets, names, url = _listen(options, stack)
        gate = Gate(names=names, base_path=base_path(api_url), methods=methods, cors_origins=pages)
        report = stack.enter_context(ProxyReport(runtime.terminal, tokens))
        server = _server(runtime, api_url, gate, tokens, report)
        _on_signals(server.end)
        shown = {"url": f"{url}{gate.base_path}", "api_url": api_url}
        shown |= {} if options.socket is None else {"socket": str(options.socket.absolute())}
        if settings is not None and settings.flow.value is not None:
            shown |= {"profile": settings.profile.value or "", "flow": settings.flow.value.value}
        report.announce(shown)
        server.serve_on(sockets)
        with suppress(KeyboardInterrupt):  # whoever asks once more to end it does not wait for a renewal either
            _on_signals(signal.default_int_handler)
            tokens.settle()
        _on_signals(server.end)


def _on_signals(handler: Callable[..., object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as a script's job in the background has SIGINT
            signal.signal(number, handler)


def _listen(options: ProxyOptions, stack: ExitStack) -> tuple[Sequence[socket.socket], frozenset[str], str]:
    """Return listening sockets, the listener's names, and its URL."""
    if options.socket is not None:
        return [stack.enter_context(unix_socket(options.socket))], frozenset(LOOPBACK_NAMES), "http://localhost"
    port = DEFAULT_PORT if options.port is None else options.port
    try:
        sockets = bind_loopback("localhost", port)
    except OSError as exc:
        raise ConfigError(
            f"the proxy cannot listen on port {port}: {why_unavailable(port, exc)}",
            hint="choose another one: `--port N`, or 0 for any",
        ) from exc
    port = sockets[0].getsockname()[1]
    stack.callback(close_sockets, sockets)
    return sockets, listener_names(port), f"http://{LOOPBACK_NAMES[0]}:{port}"


def _server(
    runtime: Runtime, api_url: str, gate: Gate, tokens: TokenHolder | GivenToken, report: ProxyReport
) -> ProxyServer:
    from egain_auth_cli.proxy.app import ProxyApp
    from egain_auth_cli.proxy.forward import Forwarder
    from egain_auth_cli.proxy.server import ProxyServer
    from egain_auth_cli.transport.async_client import AsyncHttpClient

    api = origin_of(api_url)
    client = AsyncHttpClient(api, runtime.environ)
    forwarder = Forwarder(client, tokens, warn=report.refused)
    app = ProxyApp(api=api, gate=gate, forwarder=forwarder, report=report.served)
    return ProxyServer(app, close=client.close)


def _page_origin(text: str) -> str:
    if "://" not in text:
        raise UsageError(
            f"`--cors-origin` takes scheme, host and port, no `{printable(text, limit=200)}`",
            hint="such as `--cors-origin http://localhost:8080`",
        )
    try:
        origin = origin_of(text)
    except ConfigError as exc:
        raise UsageError(
            f"`--cors-origin`: {exc.message}", hint="such as `--cors-origin http://localhost:8080`"
        ) from None
    if text.rstrip("/").partition("://")[2].find("/") >= 0 or "?" in text:
        raise UsageError(
            f"`--cors-origin` takes scheme, host and port alone, no `{printable(text, limit=200)}`",
            hint=f"`--cors-origin {origin}`",
        )
    return str(origin)
