"""``egain secret``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.options import Json
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.settings.recheck import recheck_profile
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.tokens.keep_secret import delete_secret, keep_secret, locate_secret, prove_keepable

if TYPE_CHECKING:
    from egain_auth_cli.runtime import Runtime

app = CommandSet(
    help="Keep a profile's client secret.", epilog="\b\nExamples:\n  egain secret set\n  egain -p acme secret status"
)


@app.command(
    "set",
    epilog="""\b
Examples:
  # asks, without echo
  egain secret set
  egain -p acme secret set < secret.txt
  vault kv get -field=secret kv/egain | egain -p acme secret set""",
)
def set_(ctx: typer.Context) -> None:
    """Store the client secret: from a prompt without echo, or one line of standard input."""
    from egain_auth_cli.commands.next_step import say_next

    name = ask_and_keep_secret(ctx.obj)
    say_next(ctx.obj, name, has_secret=True)


def ask_and_keep_secret(runtime: Runtime) -> str:
    """Read the client secret of the profile in use, store it and say where; return the profile's name.

    Raises:
        ConfigError: There is no profile, or no secret was given.
        StoreError: The store keeps nothing, or cannot be written.
    """
    from egain_auth_cli.commands.next_step import profile_and_default

    settings = later = runtime.settings(FlowOptions())
    if settings.profile.value is not None:  # the secret is the profile's own, whatever the environment names
        runtime.profile = settings.profile.value
        settings = runtime.settings(FlowOptions())
    credentials = runtime.credentials(settings)
    prove_keepable(credentials, settings)
    name = str(settings.profile.value)
    secret = Secret(runtime.terminal.read_secret_line(f"client secret of profile {name}"))
    where = keep_secret(
        credentials,
        settings,
        secret,
        seconds=runtime.seconds,
        recheck=lambda: recheck_profile(settings, runtime.config()),
    )
    runtime.terminal.say(f"the client secret of {profile_and_default(runtime, name)} is stored: {where}")
    for source in credentials.client_secrets.before_the_store(later):
        runtime.terminal.warn(f"`{source}` has a client secret too, and outranks the stored one")
    return name


@app.command(epilog="\b\nExamples:\n  egain -p acme secret delete")
def delete(ctx: typer.Context) -> None:
    """Remove the stored client secret."""
    runtime = ctx.obj
    settings = runtime.settings(FlowOptions())
    there = delete_secret(runtime.credentials(settings), settings, seconds=runtime.seconds)
    said = "is removed" if there else "was not stored"
    runtime.terminal.say(f"the client secret of profile `{settings.profile.value}` {said}")


@app.command(epilog="\b\nExamples:\n  egain -p acme secret status\n  egain secret status --json | jq .source")
def status(ctx: typer.Context, json: Json = False) -> None:
    """Say where the client secret comes from, never what it is. Ends with 3, 4 or 6 if there is none."""
    runtime = ctx.obj
    settings = runtime.settings(FlowOptions())
    credentials = runtime.credentials(settings)
    place = locate_secret(credentials, settings)
    if place.problem is not None:
        raise place.problem
    if place.source is None:
        credentials.client_secrets.find(settings)
    if json:
        runtime.terminal.json({"profile": settings.profile.value, "source": place.source})
    else:
        runtime.terminal.rows([("client secret:", place.source)], widths=(0,))
