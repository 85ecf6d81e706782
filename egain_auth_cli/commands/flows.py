"""``egain flows``."""

from __future__ import annotations

from typing import Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.errors import ProfileMissing
from egain_auth_cli.health.flows import FlowReadiness, list_flows
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.terminal.paint import Style, Styled

app = CommandSet()


@app.command(epilog="\b\nExamples:\n  egain flows\n  egain -p acme flows --json | jq '.flows[] | select(.ready)'")
def flows(ctx: typer.Context, json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """List the ways to a token: whom each is for, what it needs, and what this profile lacks for it."""
    runtime = ctx.obj
    try:
        profile = runtime.settings(FlowOptions()).profile.value
        resolve = runtime.settings
    except ProfileMissing:
        if runtime.profile is not None:
            raise
        profile = resolve = None
    listed = list_flows(resolve, runtime.credentials)
    if json:
        runtime.terminal.json({"profile": profile, "flows": [_document(one) for one in listed]})
    else:
        rows = [_row(one) for one in listed]
        runtime.terminal.table(("FLOW", "OPTION", "FOR", "PLATFORM", "READY"), rows)


def _row(one: FlowReadiness) -> tuple[str, ...]:
    record = one.record
    return record.flow.value, record.options[0].usage, record.persona, record.platform, _ready(one)


def _ready(one: FlowReadiness) -> str:
    if one.missing is None:
        return Styled("no profile", Style.ASIDE)
    return Styled("yes", Style.GOOD) if one.ready else Styled(f"needs {', '.join(one.missing)}", Style.WARNING)


def _document(one: FlowReadiness) -> dict[str, object]:
    return {
        "flow": one.record.flow.value,
        "option": one.record.options[0].usage,
        "persona": one.record.persona,
        "platform": one.record.platform,
        "needs": list(one.record.needs),
        "ready": one.ready,
        "missing": None if one.missing is None else list(one.missing),
    }
