"""``egain profile add``, ``discover`` and ``import``: the ways to make a profile."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from egain_auth_cli.commands.next_step import command_for, said_of_default, say_next
from egain_auth_cli.commands.options import ClientId, FlowName, ProfileName
from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment
from egain_auth_cli.sanitize import split_list, without_blanks
from egain_auth_cli.settings.profile import check_profile_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from egain_auth_cli.profiles.discovery import Discovery
    from egain_auth_cli.profiles.edit import ProfileEditor
    from egain_auth_cli.profiles.fields import ProfileFields
    from egain_auth_cli.runtime import Runtime

ADD_EXAMPLES = """\b
Examples:
  egain profile add acme --deployment self-service --tenant TMPRODB88619984 --client-id ID
  egain profile add acme --deployment commercial --domain demo.egain.cloud --client-id ID
  egain profile add ci --tenant TMPRODB88619984 --client-id ID \\
      --flow client-credentials --scope knowledge.portalmgr.manage
  egain profile add own --client-id ID --authorization-url URL --token-url URL --api-url URL

Everything stands in the Metadata panel of the client application: Administration Console,
Partition > Integration > Client Application > Metadata."""
DISCOVER_EXAMPLES = """\b
Examples:
  egain profile discover acme https://developerv3api.egain.cloud --client-id ID

Reads the instance's public documents: /system/deploymentInfo, then the metadata document."""
IMPORT_EXAMPLES = """\b
Examples:
  egain profile import acme metadata.json --client-id ID
  egain profile import acme ~/.egain-mcp/config.json
  egain profile import sample .env
  egain profile import acme https://api.egain.cloud/core/authmgr/v3/metadata/deployment"""

BLANKS_LEFT_OUT = "blanks around what was pasted are left out"

WhoActs = Annotated[Actor | None, typer.Option("--actor", help="Who acts; whose scope prefix is taken.")]


def add(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="The new profile; without it you are asked.", show_default=False),
    ] = None,
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
    client_id: ClientId = None,
    flow: FlowName = None,
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
    from egain_auth_cli.profiles.fields import ProfileFields

    runtime = ctx.obj
    given = ProfileFields(
        deployment=deployment, tenant=tenant, domain=domain, gateway=gateway, client_id=client_id, flow=flow,
        actor=actor, scopes=split_list(" ".join(scope or ())), scope_prefix=scope_prefix,
        client_auth=client_auth, redirect_uris=split_list(" ".join(redirect_uri or ())), domain_hint=domain_hint,
        authorization_url=authorization_url, token_url=token_url, client_token_url=client_token_url,
        anonymous_token_url=anonymous_token_url, revocation_url=revocation_url, api_url=api_url,
    )  # fmt: skip
    fields = given.without_blanks()
    # Nothing but the name was given: ask. One option is enough to mean that nothing else is asked.
    asks = fields == ProfileFields()
    if name is not None:
        check_profile_name(name)
    if (asks or name is None) and not runtime.terminal.can_ask:
        raise UsageError(
            f"`profile add` needs {'a name' if name is None else 'at least `--client-id`'}, and nobody is here to be "
            "asked",
            hint="give `--tenant` or `--domain`, or the URLs of the Metadata panel; see `egain profile add --help`",
        )
    if name is None or asks:
        from egain_auth_cli.commands.profile_wizard import ask_client_secret, ask_fields, ask_name, check_free_name

        if name is None:
            name = ask_name(runtime)
        check_free_name(runtime, name)
        fields = ask_fields(runtime, name) if asks else fields
    if fields != given and not asks:
        runtime.terminal.say(BLANKS_LEFT_OUT)
    make_profile(runtime, name, fields, says_what_urls_tell=not asks)
    say_next(runtime, name, has_secret=asks and ask_client_secret(runtime, name))


