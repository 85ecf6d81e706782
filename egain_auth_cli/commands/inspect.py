"""``egain inspect``."""

from __future__ import annotations

from typing import Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.options import TOKEN_GROUPS, token_options, token_request
from egain_auth_cli.commands.token_report import bearer_in, token_report, token_rows
from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.tokens.request import TokenChoice

app = CommandSet()


@app.command(
    groups={"Output": ("--json",), **TOKEN_GROUPS},
    epilog="""\b
Examples:
  # the profile's token
  egain inspect
  egain inspect --client-credentials
  egain inspect --json | jq .claims.sub
  pbpaste | egain inspect -

Nothing is verified: only the API can say whether a token is good. The signature is never shown.""",
)
@token_options
def inspect(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="[-]", help="`-` reads a token from standard input.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    *,
    choice: TokenChoice,
) -> None:
    """Show what a token says, unverified."""
    runtime = ctx.obj
    if source == "-":
        token = bearer_in(runtime.terminal.read_secret_line("token"))
    elif source is None:
        request = token_request(runtime, choice)
        token = runtime.token_service(request.settings).acquire_token(request).access_token
    else:
        Secret(source)
        raise UsageError("a token is never an argument", hint="give it by standard input: `egain inspect -`")
    report = token_report(token, now=runtime.clock())
    if json:
        runtime.terminal.json(report)
    else:
        for rows, widths in token_rows(report, now=runtime.clock()):
            runtime.terminal.rows(rows, widths=widths)
