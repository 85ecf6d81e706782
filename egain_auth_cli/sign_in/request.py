"""What a sign-in is asked, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.token import TokenSet
    from egain_auth_cli.settings.settings import Settings

DEFAULT_LOGIN_SECONDS = 300.0
"""How long a person may take to sign in; eGain's own MCP server waits as long after its redirect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequest:
    """What ``login`` is asked.

    Attributes:
        settings: Resolved; the flow is one where a person signs in.
        seconds: The wait for the person.
        open_browser: False with ``--no-browser``.
        force: Sign in although there is a usable login.
        paste_from: The file descriptor that a redirect URL may be pasted on, or None.
        asks_again: Whether a wrong paste is asked again (a terminal) or ends the login (a pipe).
        fit_hint: Makes the commands of a hint such that they can be run as they stand.
    """

    settings: Settings
    seconds: float = DEFAULT_LOGIN_SECONDS
    open_browser: bool = True
    force: bool = False
    paste_from: int | None = None
    asks_again: bool = True
    fit_hint: Callable[[str | None], str | None] = lambda hint: hint


class SignedIn(NamedTuple):
    """A login that is there now.

    Attributes:
        token: The access token; None where an earlier login is kept.
        renewable: Whether there is a refresh token to renew it with.
        ungranted: Scopes that were asked for and not granted.
    """

    token: TokenSet | None
    renewable: bool
    ungranted: tuple[str, ...] = ()