def make_profile(runtime: Runtime, name: str, fields: ProfileFields, *, says_what_urls_tell: bool = False) -> None:
    """Write a new profile, and say that it is there.

    Raises:
        ConfigError: The name is taken or invalid, or a value is.
        UsageError: Tenant, domain and deployment do not go together.
    """
    from egain_auth_cli.profiles.add import profile_values
    from egain_auth_cli.profiles.doubts import doubts_of
    from egain_auth_cli.profiles.told import told_by_urls

    values = profile_values(fields)
    profile_editor(runtime).add(name, values)
    if says_what_urls_tell:
        _say_what_urls_told(runtime, told_by_urls(fields), doubts_of(fields, values))
    runtime.terminal.say(f"profile `{name}` is made{said_of_default(runtime, name)}")


def discover(
    ctx: typer.Context,
    name: ProfileName,
    instance: Annotated[str, typer.Argument(metavar="INSTANCE", help="The instance's address: HOST[/PATH].")],
    client_id: ClientId = None,
    actor: WhoActs = None,
) -> None:
    """Make or update a profile from what an instance publishes of itself."""
    runtime = ctx.obj
    check_profile_name(name)
    instance, client_id = _pasted(runtime, instance), _pasted(runtime, client_id or "")
    address = instance if "://" in instance else f"https://{instance}"
    values = _discovery(runtime).discover(address, actor=actor)
    is_new = name not in runtime.config().names
    profile_editor(runtime).add(name, values | ({"client_id": client_id} if client_id else {}), replace=True)
    default = said_of_default(runtime, name)
    runtime.terminal.say(f"profile `{name}` has the URLs of `{values['api_url']}`{default}")
    say_next(runtime, name, has_secret=not is_new)


def import_(
    ctx: typer.Context,
    name: ProfileName,
    source: Annotated[str, typer.Argument(metavar="FILE|-|URL", help="The saved document, stdin, or where it is.")],
    client_id: ClientId = None,
    actor: WhoActs = None,
) -> None:
    """Make or update a profile from eGain's metadata document, or the settings of its MCP server or samples."""
    runtime = ctx.obj
    check_profile_name(name)
    source = _pasted(runtime, source) if "://" in source else source  # a file's name may have blanks
    client_id = _pasted(runtime, client_id or "")
    discovery = _discovery(runtime)
    values = discovery.read(source, stdin=runtime.terminal.read_input, actor=actor)
    is_new = name not in runtime.config().names
    profile_editor(runtime).add(name, values | ({"client_id": client_id} if client_id else {}), replace=True)
    flow = f", its flow is {values['flow']}" if values.get("flow") else ""
    runtime.terminal.say(f"profile `{name}` is imported{flow}{said_of_default(runtime, name)}")
    _say_what_urls_told(runtime, discovery.told, discovery.doubts)
    if discovery.left_secret:
        egain = command_for(runtime, name)
        runtime.terminal.say(f"its client secret stays where it is: `{egain} secret set` keeps one")
    if not runtime.config().profile(name).api_url:
        runtime.terminal.say(
            f"it names no API: `egain profile set {name} api_url URL`, the Metadata panel's Domain URL"
        )
    say_next(runtime, name, has_secret=not is_new)


def profile_editor(runtime: Runtime) -> ProfileEditor:
    """Return what edits the profiles of this run."""
    from egain_auth_cli.profiles.edit import ProfileEditor
    from egain_auth_cli.profiles.profile_data import ProfileData

    data = ProfileData(runtime.credentials_in, seconds=lambda: runtime.seconds)
    return ProfileEditor(runtime.profile_store, data)


def _pasted(runtime: Runtime, text: str) -> str:
    trimmed = without_blanks(text)
    if trimmed != text:
        runtime.terminal.say(BLANKS_LEFT_OUT)
    return trimmed


def _say_what_urls_told(runtime: Runtime, told: str | None, doubts: Iterable[str]) -> None:
    if told is not None:
        runtime.terminal.say(told)
    for doubt in doubts:
        runtime.terminal.warn(doubt)


def _discovery(runtime: Runtime) -> Discovery:
    from egain_auth_cli.profiles.discovery import Discovery

    return Discovery(partial(_fetch, runtime))


def _fetch(runtime: Runtime, url: str) -> dict[str, object]:
    from egain_auth_cli.profiles.fetch import fetch_document

    with runtime.terminal.progress("asking the instance"):
        return fetch_document(runtime.http, url, seconds=runtime.seconds)
