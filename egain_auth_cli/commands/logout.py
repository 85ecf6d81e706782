"""``egain logout``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.errors import EgainError
from egain_auth_cli.tokens.revocation import revoke_token
from egain_auth_cli.tokens.sign_out import SignOut

app = CommandSet()


@app.command(
    epilog="""\b
Examples:
  egain logout
  egain -p acme logout --no-revoke
  egain logout --all

The client secret stays; `egain secret delete` removes it."""
)
def logout(
    ctx: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Sign out of every profile.")] = False,
    no_revoke: Annotated[bool, typer.Option("--no-revoke", help="Do not ask the server to revoke the login.")] = False,
) -> None:
    """Forget stored logins and tokens, and revoke them where the server can."""
    runtime = ctx.obj
    config = runtime.config()
    sign_out = SignOut(
        runtime.environ,
        credentials=runtime.credentials,
        revoke=partial(revoke_token, runtime.token_endpoint),
        lock_seconds=runtime.seconds,
    )
    # Every profile gets its turn, whatever went wrong before; the first failure is told at the end.
    failure: EgainError | None = None
    for name in config.names if all_ else (runtime.profile,):
        try:
            done = sign_out.logout(config, profile=name, revoke=not no_revoke)
        except EgainError as exc:
            failure = failure or exc
            continue
        whose = f"profile `{done.profile}`" if done.profile else "the environment's client"
        what = (
            "nothing was stored"
            if not done.forgotten
            else "signed out" + (", revoked at the server" if done.revoked else "")
        )
        runtime.terminal.say(f"{whose}: {what}")
    if failure is not None:
        raise failure
