"""``egain status``."""

from __future__ import annotations

from typing import Annotated

import typer

from egain_auth_cli.commands._profile_view import setting_document, setting_lines
from egain_auth_cli.commands._token_output import rfc3339
from egain_auth_cli.commands._words import local_time
from egain_auth_cli.services.logins import login_required
from egain_auth_cli.services.settings import FlowOptions
from egain_auth_cli.services.status_service import Status
from egain_auth_cli.services.token_service import in_words

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog="\b\nExamples:\n  egain status\n  egain -p acme status --json | jq .settings.token_url.source")
def status(ctx: typer.Context, json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show what is in use, where each value comes from, and the stored login; nothing secret."""
    runtime = ctx.obj
    settings = runtime.settings(FlowOptions())
    described = runtime.describe(settings)
    if json:
        runtime.terminal.json(_document(described))
    else:
        for line in _lines(described):
            runtime.terminal.data(line)
    flow = settings.flow.value
    if flow is not None and flow.signs_in and not described.usable:
        raise login_required(settings, "nobody is signed in")


def _document(described: Status) -> dict[str, object]:
    return {
        "settings": setting_document(described.settings),
        "client_secret": {"source": described.client_secret},
        "login": {
            "usable": described.usable,
            "expires_at": described.expires_at,
            "expires": rfc3339(described.expires_at) if described.expires_at is not None else None,
            "seconds_left": None if described.seconds_left is None else max(0, int(described.seconds_left)),
            "renewable": described.renewable,
        },
        "problem": described.problem,
    }


def _lines(described: Status) -> list[str]:
    lines = list(setting_lines(described.settings))
    lines.append(f"{'client_secret':<22} {described.client_secret}")
    if described.expires_at is not None and described.seconds_left is not None:
        ended = described.seconds_left <= 0
        when = f"{'expired' if ended else 'expires'} {local_time(described.expires_at)}"
        span = f"{in_words(-described.seconds_left)} ago" if ended else f"in {in_words(described.seconds_left)}"
        lines.append(f"{'token':<22} {when} ({span})")
    else:
        lines.append(f"{'token':<22} none cached")
    if described.renewable is not None:
        lines.append(
            f"{'login':<22} {'stored, renewed by itself' if described.renewable else 'no refresh token stored'}"
        )
    if described.problem:
        lines.append(f"{'problem':<22} {described.problem}")
    return lines
