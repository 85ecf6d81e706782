"""A token that the environment gives to `egain call`: an ``egain exec``, a step of a CI job or a shell has set it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import AuthError, ConfigError
from egain_auth_cli.models.moments import duration_text
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import is_bearer_token
from egain_auth_cli.settings.keys import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN, TOKEN_FILE = "EGAIN_ACCESS_TOKEN", "EGAIN_ACCESS_TOKEN_FILE"
API_URL, EXPIRY = "EGAIN_API_URL", "EGAIN_TOKEN_EXPIRES_AT"
NAME = "EGAIN_ACCESS_TOKEN_NAME"
"""Names the variable with the token, where an `exec` with `--name` has put it into another one."""
WAY_OUT = f"unset `{TOKEN}`, `{API_URL}` and `{EXPIRY}`, or name a profile by `-p`, to use a token of a profile"
"""What to do about a token of the environment that is not wanted; nothing here can renew it."""
_KEPT_CURRENT = "`egain exec --refresh-file token.txt -- ./long-job` keeps the token of a long job current"
_LONGEST_FILE = 64 * 1024
_LATEST = 253402300799
"""Epoch seconds of the end of the year 9999; what is beyond counts milliseconds, or is a slip."""


class EnvironmentToken(NamedTuple):
    """A token that is used as it is, and the API that it goes to.

    Attributes:
        variable: Which one gave it: the token's own, or that of a file which an ``egain exec`` keeps current.
        secret: The token.
        api_url: The API's base.
        expires_at: Epoch seconds; None where nobody says.
        file: Where the current token is; None for a fixed one.
    """

    variable: str
    secret: Secret
    api_url: str
    expires_at: int | None
    file: Path | None = None

    def seconds_left(self, now: float) -> float | None:
        """Return its life at an epoch second; None where nobody says."""
        return None if self.expires_at is None else self.expires_at - now

    def way_out(self, now: float) -> str:
        """Return what to do about it at an epoch second, where it is not wanted or not taken."""
        left = self.seconds_left(now)
        return WAY_OUT if left is None or left > 0 else f"{_KEPT_CURRENT}; or {WAY_OUT}"

    def check(self, now: float) -> None:
        """Refuse to use it after its end.

        Raises:
            AuthError: It has expired.
        """
        left = self.seconds_left(now)
        if left is not None and left <= 0:
            raise AuthError(
                f"the token of `{self.variable}` expired {duration_text(-left)} ago", hint=self.way_out(now)
            )


def environment_token(environ: Mapping[str, str]) -> EnvironmentToken | None:
    """Return the token that the environment gives together with its API, or None.

    Raises:
        ConfigError: A variable holds what it must not.
    """
    if not gives_token(environ):
        return None
    variable = _variable(environ)
    token, api_url = environ[variable], environ[API_URL]
    KEY["api_url"].check(api_url, API_URL)
    name = environ.get(TOKEN_FILE)
    current = read_token_file(Path(name)) if name else None
    if name and current is not None:
        return EnvironmentToken(TOKEN_FILE, current, api_url, None, Path(name))
    return EnvironmentToken(variable, _bearer(token, variable), api_url, _expiry(environ.get(EXPIRY)))


def gives_token(environ: Mapping[str, str]) -> bool:
    """Return whether the environment has a token for `egain call`."""
    # Both or none: a token alone would go to whatever API a profile names.
    return bool(environ.get(_variable(environ)) and environ.get(API_URL))


def unused_token(environ: Mapping[str, str]) -> str | None:
    """Return why a token of the environment is not used by `egain call`, in words; None where there is none."""
    variable = _variable(environ)
    if environ.get(variable) and not environ.get(API_URL):
        return f"`{variable}` is not used, since `{API_URL}` does not say which API it is for"
    return None


def _variable(environ: Mapping[str, str]) -> str:
    return environ.get(NAME) or TOKEN


def read_token_file(path: Path) -> Secret | None:
    """Return the token in the file that an ``egain exec --refresh-file`` keeps; None where there is none any more.

    Raises:
        ConfigError: It holds something else.
    """
    try:
        # Opening a pipe would wait for a writer, and what is read from one is gone.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError):
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        text = file.read(_LONGEST_FILE).decode("ascii", "replace").strip()
    return _bearer(text, TOKEN_FILE, hint="it names a file that holds the token alone")


def _bearer(text: str, variable: str, *, hint: str = "set it to the token alone") -> Secret:
    secret = Secret(text)  # before the check, so that its message cannot show the value
    if not is_bearer_token(text):
        raise ConfigError(f"`{variable}` gives no bearer token", hint=hint)
    return secret


def _expiry(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > len(str(_LATEST)) or int(text) > _LATEST:
        raise ConfigError(f"`{EXPIRY}` must be epoch seconds", hint="unset it, or set it to the token's end")
    return int(text)
