"""``egain export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.options import TOKEN_GROUPS, token_options, token_request
from egain_auth_cli.errors import UsageError
from egain_auth_cli.exporters import (
    DEFAULT_NAME,
    WRITE_TO_THEIR_OWN,
    Export,
    Format,
    in_file,
    render,
    stale_variables,
)
from egain_auth_cli.exporters.variable_names import check_name
from egain_auth_cli.stores.append import open_to_append
from egain_auth_cli.stores.atomic import of_mode
from egain_auth_cli.stores.export_file import ExportFile
from egain_auth_cli.tokens.request import TokenChoice

_STDOUT = ("-", "/dev/stdout")

app = CommandSet()


@app.command(
    groups={"Output": ("--name", "--output"), **TOKEN_GROUPS},
    epilog="""\b
Examples:
  vars=$(egain export sh --client-credentials) && eval "$vars"
  egain export fish | source; test $pipestatus[1] -eq 0
  # other lines are kept
  egain export dotenv --name API_TOKEN -o .env
  # in a step of GitHub Actions: masked, for later steps
  egain export github-env
  egain export kubernetes-secret | kubectl apply -f -
  config=$(egain export curl-config) && curl --config - https://… <<<"$config"

What is set: the token, EGAIN_TOKEN_EXPIRES_AT (epoch seconds) and EGAIN_API_URL, as `exec` gives
them. On any failure standard output stays empty, and the file of -o as it was.""",
)
@token_options
def export(
    ctx: typer.Context,
    format_: Annotated[Format, typer.Argument(metavar="FORMAT", help="One of: " + ", ".join(Format) + ".")],
    name: Annotated[str, typer.Option("--name", metavar="VAR", help="The variable's name.")] = DEFAULT_NAME,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help=f"Write to a file{of_mode()}; `-` is standard output."),
    ] = None,
    *,
    choice: TokenChoice,
) -> None:
    """Give a token to a shell, a CI system or another program."""
    runtime = ctx.obj
    check_name(name)
    if output is not None and format_ in WRITE_TO_THEIR_OWN:
        raise UsageError(f"`{format_}` writes to the file that GitHub names", hint="leave out `-o`")
    file = None if output is None or str(output) in _STDOUT else ExportFile(output)
    request = token_request(runtime, choice)
    token = runtime.token_service(request.settings).acquire_token(request)
    api_url, stale = request.settings.api_url.value, stale_variables(name, runtime.environ)
    given = Export(name, token.access_token, token.expires_at, api_url, stale)
    rendered = render(format_, given, runtime.environ)
    if file is not None:
        file.write(lambda former: in_file(format_, given, former, rendered.text))
        return
    if rendered.file is None:
        runtime.terminal.data(rendered.text)
        return
    with open_to_append(rendered.file) as append:
        if rendered.text:
            runtime.terminal.data(rendered.text)
        append(rendered.appended)
