"""``egain profile``."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from egain_auth_cli.commands import profile_edit, profile_make
from egain_auth_cli.commands.completion import complete_profile, complete_setting, complete_value
from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.options import Json, ProfileName
from egain_auth_cli.commands.profile_make import BLANKS_LEFT_OUT, profile_editor
from egain_auth_cli.errors import ConfigError, EgainError, ProfileMissing
from egain_auth_cli.models.grants import SecretStoreKind
from egain_auth_cli.profiles.view import NAMES_WIDTH, profile_document, profile_rows
from egain_auth_cli.settings.key_paths import keys_help
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.stores.login_marks import NO_LOGIN
from egain_auth_cli.stores.secret_store import logins_of
from egain_auth_cli.terminal.paint import Style, Styled

if TYPE_CHECKING:
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.settings.profile import Profile

app = CommandSet(
    help="Make, show and change profiles.",
    epilog="\b\nExamples:\n  egain profile add acme\n  egain profile list\n  egain profile show acme",
)

app.command(
    groups={
        "Instance": ("--deployment", "--tenant", "--domain", "--gateway"),
        "Client application": ("--client-id", "--client-auth", "--redirect-uri"),
        "Flow": ("--flow", "--actor", "--scope", "--scope-prefix", "--domain-hint"),
        "URLs": (
            "--authorization-url", "--token-url", "--client-token-url", "--anonymous-token-url", "--revocation-url",
            "--api-url",
        ),
    },
    epilog=profile_make.ADD_EXAMPLES,
)(profile_make.add)  # fmt: skip
app.command(
    short_help="Make or update a profile from what an instance publishes.", epilog=profile_make.DISCOVER_EXAMPLES
)(profile_make.discover)
app.command(
    "import", short_help="Make or update a profile from a document or file of eGain's.",
    epilog=profile_make.IMPORT_EXAMPLES,
)(profile_make.import_)  # fmt: skip


@app.command("list", epilog="\b\nExamples:\n  egain profile list\n  egain profile list --json | jq -r .profiles[].name")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """List the profiles; `*` marks the default."""
    runtime = ctx.obj
    config = runtime.config()
    profiles = [config.profile(name) for name in config.names]
    logins = {one.name: _logins(runtime, one) for one in profiles}
    if json:
        rows = [
            {
                "name": one.name,
                "default": one.name == config.default_profile,
                "deployment": one.deployment,
                "client_id": one.client_id,
                "flow": one.flow,
                "api_url": one.api_url,
                "logins": logins[one.name],
            }
            for one in profiles
        ]
        runtime.terminal.json({"default_profile": config.default_profile, "profiles": rows})
    elif profiles:
        shown = [
            (
                Styled("*", Style.GOOD) if one.name == config.default_profile else "",
                one.name,
                one.deployment or "",
                one.flow or "",
                one.api_url or "",
                ", ".join(dict.fromkeys(login["person"] or "somebody" for login in logins[one.name])),
            )
            for one in profiles
        ]
        runtime.terminal.table(("", "NAME", "DEPLOYMENT", "FLOW", "API URL", "SIGNED IN"), shown)
    else:
        runtime.terminal.say("there is no profile yet: `egain profile add` makes one, `egain sandbox` a trial one")


def _logins(runtime: Runtime, profile: Profile) -> list[dict[str, str | None]]:
    """Return who has signed in, by flow and actor; a place that cannot be read names nobody."""
    place = runtime.login_place(profile.secret_store or SecretStoreKind.KEYRING)
    try:
        marked = [(flow, actor, place.marks.read(item)) for flow, actor, item in logins_of(profile.name)]
    except EgainError:
        return []
    return [
        {"flow": flow.value, "actor": actor.value, "person": mark.person}
        for flow, actor, mark in marked
        if mark != NO_LOGIN
    ]


@app.command(epilog="\b\nExamples:\n  egain profile show\n  egain profile show acme --json")
def show(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="The profile; without it the one in use.", autocompletion=complete_profile
        ),
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
        runtime.terminal.rows(profile_rows(profile, settings), widths=NAMES_WIDTH)
    for note in runtime.config().notes(profile.name):
        runtime.terminal.warn(note)


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
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="The key, dotted as in TOML.", autocompletion=complete_setting)
    ],
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE",
            help="Its value; empty removes the key. A list is written as TOML.",
            autocompletion=complete_value,
        ),
    ],
) -> None:
    """Set one key of a profile."""
    from egain_auth_cli.profiles.typed_value import trimmed

    pasted, value = value, trimmed(key, value)
    if value != pasted:
        ctx.obj.terminal.say(BLANKS_LEFT_OUT)
    left = profile_editor(ctx.obj).set(name, key, value)
    ctx.obj.terminal.say(f"profile `{name}`: `{key}` is {'set' if value else 'removed'}")
    _warn_of_what_is_left(ctx.obj, left)
    _warn_of_doubts(ctx.obj, name, key)


app.command(short_help="Open the profiles in your editor.", epilog=profile_edit.EXAMPLES)(profile_edit.edit)


@app.command(epilog="\b\nExamples:\n  egain profile use acme")
def use(ctx: typer.Context, name: ProfileName) -> None:
    """Make a profile the default."""
    profile_editor(ctx.obj).use(name)
    ctx.obj.terminal.say(f"profile `{name}` is the default")


@app.command(epilog="\b\nExamples:\n  egain profile rename acme acme-prod")
def rename(
    ctx: typer.Context,
    name: ProfileName,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
) -> None:
    """Rename a profile; its secret and logins move with it."""
    left = profile_editor(ctx.obj).rename(name, new)
    ctx.obj.terminal.say(f"profile `{name}` is now `{new}`")
    _warn_of_what_is_left(ctx.obj, left)


@app.command(epilog="\b\nExamples:\n  egain profile remove acme")
def remove(ctx: typer.Context, name: ProfileName) -> None:
    """Remove a profile with its secret, logins and tokens."""
    profile_editor(ctx.obj).remove(name)
    ctx.obj.terminal.say(f"profile `{name}` is removed")


def _warn_of_doubts(runtime: Runtime, name: str, key: str) -> None:
    from egain_auth_cli.profiles.doubts import doubts_of_change

    with contextlib.suppress(ConfigError):  # something else in the profile is invalid, and not what was asked for
        for doubt in doubts_of_change(runtime.config().profile(name), key):
            runtime.terminal.warn(doubt)


def _warn_of_what_is_left(runtime: Runtime, left: str | None) -> None:
    # Not a failure: the profile is changed, and only the place that it has left could not be cleared.
    if left is not None:
        runtime.terminal.warn(f"secrets of this profile may be left behind: {left}")
