"""``egain export``."""

from __future__ import annotations

from typing import Annotated

import typer

from egain_auth_cli.commands.options import token_options, token_request
from egain_auth_cli.exporters import DEFAULT_NAME, Export, Format, check_name, render
from egain_auth_cli.stores.append import open_to_append
from egain_auth_cli.tokens.request import TokenChoice

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    epilog="""\b
Examples:
  eval "$(egain export sh --client-credentials)"
  egain export fish | source
  egain export dotenv --name API_TOKEN > .env
  egain export github-env            in a step of GitHub Actions: masked, for later steps
  egain export kubernetes-secret | kubectl apply -f -
  curl --config <(egain export curl-config) "$EGAIN_API_URL/knowledge/portalmgr/v4/portals"

\b
On any failure standard output stays empty, so `eval` changes nothing."""
)
@token_options
def export(
    ctx: typer.Context,
    format_: Annotated[Format, typer.Argument(metavar="FORMAT", help="One of: " + ", ".join(Format) + ".")],
    name: Annotated[str, typer.Option("--name", metavar="VAR", help="The variable's name.")] = DEFAULT_NAME,
    *,
    choice: TokenChoice,
) -> None:
    """Give a token to a shell, a CI system or another program."""
    runtime = ctx.obj
    check_name(name)
    request = token_request(runtime, choice)
    token = runtime.token_service(request.settings).acquire_token(request)
    rendered = render(format_, Export(name, token.access_token, token.expires_at), runtime.environ)
    if rendered.file is None:
        runtime.terminal.data(rendered.text)
        return
    with open_to_append(rendered.file) as append:
        if rendered.text:
            runtime.terminal.data(rendered.text)
        append(rendered.appended)
