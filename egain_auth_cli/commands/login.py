"""``egain login``."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.hints import for_profile
from egain_auth_cli.commands.login_text import login_lines
from egain_auth_cli.commands.options import LOGIN_GROUPS, finite_seconds, login_options
from egain_auth_cli.errors import ProfileMissing
from egain_auth_cli.settings.environment_token import TOKEN, WAY_OUT, gives_token
from egain_auth_cli.settings.recheck import recheck_profile
from egain_auth_cli.sign_in.browser import Browser
from egain_auth_cli.sign_in.request import DEFAULT_LOGIN_SECONDS, LoginRequest
from egain_auth_cli.sign_in.sign_in import SignIn
from egain_auth_cli.tokens.request import TokenChoice

app = CommandSet()


@app.command(
    groups=LOGIN_GROUPS,
    epilog="""\b
Examples:
  # with the profile's flow
  egain login
  # a Single Page Application or Native client application
  egain login --pkce
  # a Web client application, with its secret
  egain login --auth-code
  egain login --pkce --actor customer
  # open the address elsewhere, paste where it ended
  egain login --no-browser

The address is always printed; on a terminal the redirect's address can be pasted at any time.""",
)
@login_options
def login(
    ctx: typer.Context,
    choice: TokenChoice,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser; print the address.")] = False,
    timeout: Annotated[
        float,
        typer.Option("--timeout", metavar="SECONDS", callback=finite_seconds, help="How long to wait for the person."),
    ] = DEFAULT_LOGIN_SECONDS,
    force: Annotated[bool, typer.Option("--force", help="Sign in again although there is a login.")] = False,
) -> None:
    """Sign a person in, in the browser, and keep the login."""
    runtime = ctx.obj
    try:
        settings = runtime.settings(choice.flow)
    except ProfileMissing as missing:
        from egain_auth_cli.commands.profile_wizard import offer_profile

        if not offer_profile(runtime, missing):
            return
        settings = runtime.settings(choice.flow)
    terminal = runtime.terminal
    if gives_token(runtime.environ) and runtime.profile is None:
        terminal.warn(f"`egain call` uses the token of `{TOKEN}`, not this login; {WAY_OUT}")

    # A pipe is read with --no-browser alone: without it, standard input may be meant for the next command of a script.
    pastes = terminal.can_ask or (no_browser and terminal.stdin_is_a_pipe)
    request = LoginRequest(
        settings=settings,
        seconds=timeout,
        open_browser=not no_browser,
        force=force,
        paste_from=terminal.stdin_handle if pastes else None,
        asks_again=terminal.stdin_is_terminal,
        fit_hint=partial(for_profile, runtime=runtime),
    )
    sign_in = SignIn(
        runtime.credentials(settings),
        sender=runtime.token_endpoint,
        open_browser=Browser(runtime.environ, notify=terminal.instruct, trace=terminal.trace).open,
        notify=terminal.instruct,
        show_address=terminal.show_address,
        clock=runtime.clock,
        recheck=lambda: recheck_profile(settings, runtime.config()),
        lock_seconds=runtime.seconds,
    )
    # Where somebody may type, the line would be in the way.
    with nullcontext() if pastes else terminal.progress("waiting for the browser"):
        signed_in = sign_in.login(request)
    for line in login_lines(signed_in, settings, now=runtime.clock()):
        terminal.say(line)
