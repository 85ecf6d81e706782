"""``egain call``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from egain_auth_cli.call.input import CallInput
from egain_auth_cli.commands.call_run import list_operations, run_call
from egain_auth_cli.commands.completion import complete_method, complete_path, complete_query
from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.options import TOKEN_GROUPS, finite_seconds, token_options
from egain_auth_cli.errors import UsageError
from egain_auth_cli.tokens.request import TokenChoice

app = CommandSet()


@app.command(
    groups={
        "Request": ("--query", "--header", "--timeout", "--retry", "--retry-unsafe", "--dry-run"),
        "Body": ("--data", "--field", "--typed-field", "--form"),
        "Output": ("--include", "--dump-header", "--output", "--filter", "--lines"),
        "Pages and jobs": ("--paginate", "--slurp", "--parallel", "--max-pages", "--wait"),
        **TOKEN_GROUPS,
        "Documented operations": ("--list", "--json"),
    },
    epilog="""\b
Examples:
  egain call GET /knowledge/portalmgr/v4/portals/user
  egain call GET /knowledge/portalmgr/v4/myportals -q '$lang=en-US' --filter 'portal[].name'
  egain call GET /knowledge/portalmgr/v4/portals -i -H 'Accept-Language: de-DE'
  egain call GET /knowledge/portalmgr/v4/portals -q '$pagesize=2' --paginate --slurp
  egain call GET /knowledge/portalmgr/v4/portals --paginate --parallel 8 --filter 'portal[].id'
  egain call POST /knowledge/contentmgr/v4/import/content --client-credentials -d @job.json --wait
  egain call POST /knowledge/contentmgr/v4/import/content -f 'dataSource[path]=/in' --dry-run
  egain call GET /knowledge/portalmgr/v4/portals -o portals.json
  egain call --list article

Only the profile's API origin ever gets the token. Redirects are shown, not followed.
Quote `$` for the shell: '$lang=en-US' ($lang: language of the content, $pagenum, $pagesize,
$filter[tags]; what is not documented is warned of).""",
)
@token_options
def call(
    ctx: typer.Context,
    method: Annotated[
        str | None,
        typer.Argument(
            metavar="METHOD",
            help="GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS.",
            autocompletion=complete_method,
        ),
    ] = None,
    path: Annotated[
        str | None,
        typer.Argument(metavar="PATH", help="A path of the API, starting with `/`.", autocompletion=complete_path),
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option(
            "-q",
            "--query",
            metavar="NAME=VALUE",
            help="Add to the query; repeatable.",
            autocompletion=complete_query,
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "-H", "--header", metavar="'NAME: VALUE'|@FILE", help="Send this header; 'NAME:' leaves a default out."
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option("-d", "--data", metavar="VALUE|@FILE|@-", help="The body: a text, a file, or stdin.")
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("-f", "--field", metavar="NAME=STRING", help="A text in a JSON body; nested: a[b]=x, a[]=x."),
    ] = None,
    typed_field: Annotated[
        list[str] | None,
        typer.Option(
            "-F", "--typed-field", metavar="NAME=JSON|@FILE", help="A JSON value in a JSON body, or a file's text."
        ),
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option(
            "--form", metavar="NAME=VALUE|@FILE", help="A field of a multipart form; @FILE[;type=T][;filename=N]."
        ),
    ] = None,
    include: Annotated[bool, typer.Option("-i", "--include", help="Print status line and headers first.")] = False,
    dump_header: Annotated[
        Path | None,
        typer.Option("-D", "--dump-header", metavar="FILE", help="Write the answer's head to a file."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the body to a file, whole or not at all."),
    ] = None,
    filter_: Annotated[
        str | None,
        typer.Option("--filter", metavar="JMESPATH", help="Print what the expression selects, of each page."),
    ] = None,
    lines: Annotated[
        bool, typer.Option("--lines", help="With --filter: one element of the list a line, texts bare.")
    ] = False,
    paginate: Annotated[bool, typer.Option("--paginate", help="Follow the list's pages; one page a line.")] = False,
    slurp: Annotated[bool, typer.Option("--slurp", help="With --paginate: one array of all items.")] = False,
    parallel: Annotated[
        int,
        typer.Option("--parallel", metavar="N", min=1, max=32, help="With --paginate: N pages at a time."),
    ] = 1,
    max_pages: Annotated[
        int | None, typer.Option("--max-pages", metavar="N", min=1, help="Stop after N pages.")
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow an accepted job (202) until it has ended; 7 if it failed.")
    ] = False,
    retry: Annotated[
        int, typer.Option("--retry", metavar="N", min=0, help="Repeat after 429, 502, 503, 504 or a lost connection.")
    ] = 2,
    retry_unsafe: Annotated[bool, typer.Option("--retry-unsafe", help="Repeat POST and PATCH too.")] = False,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout", metavar="SECONDS", callback=finite_seconds, help="End of the whole request, body included."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the request as a curl line; send nothing.")] = False,
    list_: Annotated[
        bool, typer.Option("--list", help="List documented operations; METHOD and PATH are then words to look for.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="With --list: one JSON object.")] = False,
    *,
    choice: TokenChoice,
) -> None:
    """Make an authenticated request to the API; the body goes to standard output as it is."""
    # METHOD and PATH are optional for Typer because of `--list`; `CallInput.check` asks for them.
    if list_:
        list_operations(ctx.obj.terminal, [word for word in (method, path) if word], json=json)
        return
    if json:
        raise UsageError("`--json` goes with `--list`", hint="the body of an answer is written as it comes")
    given = CallInput(
        method=method, path=path, query=query or [], header=header or [], data=data, field=field or [],
        typed_field=typed_field or [], form=form or [], include=include, dump_header=dump_header, output=output,
        filter=filter_, lines=lines, paginate=paginate, slurp=slurp, parallel=parallel, max_pages=max_pages, wait=wait,
        retry=retry, retry_unsafe=retry_unsafe, timeout=timeout, dry_run=dry_run,
    )  # fmt: skip
    run_call(ctx.obj, given, choice)
