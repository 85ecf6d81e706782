"""``egain profile``."""

from __future__ import annotations

from typing import Annotated

import typer

from egain_auth_cli.commands.completion import complete_profile
from egain_auth_cli.errors import ProfileMissing, UsageError
from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, Flow
from egain_auth_cli.profiles.add import ProfileFields, profile_values
from egain_auth_cli.profiles.ask import ask_profile_fields
from egain_auth_cli.profiles.view import profile_document, profile_lines
from egain_auth_cli.settings.keys import check_profile_name
from egain_auth_cli.settings.resolve import FlowOptions

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Make, show and change profiles."
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The profile.", autocompletion=complete_profile)]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.command(
    epilog="""\b
Examples:
  egain profile add acme --deployment self-service --tenant TMPRODB88619984 --client-id ID
  egain profile add acme --deployment commercial --domain demo.egain.cloud --client-id ID
  egain profile add ci --tenant TMPRODB88619984 --client-id ID \\
      --flow client-credentials --scope knowledge.portalmgr.manage
  egain profile add own --client-id ID --authorization-url URL --token-url URL --api-url URL

\b
Everything stands in the Metadata panel of the client application: Administration Console,
Partition > Integration > Client Application > Metadata."""
)
def add(
    ctx: typer.Context,
    name: Name,
    deployment: Annotated[Deployment | None, typer.Option("--deployment", help="Which eGain.")] = None,
    tenant: Annotated[
        str | None,
        typer.Option("--tenant", metavar="TENANT", help="Self-service: the tenant, such as TMPRODB88619984."),
    ] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="HOST", help="Commercial: the instance's host.")
    ] = None,
    gateway: Annotated[
        str | None,
        typer.Option("--gateway", metavar="GUID", help="Commercial: the GUID in the Metadata panel's URLs."),
    ] = None,
    client_id: Annotated[
        str | None, typer.Option("--client-id", metavar="ID", help="The client application's ID.")
    ] = None,
    flow: Annotated[Flow | None, typer.Option("--flow", help="What `egain token` uses when no flow is named.")] = None,
    actor: Annotated[Actor | None, typer.Option("--actor", help="Who acts.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", metavar="S", help="A scope of the flow; repeatable.")
    ] = None,
    scope_prefix: Annotated[
        str | None,
        typer.Option("--scope-prefix", metavar="TEXT", help="Put before each scope, as in Metadata."),
    ] = None,
    client_auth: Annotated[
        ClientAuth | None, typer.Option("--client-auth", help="How the client secret is sent.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option("--redirect-uri", metavar="URL", help="A registered redirect URL; repeatable."),
    ] = None,
    domain_hint: Annotated[
        str | None, typer.Option("--domain-hint", metavar="HOST", help="Added to the authorization URL.")
    ] = None,
    authorization_url: Annotated[
        str | None, typer.Option("--authorization-url", metavar="URL", help="Authorization URL of the actor.")
    ] = None,
    token_url: Annotated[
        str | None,
        typer.Option("--token-url", metavar="URL", help="Token URL (Access Token URL) of the actor."),
    ] = None,
    client_token_url: Annotated[
        str | None,
        typer.Option("--client-token-url", metavar="URL", help="Token URL of the client application."),
    ] = None,
    anonymous_token_url: Annotated[
        str | None,
        typer.Option("--anonymous-token-url", metavar="URL", help="Token URL of anonymous customers."),
    ] = None,
    revocation_url: Annotated[
        str | None,
        typer.Option("--revocation-url", metavar="URL", help="Revocation URL of the actor, if any."),
    ] = None,
    api_url: Annotated[
        str | None, typer.Option("--api-url", metavar="URL", help="API base (Domain URL, API Domain).")
    ] = None,
) -> None:
    """Make a profile from what the Metadata panel shows; without options, on a terminal, it asks for it."""
    runtime = ctx.obj
    fields = ProfileFields(
        deployment=deployment, tenant=tenant, domain=domain, gateway=gateway, client_id=client_id, flow=flow,
        actor=actor, scopes=tuple(scope or ()), scope_prefix=scope_prefix, client_auth=client_auth,
        redirect_uris=tuple(redirect_uri or ()), domain_hint=domain_hint, authorization_url=authorization_url,
        token_url=token_url, client_token_url=client_token_url, anonymous_token_url=anonymous_token_url,
        revocation_url=revocation_url, api_url=api_url,
    )  # fmt: skip
    if fields == ProfileFields():
        check_profile_name(name)
        if not runtime.terminal.can_ask:
            raise UsageError(
                "`profile add` needs at least `--client-id`, and nobody is here to be asked",
                hint="give `--tenant` or `--domain`, or the URLs of the Metadata panel; see `egain profile add --help`",
            )
        fields = ask_profile_fields(runtime.terminal)
    default = runtime.profile_service().add(name, profile_values(fields))
    runtime.terminal.say(f"profile `{name}` is made" + (", and is the default" if default else ""))


