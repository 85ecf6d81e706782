"""``egain token``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from egain_auth_cli.commands.options import TokenChoice, token_options
from egain_auth_cli.commands.token_output import token_document

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Output(StrEnum):
    """Forms of the token on standard output."""

    RAW = "raw"
    JSON = "json"
    HEADER = "header"


@app.command(
    epilog="""\b
Examples:
  TOKEN=$(egain token --client-credentials)
  egain token --output header | curl -H @- "$EGAIN_API_URL/knowledge/portalmgr/v4/portals"
  egain token --output json | jq .expires
  egain token --on-behalf-of alice --scope knowledge.portalmgr.onbehalfof.read

\b
`token` never opens a browser: for --pkce and --auth-code sign in with `egain login` first."""
)
@token_options
def token(
    ctx: typer.Context,
    output: Annotated[
        Output, typer.Option("--output", help="The token alone, JSON with its expiry, or a header.")
    ] = Output.RAW,
    *,
    choice: TokenChoice,
) -> None:
    """Print an access token, from the cache or fresh: the token and one newline."""
    runtime = ctx.obj
    header = choice.fast_header(runtime) if output is Output.RAW else None
    request = choice.request(runtime)
    acquired = runtime.token_service(request.settings).acquire_token(request)
    bearer = acquired.token.access_token.reveal()
    if output is Output.JSON:
        runtime.terminal.json(token_document(acquired.token, request.settings))
    else:
        runtime.terminal.data(f"Authorization: Bearer {bearer}" if output is Output.HEADER else bearer)
    runtime.keep_for_fast_path(header, request, acquired.token)
