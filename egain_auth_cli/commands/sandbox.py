"""``egain sandbox``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.sandbox_run import SandboxOptions, run_sandbox

app = CommandSet()


@app.command(
    epilog="""\b
Examples:
  egain sandbox
  # then, in another terminal:
  egain -p sandbox token --client-credentials
  egain -p sandbox login --pkce
  egain -p sandbox call GET /knowledge/portalmgr/v4/portals/user

Listens on 127.0.0.1 alone and keeps everything in memory; its secrets are public."""
)
def sandbox(
    ctx: typer.Context,
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="The port; 0 takes any.")] = 8460,
    profile: Annotated[str, typer.Option("--profile", metavar="NAME", help="The profile to write.")] = "sandbox",
    no_profile: Annotated[bool, typer.Option("--no-profile", help="Write no profile.")] = False,
    token_lifetime: Annotated[
        int, typer.Option("--token-lifetime", metavar="SECONDS", min=1, help="Life of access tokens.")
    ] = 3600,
    access_log: Annotated[
        Path | None,
        typer.Option("--access-log", metavar="FILE", help="A line of JSON a request: names of fields, never values."),
    ] = None,
) -> None:
    """Run a local eGain, with a sign-in page and a few API resources, until Ctrl-C."""
    run_sandbox(
        ctx.obj,
        SandboxOptions(
            port=port,
            profile=None if no_profile else profile,
            token_lifetime=token_lifetime,
            access_log=access_log,
        ),
    )
