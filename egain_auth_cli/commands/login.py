"""``egain login``."""

from __future__ import annotations

from typing import Annotated

import typer

from egain_auth_cli.commands.completion import complete_scope
from egain_auth_cli.commands.login_text import signed_in_words
from egain_auth_cli.commands.options import one_flow
from egain_auth_cli.models.grants import Actor
from egain_auth_cli.settings.resolve import FlowOptions
from egain_auth_cli.sign_in.sign_in import DEFAULT_LOGIN_SECONDS, LoginRequest

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    epilog="""\b
Examples:
  egain login                        with the profile's flow
  egain login --pkce                 a Single Page Application or Native client application
  egain login --auth-code            a Web client application, with its secret
  egain login --pkce --actor customer
  egain login --no-browser           open the address elsewhere, paste where it ended

\b
The address is always printed; on a terminal the redirect's address can be pasted at any time."""
)
def login(
    ctx: typer.Context,
    pkce: Annotated[bool, typer.Option("--pkce", help="Authorization code with PKCE, for a public client.")] = False,
    auth_code: Annotated[bool, typer.Option("--auth-code", help="Authorization code with a client secret.")] = False,
    actor: Annotated[Actor | None, typer.Option("--actor", help="Who signs in, an agent or a customer.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            metavar="S",
            help="Ask for this scope instead of the profile's; repeatable.",
            autocompletion=complete_scope,
        ),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser; print the address.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=1, help="How long to wait for the person.")
    ] = DEFAULT_LOGIN_SECONDS,
    force: Annotated[bool, typer.Option("--force", help="Sign in again although there is a login.")] = False,
) -> None:
    """Sign a person in, in the browser, and keep the login."""
    runtime = ctx.obj
    flow = one_flow({"pkce": pkce, "auth_code": auth_code})
    settings = runtime.settings(FlowOptions(flow=flow, actor=actor, scopes=tuple(scope or ())))
    terminal = runtime.terminal
    pastes = terminal.can_ask or (no_browser and not terminal.stdin_is_terminal)
    request = LoginRequest(
        settings=settings,
        seconds=timeout,
        open_browser=not no_browser,
        force=force,
        paste_from=terminal.stdin_handle if pastes else None,
        asks_again=terminal.stdin_is_terminal,
    )
    signed_in = runtime.session_service(settings).login(request)
    for words in signed_in_words(signed_in, settings, now=runtime.clock()):
        terminal.say(words)
