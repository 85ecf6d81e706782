"""``egain doctor``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from egain_auth_cli.commands.help_page import CommandSet
from egain_auth_cli.commands.hints import for_profile, profile_in_use
from egain_auth_cli.errors import ConfigError, EgainError
from egain_auth_cli.health.check import State
from egain_auth_cli.health.doctor import Doctor
from egain_auth_cli.health.probe import reach
from egain_auth_cli.health.status import StatusReader
from egain_auth_cli.health.unknown_keys import check_keys
from egain_auth_cli.settings.environment_token import environment_token
from egain_auth_cli.terminal.paint import Style, Styled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.health.check import Check
    from egain_auth_cli.runtime import Runtime

app = CommandSet()

_MARKS = {
    State.OK: Styled("ok", Style.GOOD),
    State.WARNING: Styled("warning", Style.WARNING),
    State.FAILURE: Styled("FAILURE", Style.BAD),
}


@app.command(
    epilog="\b\nExamples:\n  egain doctor\n  egain -p acme doctor --offline\n  egain doctor --json | jq '.checks[]'"
)
def doctor(
    ctx: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Open no connection beyond this machine.")] = False,
) -> None:
    """Check configuration, keyring, cache, listener, hosts, clock and login; ends with 3 if something fails."""
    runtime = ctx.obj
    with runtime.terminal.progress("checking") as progress:
        tell = progress.tell if progress is not None else lambda _: None
        found = _doctor(runtime).run(offline=offline, tell=lambda text: tell(f"egain: {text} …"))
    with suppress(EgainError):  # of which the first check has told
        found += check_keys(runtime.config(), runtime.profile or profile_in_use(runtime))
    checks = [replace(check, fix=for_profile(check.fix, runtime) or "") for check in found]
    failed = [check for check in checks if check.state is State.FAILURE]
    if json:
        document = [
            {"name": one.name, "state": one.state, "detail": one.detail, "fix": one.fix or None} for one in checks
        ]
        runtime.terminal.json({"ok": not failed, "checks": document})
    else:
        rows = [row for check in checks for row in _rows(check, apart=runtime.terminal.stdout_is_terminal)]
        runtime.terminal.rows(rows, widths=(8, 15))
    if failed:
        names = ", ".join(dict.fromkeys(check.name for check in failed))
        raise ConfigError(f"{len(failed)} of {len(checks)} checks failed: {names}", hint=failed[0].fix or None)


def _rows(check: Check, *, apart: bool) -> Iterator[tuple[str, ...]]:
    """Yield the row of a check; its fix is a row of its own where a person reads it."""
    fix = Styled(f"-> {check.fix}", Style.HINT) if check.fix else ""
    yield _MARKS[check.state], check.name, check.detail, f"  {fix}" if fix and not apart else ""
    if fix and apart:
        yield "", "", fix


def _doctor(runtime: Runtime) -> Doctor:
    return Doctor(
        runtime.environ,
        paths=runtime.paths,
        outer=None if runtime.profile is not None else partial(environment_token, runtime.environ),
        resolve=runtime.settings,
        describe=StatusReader(runtime.credentials, clock=runtime.clock).describe,
        secret_store=runtime.secret_store,
        reach=partial(reach, runtime.http),
    )
