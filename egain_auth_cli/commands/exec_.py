"""``egain exec``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from egain_auth_cli.commands.exec_run import ExecOptions, run_exec
from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.options import TOKEN_GROUPS, token_options
from egain_auth_cli.exporters import DEFAULT_NAME
from egain_auth_cli.tokens.request import TokenChoice

app = CommandSet()


@app.command(
    groups={"Command": ("--name", "--expect", "--watch-expiry", "--refresh-file"), **TOKEN_GROUPS},
    context_settings={"allow_interspersed_args": False},
    epilog="""\b
Examples:
  egain exec -- ./job
  egain exec --client-credentials --expect 1800 -- make deploy
  # reads API_TOKEN and EGAIN_API_URL
  egain exec --name API_TOKEN -- python sync.py
  # reads the current token from token.txt
  egain exec --refresh-file token.txt -- ./long-job

The command gets the token, EGAIN_TOKEN_EXPIRES_AT (epoch seconds) and EGAIN_API_URL, and no
other EGAIN_* secret. Its signals and exit status are its own; what fails before it starts ends
with 125 to 127.""",
)
@token_options
def exec_(
    ctx: typer.Context,
    command: Annotated[list[str], typer.Argument(metavar="-- CMD [ARG]...", help="The command and its arguments.")],
    name: Annotated[str, typer.Option("--name", metavar="VAR", help="The variable's name.")] = DEFAULT_NAME,
    expect: Annotated[
        int | None,
        typer.Option("--expect", metavar="SECONDS", min=1, help="Warn if the token ends before the job does."),
    ] = None,
    watch_expiry: Annotated[
        bool, typer.Option("--watch-expiry", help="Stay, and warn when the token is about to end.")
    ] = False,
    refresh_file: Annotated[
        Path | None,
        typer.Option(
            "--refresh-file", metavar="PATH", help="Keep the current token in this file while the command runs."
        ),
    ] = None,
    *,
    choice: TokenChoice,
) -> None:
    """Run a command with a token in its environment."""
    options = ExecOptions(name=name, expect=expect, watch_expiry=watch_expiry, refresh_file=refresh_file)
    ctx.obj.child_status = run_exec(ctx.obj, command, options, choice)
