"""Running ``exec``: the token first, then the command."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.commands.bearer_choice import asked_again
from egain_auth_cli.commands.options import token_request
from egain_auth_cli.errors import EgainError, UsageError
from egain_auth_cli.exec_.child import (
    Job,
    child_environment,
    find_program,
    replace_process,
    with_exec_status,
    with_refresh_file,
)
from egain_auth_cli.exec_.parent import Parent
from egain_auth_cli.exporters.variable_names import check_name
from egain_auth_cli.models.core_dump import allow_core_dumps
from egain_auth_cli.settings.environment_token import gives_token

if TYPE_CHECKING:
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.tokens.request import TokenChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecOptions:
    """The options of ``exec`` but for the token's.

    Attributes:
        name: The variable that gets the token.
        expect: Seconds that the job is expected to take; None where that is not said.
        watch_expiry: Stay the command's parent, and warn before the token ends.
        refresh_file: Keep the current token in this file while the command runs.
    """

    name: str
    expect: int | None
    watch_expiry: bool
    refresh_file: Path | None


def run_exec(runtime: Runtime, command: list[str], options: ExecOptions, choice: TokenChoice) -> int:
    """Run the command.

    Returns:
        Its exit status, where this process stays its parent; else this process becomes the command.

    Raises:
        EgainError: Nothing was started; its exit status is 125 to 127, or 2 for wrong use.
    """
    check_name(options.name)
    try:
        return _run(runtime, command, options, choice)
    except UsageError:
        raise  # wrong use is 2 in every command
    except EgainError as exc:
        raise exc if exc.exit_code.starts_no_command else with_exec_status(exc) from None


def _run(runtime: Runtime, command: list[str], options: ExecOptions, choice: TokenChoice) -> int:
    program = find_program(command[0], runtime.environ)
    request = token_request(runtime, choice)
    service = runtime.token_service(request.settings)
    wanted = max(request.min_valid, options.expect or 0)
    if gives_token(runtime.environ) and not runtime.profile and not choice.flow.flow:
        name = request.settings.profile.value or "the environment's client"
        runtime.terminal.warn(f"the job's token is one of `{name}`: that of the environment around it is passed over")
    token = service.acquire_token(replace(request, min_valid=wanted))
    job = with_refresh_file(
        Job(
            command=command,
            name=options.name,
            api_url=request.settings.api_url.value,
            watch_expiry=options.watch_expiry,
        ),
        options.refresh_file,
    )
    allow_core_dumps()
    environment = child_environment(runtime.environ, job, token)
    # Windows has no exec that keeps the process: there the command is always a child.
    if sys.platform != "win32" and job.refresh_file is None and not options.watch_expiry:
        replace_process(program, job, environment)

    def renew(seconds: float) -> TokenSet:
        return service.acquire_token(replace(asked_again(runtime, choice, request), min_valid=int(seconds)))

    return Parent(renew, clock=runtime.clock, warn=runtime.terminal.warn).run(program, job, environment, token)
