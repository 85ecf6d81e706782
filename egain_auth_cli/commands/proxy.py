"""``egain proxy``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.options import TOKEN_GROUPS, token_options
from egain_auth_cli.commands.proxy_run import DEFAULT_PORT, ProxyOptions, run_proxy
from egain_auth_cli.tokens.request import TokenChoice

app = CommandSet()


@app.command(
    groups={"Proxy": ("--port", "--socket", "--allow", "--cors-origin"), **TOKEN_GROUPS},
    epilog="""\b
Examples:
  egain proxy
  # then, in another terminal, without any token:
  curl -H 'Accept-Language: en-US' http://127.0.0.1:8461/knowledge/portalmgr/v4/portals
  egain proxy --client-credentials --port 0
  egain proxy --pkce --allow GET,HEAD
  egain proxy --socket ./egain.sock
  curl --unix-socket ./egain.sock -H 'Accept-Language: en-US' http://localhost/knowledge/portalmgr/v4/portals
  egain proxy --cors-origin http://localhost:8080

Only programs of this machine reach it, and what a web page sends is refused. Each request
goes to the profile's API with a current token; no client holds one. A browser's page may
read the answers where `--cors-origin` names its origin. Each request is told by a line, in a
pipe only with `-v`, without its query and body. No `Accept-Language` is added.""",
)
@token_options
def proxy(
    ctx: typer.Context,
    choice: TokenChoice,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="N", min=0, max=65535, help=f"The port (default {DEFAULT_PORT}); 0 takes any."),
    ] = None,
    socket: Annotated[
        Path | None,
        typer.Option("--socket", metavar="PATH", help="Listen on a Unix socket, which you alone can open, instead."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="METHOD[,METHOD]...", help="Forward these methods alone, such as GET."),
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option("--cors-origin", metavar="ORIGIN", help="Let the pages of this origin use it; repeatable."),
    ] = None,
) -> None:
    """Let any program call the API through a local address, until Ctrl-C."""
    options = ProxyOptions(port=port, socket=socket, allow=tuple(allow or ()), cors_origins=tuple(cors_origin or ()))
    run_proxy(ctx.obj, options, choice)
