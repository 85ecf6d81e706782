"""What is asked for: the token options as typed, and the request that they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.settings.settings import FlowOptions, Settings

DEFAULT_MIN_VALID = 60
"""Seconds of life that a cached token must still have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What is asked for.

    Attributes:
        settings: Resolved.
        min_valid: Seconds of life a cached token must still have.
        force_refresh: Use no cached token that was there when this was asked.
        store: Whether the cache is read and written.
        subject_token: Of another provider, for the token exchange.
        rejected: An access token that the API refused: any other cached one will do.
    """

    settings: Settings
    min_valid: int = DEFAULT_MIN_VALID
    force_refresh: bool = False
    store: bool = True
    subject_token: Secret | None = None
    rejected: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChoice:
    """What the token options say.

    Attributes:
        flow: Flow, actor, scopes and subject.
        min_valid: Seconds of life that a cached token must still have.
        force_refresh: Use no cached token.
        no_store: Neither read nor write the cache.
        subject_token_file: Where another provider's token is; ``-`` is standard input, None the environment.
    """

    flow: FlowOptions
    min_valid: int = DEFAULT_MIN_VALID
    force_refresh: bool = False
    no_store: bool = False
    subject_token_file: str | None = None

    def shaping_options(self) -> list[str]:
        """Return the options that ask for another token, but for those that name a flow."""
        words = ["--actor"] if self.flow.actor is not None else []
        words += ["--scope"] if self.flow.scopes else []
        words += ["--subject-token-file"] if self.subject_token_file is not None else []
        return [*words, *(["--force-refresh"] if self.force_refresh else [])]

    def command(self, settings: Settings, *, name: str = "token") -> list[str]:
        """Return the command line that has this choice, by default ``egain token``, as ``--dry-run`` shows it."""
        words = ["egain"]
        if settings.profile.value and settings.profile.source.startswith("option"):
            words += ["-p", settings.profile.value]
        option = settings.need_flow().option_for(settings.subject)
        words += [name, option.name, *([settings.subject_name] if settings.subject_name is not None else [])]
        # What the profile says is left out: the line is to hold for the profile as it is when it is run.
        if self.flow.actor is not None:
            words += ["--actor", self.flow.actor.value]
        for scope in self.flow.scopes:
            words += ["--scope", scope]
        if self.min_valid != DEFAULT_MIN_VALID:
            words += ["--min-valid", str(self.min_valid)]
        words += ["--force-refresh"] if self.force_refresh else []
        words += ["--no-store"] if self.no_store else []
        if self.subject_token_file is not None:
            words += ["--subject-token-file", self.subject_token_file]
        return words