@app.command(
    epilog="""\b
Examples:
  egain profile discover acme https://developerv3api.egain.cloud --client-id ID

\b
Reads the instance's public documents: /system/deploymentInfo, then the metadata document."""
)
def discover(
    ctx: typer.Context,
    name: Name,
    instance: Annotated[str, typer.Argument(metavar="INSTANCE", help="The instance's address: https://HOST[/PATH].")],
    client_id: Annotated[
        str | None, typer.Option("--client-id", metavar="ID", help="The client application's ID.")
    ] = None,
    actor: Annotated[Actor, typer.Option("--actor", help="Whose scope prefix is taken.")] = Actor.USER,
) -> None:
    """Make or update a profile from what an instance publishes of itself."""
    runtime = ctx.obj
    check_profile_name(name)
    values = runtime.discovery_service().discover(instance, actor=actor) | (
        {"client_id": client_id} if client_id else {}
    )
    runtime.profile_service().add(name, values, replace=True)
    runtime.terminal.say(f"profile `{name}` has the URLs of `{values['api_url']}`; see `egain profile show {name}`")


@app.command(
    "import",
    epilog="""\b
Examples:
  egain profile import acme metadata.json --client-id ID
  egain profile import acme ~/.egain-mcp/config.json
  egain profile import acme https://api.egain.cloud/core/authmgr/v3/metadata/deployment""",
)
def import_(
    ctx: typer.Context,
    name: Name,
    source: Annotated[str, typer.Argument(metavar="FILE|-|URL", help="The saved document, stdin, or where it is.")],
    client_id: Annotated[
        str | None, typer.Option("--client-id", metavar="ID", help="The client application's ID.")
    ] = None,
    actor: Annotated[Actor, typer.Option("--actor", help="Whose scope prefix is taken.")] = Actor.USER,
) -> None:
    """Make or update a profile from eGain's metadata document, or from its MCP server's configuration."""
    runtime = ctx.obj
    check_profile_name(name)
    values = runtime.discovery_service().read(source, stdin=runtime.terminal.read_input, actor=actor)
    runtime.profile_service().add(name, values | ({"client_id": client_id} if client_id else {}), replace=True)
    runtime.terminal.say(f"profile `{name}` is imported; see `egain profile show {name}`")
    if not runtime.config().profile(name).api_url:
        runtime.terminal.say(
            f"it names no API: `egain profile set {name} api_url URL`, the Metadata panel's Domain URL"
        )


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
        runtime.options.profile = name
    settings = runtime.settings(FlowOptions())
    if settings.profile.value is None:
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
    epilog="""\b
Examples:
  egain profile set acme flow client-credentials
  egain profile set acme scope_prefix https://api.egain.cloud/auth/
  egain profile set acme redirect_uris '["http://localhost:8400/callback"]'
  egain profile set acme flows.client-credentials.scopes 'knowledge.portalmgr.manage'
  egain profile set acme endpoints.client.token_url https://login.example/oauth2/token
  egain profile set acme secret_store file

\b
Keys: deployment client_id flow actor api_url metadata_url scope_prefix domain_hint language
  redirect_uris client_secret_command token_cache secret_store
  endpoints.{user,customer,client,anonymous,on_behalf_of_user,on_behalf_of_customer}
    .{authorization_url,token_url,revocation_url,issuer}
  flows.{pkce,authorization-code,client-credentials,anonymous,on-behalf-of,token-exchange}
    .{scopes,client_auth,registration_id}""",
)
def set_(
    ctx: typer.Context,
    name: Name,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The key, dotted as in TOML.")],
    value: Annotated[
        str,
        typer.Argument(metavar="VALUE", help="Its value; empty removes the key. A list is written as TOML."),
    ],
) -> None:
    """Set one key of a profile."""
    left = ctx.obj.profile_service().set(name, key, value)
    ctx.obj.terminal.say(f"profile `{name}`: `{key}` is {'set' if value else 'removed'}")
    if left is not None:
        ctx.obj.terminal.warn(f"secrets of this profile may be left behind: {left}")


@app.command(epilog="\b\nExample:\n  egain profile use acme")
def use(ctx: typer.Context, name: Name) -> None:
    """Make a profile the default."""
    ctx.obj.profile_service().use(name)
    ctx.obj.terminal.say(f"profile `{name}` is the default")


@app.command(epilog="\b\nExample:\n  egain profile rename acme acme-prod")
def rename(
    ctx: typer.Context,
    name: Name,
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
) -> None:
    """Rename a profile; its secret and logins move with it."""
    ctx.obj.profile_service().rename(name, new)
    ctx.obj.terminal.say(f"profile `{name}` is now `{new}`")


@app.command(epilog="\b\nExample:\n  egain profile remove acme")
def remove(ctx: typer.Context, name: Name) -> None:
    """Remove a profile with its secret, logins and tokens."""
    ctx.obj.profile_service().remove(name)
    ctx.obj.terminal.say(f"profile `{name}` is removed")
