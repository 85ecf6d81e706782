"""``egain profile edit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from egain_auth_cli.commands.completion import complete_profile
from egain_auth_cli.errors import EgainError, UsageError

if TYPE_CHECKING:
    from egain_auth_cli.runtime import Runtime

EXAMPLES = """\b
Examples:
  egain profile edit
  egain profile edit acme
  EDITOR='code --wait' egain profile edit acme"""


def edit(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Where to begin; without it at the profile in use.",
            autocompletion=complete_profile,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Edit profiles in `$EDITOR`; what does not check is not kept."""
    runtime = ctx.obj
    if not (runtime.terminal.can_ask and runtime.terminal.stdout_is_terminal):
        raise UsageError(
            "`profile edit` opens an editor, and there is no terminal for it",
            hint="`egain profile set --help` shows how to set one key",
        )
    from egain_auth_cli.profiles.by_hand import edit_by_hand

    left = edit_by_hand(runtime.profile_store, runtime.environ, name or _in_use(runtime))
    runtime.terminal.say("nothing is changed" if left is None else "the profiles are changed")
    for warning in left or ():
        runtime.terminal.warn(warning)


def _in_use(runtime: Runtime) -> str | None:
    """Name the profile to begin at, where there is one: a broken file is edited from its beginning."""
    try:
        config = runtime.config()
    except EgainError:
        return None
    named = runtime.profile or runtime.environ.get("EGAIN_PROFILE") or config.default_profile
    return named if named in config.names else None
