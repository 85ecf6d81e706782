"""Where another provider's token for the token exchange comes from (RFC 8693 §2.1)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from egain_auth_cli.deadline import run_bounded
from egain_auth_cli.errors import ConfigError, UsageError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import is_bearer_token
from egain_auth_cli.sanitize import pasted, printable
from egain_auth_cli.tokens.secret_command import run_secret_command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.settings.settings import Settings

VARIABLE = "EGAIN_SUBJECT_TOKEN"
_LIMIT = 64 * 1024
_FILE_SECONDS = 10.0
"""A pipe whose writer never comes would be waited for without end."""


def subject_token(
    settings: Settings, environ: Mapping[str, str], *, read: Callable[[], str] | None, say: Callable[[str], None]
) -> Secret | None:
    """Return the other provider's token, or None where no source has one.

    The order is option, environment, command; a profile named by ``-p`` is asked before the environment.

    Args:
        settings: The profile's.
        environ: ``EGAIN_SUBJECT_TOKEN``; also the command's environment.
        read: Reads what the option names; None where it was not given.
        say: Told that blanks were left out.

    Raises:
        UsageError: What was given is no bearer token.
        ConfigError: What the profile's command printed is none, or it cannot be started.
        StoreError: The command failed.
    """
    if read is not None:
        return _checked(pasted(read(), "the subject token", say), "the subject token", UsageError)
    value, argv = environ.get(VARIABLE), settings.subject_token_command.value
    if value and not (argv and settings.profile.source.startswith("option")):
        return _checked(value, f"`{VARIABLE}`", UsageError)
    if not argv:
        return None
    key = "subject_token_command"
    raw = run_secret_command(key, argv, settings, environ)
    text = raw.decode("utf-8-sig", "replace")
    return _checked(pasted(text, f"the output of `{key}`", say), f"the output of `{key}`", ConfigError)


def read_subject_file(path: str) -> str:
    """Return the text of the file that ``--subject-token-file`` names.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        return run_bounded(lambda: _beginning(Path(path)), seconds=_FILE_SECONDS).decode("utf-8-sig")
    except (OSError, ValueError) as exc:
        slow = f"nothing came within {_FILE_SECONDS:.0f} s" if isinstance(exc, TimeoutError) else None
        reason = (slow or getattr(exc, "strerror", None) or "not a text file").lower()
        raise UsageError(f"`{printable(path)}` cannot be read: {reason}", hint="check `--subject-token-file`") from exc


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LIMIT)


def _checked(text: str, where: str, error: type[UsageError | ConfigError]) -> Secret | None:
    secret = Secret(text)  # before the check: no message can show it then
    if text and not is_bearer_token(text):
        raise error(f"{where} is not a bearer token: letters, digits and `-._~+/`", hint="give the token alone")
    if not text and error is ConfigError:
        raise error(f"{where} is empty", hint="run it by hand: it must print the token alone")
    return secret or None
