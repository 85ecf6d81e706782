"""``egain profile``."""

from __future__ import annotations

from typing import Annotated

import typer

from egain_auth_cli.commands import profile_make
from egain_auth_cli.commands.options import Json, ProfileName
from egain_auth_cli.commands.profile_make import profile_editor
from egain_auth_cli.errors import ProfileMissing
from egain_auth_cli.profiles.view import profile_document, profile_lines
from egain_auth_cli.settings.key_paths import keys_help
from egain_auth_cli.settings.settings import FlowOptions

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Make, show and change profiles."
)

app.command(epilog=profile_make.ADD_EXAMPLES)(profile_make.add)
app.command(epilog=profile_make.DISCOVER_EXAMPLES)(profile_make.discover)
app.command("import", epilog=profile_make.IMPORT_EXAMPLES)(profile_make.import_)


@app.command("list", epilog="\b\nExamples:\n  egain profile list\n  egain profile list --json | jq -r .profiles[].name")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """List the profiles; `*` marks the default."""
    runtime = ctx.obj
    config = runtime.config()
    profiles = [config.profile(name) for name in config.names]
    if json:
        rows = [
            {
                "name": one.name,
                "default": one.name == config.default_profile,
                "client_id": one.client_id,
                "flow": one.flow,
                "api_url": one.api_url,
            }
            for one in profiles
        ]
        runtime.terminal.json({"default_profile": config.default_profile, "profiles": rows})
    elif profiles:
        shown = [
            (
                "*" if one.name == config.default_profile else "",
                one.name,
                one.deployment or "",
                one.flow or "",
                one.api_url or "",
            )
            for one in profiles
        ]
        runtime.terminal.table(("", "NAME", "DEPLOYMENT", "FLOW", "API URL"), shown)
    else:
        runtime.terminal.say("there is no profile yet: `egain profile add` makes one, `egain sandbox` a trial one")


@app.command(epilog="\b\nExamples:\n  egain profile show\n  egain profile show acme --json")
def show(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The profile; without it the one in use.")
    ] = None,
    json: Json = False,
) -> None:
    """Show a profile's settings and where each value comes from."""
    runtime = ctx.obj
    if name is not None:
        runtime.profile = name
    settings = runtime.settings(FlowOptions())
    if settings.profile.value is None:  # the environment's client alone
        raise ProfileMissing(
            "no profile is in use",
            hint="`egain profile list` shows them; `egain status` shows the settings in use",
        )
    profile = runtime.config().profile(settings.profile.value)
    if json:
        runtime.terminal.json(profile_document(profile, settings))
    else:
        for line in profile_lines(profile, settings):
            runtime.terminal.data(line)


@app.command(
    "set",
    epilog=f"""\b
Examples:
  egain profile set acme flow client-credentials
  egain profile set acme scope_prefix https://api.egain.cloud/auth/
  egain profile set acme redirect_uris '["http://localhost:8400/callback"]'
  egain profile set acme flows.client-credentials.scopes 'knowledge.portalmgr.manage'
  egain profile set acme endpoints.client.token_url https://login.example/oauth2/token
  egain profile set acme secret_store file

\b
{keys_help()}""",
)
def set_(
    ctx: typer.Context,
    name: ProfileName,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key, dotted as in TOML.")],
    value: Annotated[
        str,
        typer.Argument(metavar="VALUE", help="Its value; empty removes the key. A list is written as TOML."),
    ],
) -> None:
    """Set one key of a profile."""
    # Not a failure: the profile is changed, and only the store that it has left could not be cleared.
    left = profile_editor(ctx.obj).set(name, key, value)
    ctx.obj.terminal.say(f"profile `{name}`: `{key}` is {'set' if value else 'removed'}")
    if left is not None:
        ctx.obj.terminal.warn(f"secrets of this profile may be left behind: {left}")


@app.command(epilog="\b\nExample:\n  egain profile use acme")
def use(ctx: typer.Context, name: ProfileName) -> None:
    """Make a profile the default."""
    profile_editor(ctx.obj).use(name)
    ctx.obj.terminal.say(f"profile `{name}` is the default")


@app.command(epilog="\b\nExample:\n  egain profile rename acme acme-prod")
def rename(
    ctx: typer.Context,
    name: ProfileName,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
) -> None:
    """Rename a profile; its secret and logins move with it."""
    profile_editor(ctx.obj).rename(name, new)
    ctx.obj.terminal.say(f"profile `{name}` is now `{new}`")


@app.command(epilog="\b\nExample:\n  egain profile remove acme")
def remove(ctx: typer.Context, name: ProfileName) -> None:
    """Remove a profile with its secret, logins and tokens."""
    profile_editor(ctx.obj).remove(name)
    ctx.obj.terminal.say(f"profile `{name}` is removed")
