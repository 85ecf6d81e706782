"""``egain token``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.options import TOKEN_GROUPS, token_options, token_request
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.moments import rfc3339
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.stores.token_cache import FileTokenCache
from egain_auth_cli.tokens.logins import Logins
from egain_auth_cli.tokens.request import DEFAULT_MIN_VALID, TokenChoice

if TYPE_CHECKING:
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.settings.settings import Settings

app = CommandSet()


class Output(StrEnum):
    """Forms of the token on standard output."""

    RAW = "raw"
    JSON = "json"
    HEADER = "header"


@app.command(
    groups={"Output": ("--output",), **TOKEN_GROUPS},
    epilog="""\b
Examples:
  TOKEN=$(egain token --client-credentials)
  header=$(egain token --output header) && printf '%s\\n' "$header" | curl -H @- https://…
  token=$(egain token --output json) && jq .expires <<<"$token"
  egain token --on-behalf-of alice --scope knowledge.portalmgr.onbehalfof.read

`token` never opens a browser: for --pkce and --auth-code sign in with `egain login` first.""",
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
    # Before the settings are read: a file that is changed meanwhile makes the fast path's copy void.
    header = _fast_header(runtime, choice) if output is Output.RAW else None
    request = token_request(runtime, choice)
    acquired = runtime.token_service(request.settings).acquire_token(request)
    bearer = acquired.access_token.reveal()
    if output is Output.JSON:
        runtime.terminal.json(_document(acquired, request.settings, now=runtime.clock()))
    else:
        runtime.terminal.data(f"Authorization: Bearer {bearer}" if output is Output.HEADER else bearer)
    if header is not None:
        _keep_for_fast_path(runtime, header, request.settings, acquired)


def _document(token: TokenSet, settings: Settings, *, now: float) -> dict[str, object]:
    """Return the object of ``--output json``, with the RFC's names."""
    return {
        "access_token": token.access_token.reveal(),
        "token_type": "Bearer",
        "expires_in": max(0, int(token.remaining(now))),
        "expires_at": token.expires_at,
        "expires": rfc3339(token.expires_at),
        "scope": token.scope or " ".join(settings.wire_scopes),
        "profile": settings.profile.value,
        "flow": settings.need_flow().flow.value,
    }


def _fast_header(runtime: Runtime, choice: TokenChoice) -> list[str] | None:
    """Return what the fast path compares, taken before anything is read; None for a question with more to it."""
    record = RECORDS[choice.flow.flow] if choice.flow.flow else None
    usual = (choice.min_valid, choice.force_refresh, choice.no_store) == (DEFAULT_MIN_VALID, False, False)
    if choice.flow != FlowOptions(flow=choice.flow.flow) or not usual or (record and record.per_person):
        return None
    return runtime.fast_files.header(runtime.profile, record.options[0].name if record else "")


def _keep_for_fast_path(runtime: Runtime, header: list[str], settings: Settings, token: TokenSet) -> None:
    """Let the fast path answer the same command line, where the token is in a file and not for one person alone."""
    credentials, record = runtime.credentials(settings), settings.need_flow()
    cache = credentials.cache
    if isinstance(cache, FileTokenCache) and not record.per_person:
        mark = credentials.place.marks.path_of(Logins.item(settings)) if record.signs_in else None
        runtime.fast_files.write(header, lambda: cache.path_of(credentials.key_of(settings)), token, mark=mark)
