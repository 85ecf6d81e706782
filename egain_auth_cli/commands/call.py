"""``egain call``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from egain_auth_cli.commands._call_input import body_argument, header_argument, query_argument
from egain_auth_cli.commands._call_output import AnswerWriter
from egain_auth_cli.commands._call_tokens import call_target
from egain_auth_cli.commands._options import TokenChoice, token_options

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    epilog="""\b
Examples:
  egain call GET /knowledge/portalmgr/v4/portals/user
  egain call GET /knowledge/portalmgr/v4/myportals -q '$lang=en-US'
  egain call GET /knowledge/portalmgr/v4/portals -i -H 'Accept-Language: de-DE'
  egain call GET /knowledge/portalmgr/v4/portals -o portals.json
  egain call POST /path -d @body.json --client-credentials

\b
Only the profile's API origin ever gets the token. Redirects are shown, not followed."""
)
@token_options
def call(
    ctx: typer.Context,
    method: Annotated[str, typer.Argument(metavar="METHOD", help="GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS.")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="A path of the API, starting with `/`.")],
    query: Annotated[
        list[str] | None,
        typer.Option("-q", "--query", metavar="NAME=VALUE", help="Add to the query; quote `$` for the shell."),
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option("-H", "--header", metavar="'NAME: VALUE'", help="Send this header.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("-d", "--data", metavar="VALUE|@FILE|@-", help="The body: a text, a file, or stdin."),
    ] = None,
    include: Annotated[
        bool, typer.Option("-i", "--include", help="Print status line and headers before the body.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the body to a file, whole or not at all."),
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", metavar="SECONDS", min=0.001, help="End of the whole request, body included."),
    ] = None,
    *,
    choice: TokenChoice,
) -> None:
    """Make an authenticated request to the API; the body goes to standard output as it is."""
    runtime = ctx.obj
    target = call_target(runtime, choice)
    request = target.request(
        method=method,
        path=path,
        query=query_argument(query or []),
        headers=header_argument(header or []),
        body=body_argument(data, runtime.terminal),
        timeout=timeout,
    )
    writer = AnswerWriter(runtime.terminal, include=include, output=output)
    status = runtime.call_service().call(request, target.tokens, take=writer.take)
    writer.check(status)
