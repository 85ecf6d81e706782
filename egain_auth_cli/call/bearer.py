"""Whose API is called, and with which token."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.settings.keys import PROFILE_KEYS
from egain_auth_cli.settings.resolve import DEFAULT_LANGUAGE
from egain_auth_cli.tokens.acquire import DEFAULT_MIN_VALID
from egain_auth_cli.tokens.holder import HeldToken

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.call.send import TokenSource
    from egain_auth_cli.commands.options import TokenChoice
    from egain_auth_cli.runtime import Runtime
    from egain_auth_cli.settings.resolve import Settings
    from egain_auth_cli.tokens.acquire import TokenRequest


class GivenToken:
    """The token of ``EGAIN_ACCESS_TOKEN``, used as it is."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def token(self) -> Secret:
        """Give the token."""
        return self._token

    def renewed(self, rejected: Secret) -> Secret | None:  # noqa: ARG002
        """Give nothing: there is no other."""
        return None


@dataclass(frozen=True)
class CallTarget:
    """An API and its tokens.

    Attributes:
        api_url: Its base.
        language: For Accept-Language.
        token_words: What a shell puts in the token's place.
        tokens: Gives the source of tokens; called when the request is known to be sound.
    """

    api_url: str
    language: str
    token_words: str
    tokens: Callable[[], TokenSource]


def call_target(runtime: Runtime, choice: TokenChoice) -> CallTarget:
    """Find the API: the environment's token with its URL where no profile is asked for, else the profile's."""
    token, api_url = runtime.environ.get("EGAIN_ACCESS_TOKEN"), runtime.environ.get("EGAIN_API_URL")
    asked = runtime.options.profile or runtime.environ.get("EGAIN_PROFILE") or choice.flow.flow
    if token and api_url and not asked:
        PROFILE_KEYS["api_url"](api_url, "EGAIN_API_URL")
        secret = given_token(token)
        return CallTarget(api_url, DEFAULT_LANGUAGE, "$EGAIN_ACCESS_TOKEN", lambda: GivenToken(secret))
    settings = runtime.settings(choice.flow)
    return CallTarget(
        settings.need("api_url"),
        settings.language.value,
        f"$({shlex.join(_token_command(settings, choice))})",
        lambda: _held(runtime, choice.request(runtime)),
    )


def _held(runtime: Runtime, request: TokenRequest) -> HeldToken:
    return HeldToken(runtime.token_service(request.settings), request, clock=runtime.clock)


def _token_command(settings: Settings, choice: TokenChoice) -> list[str]:
    """Give the `egain token` line that prints the token of this request."""
    words = ["egain"]
    if settings.profile.value and settings.profile.source.startswith("option"):
        words += ["-p", settings.profile.value]
    words += ["token"]
    flow = settings.need_flow()
    if settings.subject is not None and settings.subject_name is not None:
        option = {"subject_username": "--on-behalf-of", "subject_userid": "--on-behalf-of-userid"}
        words += [option.get(settings.subject.value, "--on-behalf-of-email"), settings.subject_name]
    else:
        words.append(flow.option)
    if choice.flow.actor is not None:
        words += ["--actor", choice.flow.actor.value]
    for scope in choice.flow.scopes:
        words += ["--scope", scope]
    if choice.min_valid != DEFAULT_MIN_VALID:
        words += ["--min-valid", str(choice.min_valid)]
    words += ["--force-refresh"] if choice.force_refresh else []
    words += ["--no-store"] if choice.no_store else []
    if choice.subject_token_file is not None:
        words += ["--subject-token-file", choice.subject_token_file]
    return words


def given_token(text: str) -> Secret:
    """Check a token from the environment: a header takes printable ASCII alone.

    Raises:
        ConfigError: It is something else.
    """
    token = Secret(text)
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ConfigError("`EGAIN_ACCESS_TOKEN` is no bearer token", hint="set it to the token alone")
    return token
