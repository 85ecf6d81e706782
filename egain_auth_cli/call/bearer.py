"""Which API is called, and what stands for its token in the line of ``--dry-run``."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import is_bearer_token
from egain_auth_cli.settings.keys import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.tokens.request import TokenChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTarget:
    """An API, and its token.

    Attributes:
        api_url: Its base.
        language: For Accept-Language.
        token_text: What a shell puts in the token's place: ``$(egain token …)`` or ``$EGAIN_ACCESS_TOKEN``.
        given: The token of the environment; None where the profile's is to be acquired.
    """

    api_url: str
    language: str
    token_text: str
    given: Secret | None = None


def environment_target(environ: Mapping[str, str]) -> CallTarget | None:
    """Return the API and the token that the environment gives together, or None.

    Raises:
        ConfigError: One of them is invalid.
    """
    # Both or none: a token alone would go to whatever API a profile names.
    token, api_url = environ.get("EGAIN_ACCESS_TOKEN"), environ.get("EGAIN_API_URL")
    if not token or not api_url:
        return None
    KEY["api_url"].check(api_url, "EGAIN_API_URL")
    secret = Secret(token)  # before the check, so that its message cannot show the value
    if not is_bearer_token(token):
        raise ConfigError("`EGAIN_ACCESS_TOKEN` is no bearer token", hint="set it to the token alone")
    return CallTarget(
        api_url=api_url,
        language=cast("str", KEY["language"].default),
        token_text="$EGAIN_ACCESS_TOKEN",  # noqa: S106  a variable's name
        given=secret,
    )


def profile_target(settings: Settings, choice: TokenChoice) -> CallTarget:
    """Return the API of a profile.

    Raises:
        SettingMissing: It has no API URL, or no flow is named.
    """
    return CallTarget(
        api_url=settings.need("api_url"),
        language=settings.language.value,
        token_text=f"$({shlex.join(choice.command(settings))})",
    )
