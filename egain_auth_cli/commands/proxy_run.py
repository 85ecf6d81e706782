"""Running ``proxy``: the token first, then the listener, a line for each request, and the end."""

from __future__ import annotations

import contextlib
import signal
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from egain_auth_cli.commands.bearer_choice import outer_token, token_source
from egain_auth_cli.errors import ConfigError, EgainError, UsageError
from egain_auth_cli.models.moments import duration_text
from egain_auth_cli.models.urls import origin_of
from egain_auth_cli.proxy.gate import FORWARDED, Gate
from egain_auth_cli.proxy.unix_socket import unix_socket
from egain_auth_cli.sanitize import printable, split_list
from egain_auth_cli.tokens.holder import TokenHolder
from egain_auth_cli.transport.loopback import bind_loopback, why_unavailable

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from pathlib import Path

    from egain_auth_cli.proxy.app import Served
    from egain_auth_cli.proxy.server import ProxyServer
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.terminal import Terminal
    from egain_auth_cli.tokens.holder import GivenToken
    from egain_auth_cli.tokens.request import TokenChoice

DEFAULT_PORT = 8461
_NAMES = ("127.0.0.1", "localhost")
_METHOD_WIDTH = max(map(len, FORWARDED))


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
    settings = None if outer is not None else runtime.settings(choice.flow)
    api_url = outer.api_url if outer is not None else settings.need("api_url") if settings is not None else ""
    tokens = token_source(runtime, choice, outer, settings)
    _require_libraries()
    tokens.token()  # a missing login is told here, and not by the first request
    with ExitStack() as stack:
        sockets, names, url = _listen(options, stack)
        gate = Gate(names=names, base_path=_path_of(api_url), methods=methods, cors_origins=pages)
        server = _server(runtime, api_url, gate, tokens)
        for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as a script's job in the background has SIGINT
                signal.signal(number, server.end)
        shown = {"url": f"{url}{gate.base_path}", "api_url": api_url}
        shown |= {} if options.socket is None else {"socket": str(options.socket.absolute())}
        if settings is not None and settings.flow.value is not None:
            shown |= {"profile": settings.profile.value or "", "flow": settings.flow.value.value}
        _announce(runtime.terminal, shown, tokens)
        server.serve_on(sockets)


def _listen(options: ProxyOptions, stack: ExitStack) -> tuple[Sequence[socket.socket], frozenset[str], str]:
    """Return listening sockets, the listener's names, and its URL."""
    if options.socket is not None:
        return [stack.enter_context(unix_socket(options.socket))], frozenset(_NAMES), "http://localhost"
    port = DEFAULT_PORT if options.port is None else options.port
    try:
        sockets = bind_loopback("localhost", port)
    except OSError as exc:
        raise ConfigError(
            f"the proxy cannot listen on port {port}: {why_unavailable(port, exc)}",
            hint="choose another one: `--port N`, or 0 for any",
        ) from exc
    port = sockets[0].getsockname()[1]
    for one in sockets:
        stack.callback(one.close)
    return sockets, frozenset(f"{name}:{port}" for name in _NAMES), f"http://{_NAMES[0]}:{port}"


def _server(runtime: Runtime, api_url: str, gate: Gate, tokens: TokenHolder | GivenToken) -> ProxyServer:
    from egain_auth_cli.proxy.app import ProxyApp
    from egain_auth_cli.proxy.forward import Forwarder
    from egain_auth_cli.proxy.server import ProxyServer
    from egain_auth_cli.transport.async_client import AsyncHttpClient

    api = origin_of(api_url)
    client = AsyncHttpClient(api, runtime.environ)
    forwarder = Forwarder(client, tokens, warn=partial(_warn_of_refusal, runtime.terminal))
    app = ProxyApp(api=api, gate=gate, forwarder=forwarder, report=partial(_report, runtime.terminal, tokens))
    return ProxyServer(app, close=client.close)


def _require_libraries() -> None:
    try:
        import egain_auth_cli.proxy.server  # noqa: F401
    except ModuleNotFoundError as exc:
        raise UsageError(
            f"the proxy needs `{printable(str(exc.name), limit=60)}`, which is not installed",
            hint='install egain with it, in its checkout: `pipx install --force ".[proxy,sandbox]"`',
        ) from exc


def _announce(terminal: Terminal, shown: dict[str, str], tokens: TokenHolder | GivenToken) -> None:
    if not terminal.stdout_is_terminal:
        terminal.json({"ready": True, **shown})
        return
    if terminal.quiet:
        return
    whose = f", as {tokens.person}" if tokens.person else f", as `{shown['profile']}`" if shown.get("profile") else ""
    left = tokens.seconds_left()
    told = [f"lives for {duration_text(left)}"] if left is not None else []
    told += ["is renewed by itself"] if isinstance(tokens, TokenHolder) else ["is the environment's, as it is"]
    terminal.line(f"Forwarding to {shown['api_url']}{whose}. Clients need no token: this one {' and '.join(told)}.")
    terminal.line("")
    terminal.line(f"Base URL:  {shown['url']}")
    if "socket" in shown:
        terminal.line(f"Socket:    {shown['socket']}")
    terminal.line("")
    terminal.line("Ctrl-C ends it.")


def _report(terminal: Terminal, tokens: TokenHolder | GivenToken, served: Served) -> None:
    said = [f"{served.method:{_METHOD_WIDTH}} {served.path}", str(served.status or "left")]
    said.append(f"{served.seconds * 1000:.0f} ms")
    left = tokens.seconds_left()
    if served.error is not None:
        said.append(served.error.message)
    elif left is not None:
        said.append(f"token {duration_text(left)}")
    line = "  ".join(said)
    with contextlib.suppress(EgainError):  # a terminal that is gone ends no request
        if terminal.stdout_is_terminal and not terminal.quiet:
            terminal.line(line)
        else:
            terminal.trace(line)


def _warn_of_refusal(terminal: Terminal, exc: EgainError) -> None:
    hint = f"; {exc.hint}" if exc.hint else ""
    terminal.warn(f"the API refused the token, and there is no other: {exc.message}{hint}")


def _page_origin(text: str) -> str:
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


def _path_of(api_url: str) -> str:
    return urlsplit(api_url).path.rstrip("/")
