"""What a person runs next, once a profile is made or its secret kept: for the profile that was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.flows import RECORDS
from egain_auth_cli.flows.record import CLIENT_SECRET
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.settings.resolve import resolve_settings
from egain_auth_cli.settings.settings import FlowOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from egain_auth_cli.flows.record import FlowRecord
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.settings.settings import Settings

_USUAL_FLOWS = (Flow.PKCE, Flow.CLIENT_CREDENTIALS)
SECRET_VARIABLES = ("EGAIN_CLIENT_SECRET", "EGAIN_CLIENT_SECRET_FILE")


def said_of_default(runtime: Runtime, name: str) -> str:
    """Say whether this profile is the default, as the end of a sentence about it."""
    default = runtime.config().default_profile
    if default == name:
        return ", and is the default"
    if default is None:
        return f"; there is no default: `egain profile use {name}` makes it so"
    return f"; the default is still `{default}`: `egain profile use {name}` changes that"


def profile_and_default(runtime: Runtime, name: str) -> str:
    """Name this profile, and the default where that is another one."""
    default = runtime.config().default_profile
    if default == name:
        return f"profile `{name}`, the default,"
    return f"profile `{name}` (the default is `{default}`)" if default else f"profile `{name}`"


def say_next(runtime: Runtime, name: str, *, has_secret: bool) -> None:
    """Tell the commands that lead to a token of this profile, the next one first where several are missing.

    Args:
        runtime: Of this run.
        name: The profile's.
        has_secret: Whether its client secret is stored, or may be.
    """
    settings = resolve_settings(FlowOptions(profile=name), runtime.environ, runtime.config())
    if settings.flow.value is None:
        # Only the console tells which Platform the client application has.
        ways = (f"`egain profile set {name} flow {one.value}` ({RECORDS[one].platform})" for one in _USUAL_FLOWS)
        runtime.terminal.say(f"next: choose the flow, such as {' or '.join(ways)}")
        return
    given = has_secret or any(runtime.environ.get(variable) for variable in SECRET_VARIABLES)
    steps = _steps(settings, command_for(runtime, name), has_secret=given)
    runtime.terminal.say(f"next: {', then '.join(f'`{step}`' for step in steps)}")


def command_for(runtime: Runtime, name: str) -> str:
    """Return the beginning of a command line for this profile: with ``-p`` where it is not the one in use."""
    used = runtime.environ.get("EGAIN_PROFILE") or runtime.config().default_profile
    return "egain" if used == name else f"egain -p {name}"


def _steps(settings: Settings, egain: str, *, has_secret: bool) -> Iterator[str]:
    record = settings.need_flow()
    missing = [one for one in record.needs if one != CLIENT_SECRET and not getattr(settings, one).value]
    yield from (settings.set_command(one) for one in missing)
    if missing:
        return
    if record.needs_secret and not has_secret and not settings.client_secret_command.value:
        yield f"{egain} secret set"
        return
    yield f"{egain} {_way_to_a_token(record, settings)}"


def _way_to_a_token(record: FlowRecord, settings: Settings) -> str:
    if record.signs_in:
        return "login"
    if record.takes_subject_token and not settings.subject_token_command.value:
        return "token --subject-token-file FILE"
    return f"token {record.options[0].usage}" if record.options[0].metavar else "token"
