"""Running ``exec``: the token first, then the command."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.commands.options import token_request
from egain_auth_cli.errors import EgainError, UsageError
from egain_auth_cli.exec_.child import (
    Job,
    as_own_failure,
    become,
    child_environment,
    find_program,
    with_file,
)
from egain_auth_cli.exec_.parent import Parent
from egain_auth_cli.exporters import check_name

if TYPE_CHECKING:
    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.tokens.request import TokenChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecOptions:
    """The options of ``exec`` but for the token's."""

    name: str
    expect: int | None
    watch_expiry: bool
    refresh_file: Path | None


def run_exec(runtime: Runtime, command: list[str], options: ExecOptions, choice: TokenChoice) -> int:
    """Run the command; give its exit status where this process stays its parent.

    Raises:
        EgainError: Nothing was started; its exit status is 125 to 127, or 2 for wrong use.
    """
    check_name(options.name)
    try:
        return _run(runtime, command, options, choice)
    except UsageError:
        raise
    except EgainError as exc:
        raise exc if exc.exit_code.starts_no_command else as_own_failure(exc) from None


def _run(runtime: Runtime, command: list[str], options: ExecOptions, choice: TokenChoice) -> int:
    program = find_program(command[0], runtime.environ)
    request = token_request(runtime, choice)
    service = runtime.token_service(request.settings)
    wanted = max(request.min_valid, options.expect or 0)
    token = service.acquire_token(replace(request, min_valid=wanted))
    job = with_file(
        Job(
            command=command,
            name=options.name,
            api_url=request.settings.api_url.value,
            watch_expiry=options.watch_expiry,
        ),
        options.refresh_file,
    )
    environment = child_environment(runtime.environ, job, token)
    if os.name == "posix" and job.refresh_file is None and not options.watch_expiry:
        become(program, job, environment)

    def renew(seconds: float) -> TokenSet:
        return service.acquire_token(replace(request, min_valid=int(seconds)))

    return Parent(renew, clock=runtime.clock, warn=runtime.terminal.warn).run(program, job, environment, token)
