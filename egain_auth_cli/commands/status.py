"""``egain status``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.errors import ProfileMissing, SettingMissing
from egain_auth_cli.health.status import Status, StatusReader, outer_token_text
from egain_auth_cli.models.moments import duration_text, local_time, rfc3339
from egain_auth_cli.profiles.view import NAMES_WIDTH, setting_document, setting_rows
from egain_auth_cli.settings.environment_token import environment_token, unused_token
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.terminal.paint import Style, Styled
from egain_auth_cli.tokens.logins import login_required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.settings.environment_token import EnvironmentToken
    from egain_auth_cli.settings.settings import Settings

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
        why = unused_token(runtime.environ) if outer is None and runtime.profile is None else None
        call = [("egain call", why)] if why is not None else []
        call += [] if outer is None else [_outer_row(outer, settings, runtime)]
        runtime.terminal.rows([*_rows(described), *call], widths=NAMES_WIDTH)
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
        runtime.terminal.rows([_outer_row(outer, None, runtime)], widths=NAMES_WIDTH)


def _outer_row(outer: EnvironmentToken, settings: Settings | None, runtime: Runtime) -> tuple[str, str]:
    left = outer.seconds_left(runtime.clock())
    style = Style.BAD if left is not None and left <= 0 else Style.WARNING
    return "egain call", Styled(outer_token_text(outer, settings, now=runtime.clock()), style)


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


def _rows(described: Status) -> Iterator[tuple[str, ...]]:
    yield from setting_rows(described.settings)
    yield "client_secret", described.client_secret
    yield "token", _when(described.expires_at, described.seconds_left)
    if described.renewable is not None:
        yield (
            "login",
            Styled("stored, renewed by itself", Style.GOOD)
            if described.renewable
            else Styled("no refresh token stored", Style.WARNING),
        )
    if described.person:
        yield "signed in as", described.person
    for number, one in enumerate(described.stored):
        of = one.flow.value + (f", {one.actor.value}" if one.actor else "") + (f", {one.person}" if one.person else "")
        state = Styled(one.problem, Style.BAD) if one.problem else _when(one.expires_at, one.seconds_left)
        renewed = ", renewed by itself" if one.renewable and not one.problem else ""
        yield "kept" if number == 0 else "", f"{of}: ", state, renewed
    if described.problem:
        yield "problem", Styled(described.problem, Style.BAD)


def _when(expires_at: int | None, seconds_left: float | None) -> str:
    if expires_at is None or seconds_left is None:
        return "none cached"
    ended = seconds_left <= 0
    span = f"{duration_text(-seconds_left)} ago" if ended else f"in {duration_text(seconds_left)}, {seconds_left:.0f} s"
    text = f"{'expired' if ended else 'expires'} {local_time(expires_at)} ({span})"
    return Styled(text, Style.BAD if ended else Style.GOOD)
