"""Whose token goes to the API: that of the environment around this process, or one of the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from egain_auth_cli.commands.hints import profile_in_use
from egain_auth_cli.commands.options import token_request
from egain_auth_cli.errors import UsageError
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.environment_token import API_URL, environment_token, unused_token
from egain_auth_cli.tokens.holder import GivenToken, TokenHolder

if TYPE_CHECKING:
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.settings.environment_token import EnvironmentToken
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.tokens.request import TokenChoice, TokenRequest


def outer_token(runtime: Runtime, choice: TokenChoice, *, checks: bool = True) -> EnvironmentToken | None:
    """Return the token that the environment gives, unless `-p` or the option of a flow asks for another.

    Args:
        runtime: Gives the environment.
        choice: What the options say.
        checks: Refuse one that has expired.

    Raises:
        UsageError: Other options shape a token, which this one cannot take.
        ConfigError: A variable holds what it must not.
        AuthError: It has expired.
    """
    if runtime.profile or choice.flow.flow:
        return None
    outer = environment_token(runtime.environ)
    if outer is None:
        why = unused_token(runtime.environ)
        if why is not None:
            runtime.terminal.warn(why)
        return None
    shaping = choice.shaping_options()
    if shaping:
        raise UsageError(
            f"`{shaping[0]}` is not for the token of `{outer.variable}`, which is used as it is",
            hint="name a profile by `-p` or a flow as well, or leave the option out",
        )
    if checks:
        outer.check(runtime.clock())
    over = f"; passed over: profile `{printable(name)}`" if (name := profile_in_use(runtime)) else ""
    runtime.terminal.trace(f"the token is that of `{outer.variable}`, for `{API_URL}`{over}")
    return outer


def token_source(
    runtime: Runtime, choice: TokenChoice, outer: EnvironmentToken | None, settings: Settings | None
) -> TokenHolder | GivenToken:
    """Return where the tokens come from.

    Args:
        runtime: Makes what acquires them.
        choice: What the options say.
        outer: The environment's token; None for the profile's.
        settings: The profile's, where there is no other.

    Raises:
        ConfigError: A setting is missing or invalid.
        UsageError: The subject token cannot be read.
    """
    if outer is not None:
        return GivenToken(outer, clock=runtime.clock)
    request = token_request(runtime, choice, settings)
    service = runtime.token_service(request.settings)
    if request.subject_token is None:
        return TokenHolder(service, request, clock=runtime.clock)
    first = [request.subject_token]

    def subject_token() -> Secret | None:
        return first.pop() if first else asked_again(runtime, choice, request).subject_token

    return TokenHolder(service, request, clock=runtime.clock, subject_token=subject_token)


def asked_again(runtime: Runtime, choice: TokenChoice, request: TokenRequest) -> TokenRequest:
    """Return a request for the next token: another provider's token is found anew, since it may live for minutes.

    Raises:
        UsageError: It cannot be read any more.
    """
    if request.subject_token is None or choice.subject_token_file == "-":  # noqa: S105  standard input, read once
        return request
    return token_request(runtime, choice, request.settings)
