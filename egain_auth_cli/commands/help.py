"""``egain help``."""

from __future__ import annotations

from typing import Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet

app = CommandSet()


@app.command("help", epilog="\b\nExamples:\n  egain help\n  egain help call\n  egain help profile add")
def help_(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND]...", help="The command; without it all of them.")
    ] = None,
) -> None:
    """Show the help of a command, as `--help` does."""
    root = ctx.find_root()
    root.command.main([*(command or []), "--help"], prog_name="egain", standalone_mode=False, obj=ctx.obj)
