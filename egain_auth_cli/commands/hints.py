"""Hints as commands that can be run as they stand: for the profile that this command line is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from egain_auth_cli.errors import EgainError
from egain_auth_cli.settings.profile import PROFILE_NAME

if TYPE_CHECKING:
    from egain_auth_cli.runtime import Runtime

_OF_A_PROFILE = re.compile(
    r"`egain (?=(?:login|logout|token|call|export|exec|status|doctor|flows|secret \w+|profile show)[ `])"
    r"(?![^`]*--(?:list|help))"
)


def for_profile(hint: str | None, runtime: Runtime) -> str | None:
    """Return a hint whose commands are for the profile that was named by ``-p``.

    Args:
        hint: As raised, by whatever knows nothing of the command line.
        runtime: Of this command line.
    """
    if hint is None:
        return None
    named = runtime.profile
    if named is not None and PROFILE_NAME.fullmatch(named):
        hint = _OF_A_PROFILE.sub(f"`egain -p {named} ", hint)
    return hint


def profile_in_use(runtime: Runtime) -> str | None:
    """Return the profile that a command without ``-p`` uses, or None; a broken configuration has none."""
    try:
        return runtime.environ.get("EGAIN_PROFILE") or runtime.config().default_profile
    except EgainError:
        return None
