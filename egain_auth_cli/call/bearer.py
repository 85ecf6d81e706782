"""Which API is called, and what stands for its token in the line of ``--dry-run``."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from egain_auth_cli.settings.keys import KEY

if TYPE_CHECKING:
    from egain_auth_cli.settings.environment_token import EnvironmentToken
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.tokens.request import TokenChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTarget:
    """An API, and its token.

    Attributes:
        api_url: Its base.
        language: For Accept-Language.
        token_text: What a shell puts in the token's place: ``$(egain token …)`` or ``${EGAIN_ACCESS_TOKEN:?}``.
    """

    api_url: str
    language: str
    token_text: str


def environment_target(given: EnvironmentToken) -> CallTarget:
    """Return the API whose token the environment gives."""
    text = f"${{{given.variable}:?}}" if given.file is None else f'$(cat "${given.variable}")'
    return CallTarget(api_url=given.api_url, language=cast("str", KEY["language"].default), token_text=text)


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
