"""``egain inspect``."""

from __future__ import annotations

from typing import Annotated

import typer

from egain_auth_cli.commands._options import TokenChoice, token_options
from egain_auth_cli.errors import UsageError
from egain_auth_cli.models.jwt import unverified_claims
from egain_auth_cli.models.secret import Secret

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    epilog="""\b
Examples:
  egain inspect                      the profile's token
  egain inspect --client-credentials
  pbpaste | egain inspect -

\b
Nothing is verified: only the API can say whether a token is good. The signature is never shown."""
)
@token_options
def inspect(
    ctx: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="[-]", help="`-` reads a token from standard input.")] = None,
    *,
    choice: TokenChoice,
) -> None:
    """Show the claims of a token, unverified, as JSON."""
    runtime = ctx.obj
    if source == "-":
        token = Secret(
            runtime.terminal.read_secret_line("token")
            .removeprefix("Authorization:")
            .strip()
            .removeprefix("Bearer ")
            .strip()
        )
    elif source is None:
        request = choice.request(runtime)
        token = runtime.token_service(request.settings).acquire_token(request).token.access_token
    else:
        raise UsageError("a token is never an argument", hint="give it by standard input: `egain inspect -`")
    claims = unverified_claims(token.reveal())
    if claims is None:
        raise UsageError(
            "the token is opaque: it has no claims to show", hint="only the API can say what it is good for"
        )
    runtime.terminal.json(claims)
