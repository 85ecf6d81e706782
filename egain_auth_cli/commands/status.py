"""``egain status``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.errors import ProfileMissing, SettingMissing
from egain_auth_cli.health.status import Status, StatusReader, outer_token_text
from egain_auth_cli.models.moments import duration_text, local_time, rfc3339
from egain_auth_cli.profiles.view import setting_document, setting_lines
from egain_auth_cli.settings.environment_token import environment_token, unused_token
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.tokens.logins import login_required

if TYPE_CHECKING:
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.settings.environment_token import EnvironmentToken

app = CommandSet()


@app.command(epilog="\b\nExamples:\n  egain status\n  egain -p acme status --json | jq .settings.token_url.source")
def status(ctx: typer.Context, json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Show what is in use, where each value comes from, and the stored login; nothing secret."""
    runtime = ctx.obj
    outer = None if runtime.profile is not None else environment_token(runtime.environ)
    try:
        settings = runtime.settings(FlowOptions())
    except (ProfileMissing, SettingMissing):
        if outer is None:
            raise
        _show_environment_alone(runtime, outer, json=json)
        return
    described = StatusReader(runtime.credentials, clock=runtime.clock).describe(settings, runtime.settings)
    if json:
        runtime.terminal.json({**_document(described), "environment_token": _environment_document(outer, runtime)})
    else:
        for line in _lines(described):
            runtime.terminal.data(line)
        if outer is not None:
            runtime.terminal.data(f"{'egain call':<22} {outer_token_text(outer, settings, now=runtime.clock())}")
        elif runtime.profile is None and (why := unused_token(runtime.environ)) is not None:
            runtime.terminal.data(f"{'egain call':<22} {why}")
    # After the output: a script has the document and the exit status 4.
    if settings.flow.value is not None and settings.need_flow().signs_in and not described.usable:
        raise login_required(settings, "nobody is signed in")


def _document(described: Status) -> dict[str, object]:
    return {
        "settings": setting_document(described.settings),
        "client_secret": {"source": described.client_secret},
        "login": {
            "usable": described.usable,
            **_expiry(described.expires_at, described.seconds_left),
            "renewable": described.renewable,
            "person": described.person,
        },
        "logins": [
            {
                "flow": one.flow.value,
                "actor": None if one.actor is None else one.actor.value,
                **_expiry(one.expires_at, one.seconds_left),
                "renewable": one.renewable,
                "person": one.person,
                "problem": one.problem,
            }
            for one in described.stored
        ],
        "problem": described.problem,
    }


def _show_environment_alone(runtime: Runtime, outer: EnvironmentToken, *, json: bool) -> None:
    """Show what an `egain exec` gave, where there is no profile: in a container, say."""
    if json:
        runtime.terminal.json({"environment_token": _environment_document(outer, runtime)})
    else:
        runtime.terminal.data(f"{'egain call':<22} {outer_token_text(outer, None, now=runtime.clock())}")


def _environment_document(outer: EnvironmentToken | None, runtime: Runtime) -> dict[str, object] | None:
    if outer is None:
        return None
    left = outer.seconds_left(runtime.clock())
    return {"variable": outer.variable, "api_url": outer.api_url, **_expiry(outer.expires_at, left)}


def _expiry(expires_at: int | None, seconds_left: float | None) -> dict[str, object]:
    return {
        "expires_at": expires_at,
        "expires": None if expires_at is None else rfc3339(expires_at),
        "seconds_left": None if seconds_left is None else max(0, int(seconds_left)),
    }


def _lines(described: Status) -> list[str]:
    lines = list(setting_lines(described.settings))
    lines.append(f"{'client_secret':<22} {described.client_secret}")
    lines.append(f"{'token':<22} {_when(described.expires_at, described.seconds_left)}")
    if described.renewable is not None:
        lines.append(
            f"{'login':<22} {'stored, renewed by itself' if described.renewable else 'no refresh token stored'}"
        )
    if described.person:
        lines.append(f"{'signed in as':<22} {described.person}")
    for number, one in enumerate(described.stored):
        of = one.flow.value + (f", {one.actor.value}" if one.actor else "") + (f", {one.person}" if one.person else "")
        renewed = ", renewed by itself" if one.renewable else ""
        state = one.problem or f"{_when(one.expires_at, one.seconds_left)}{renewed}"
        lines.append(f"{'kept' if number == 0 else '':<22} {of}: {state}")
    if described.problem:
        lines.append(f"{'problem':<22} {described.problem}")
    return lines


def _when(expires_at: int | None, seconds_left: float | None) -> str:
    if expires_at is None or seconds_left is None:
        return "none cached"
    ended = seconds_left <= 0
    span = f"{duration_text(-seconds_left)} ago" if ended else f"in {duration_text(seconds_left)}, {seconds_left:.0f} s"
    return f"{'expired' if ended else 'expires'} {local_time(expires_at)} ({span})"
