"""Running a command of the profile that prints a secret: a secret manager's, or one that gives a CI job's identity."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from egain_auth_cli.errors import BindingChanged, ConfigError, StoreError
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.environment import without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from egain_auth_cli.settings.settings import Settings

_SECONDS = 30.0


def run_secret_command(key: str, argv: Sequence[str], settings: Settings, environ: Mapping[str, str]) -> bytes:
    """Run a command, without a shell and without our own secrets, and return what it printed.

    Args:
        key: Its setting's name, for messages.
        argv: Its program and arguments.
        settings: Where what it prints will be sent.
        environ: Ours.

    Raises:
        BindingChanged: The environment names another client or URL than the profile, whose command this is.
        ConfigError: It cannot be started.
        StoreError: It failed, or did not end within 30 s.
    """
    refuse_foreign_target(key, settings)
    name = printable(argv[0], limit=80)
    try:
        done = subprocess.run(  # noqa: S603  the user's own argv, no shell
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, env=without_secrets(environ),
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise StoreError(
            f"`{key}` (`{name}`) did not end within {_SECONDS:.0f} s",
            hint="run it by hand: it must print the secret without asking",
        ) from None
    except (OSError, ValueError) as exc:
        reason = (getattr(exc, "strerror", None) or "invalid").lower()
        raise ConfigError(f"`{key}` (`{name}`) cannot be started: {reason}", hint="correct it in the profile") from None
    if done.returncode != 0:
        # It may have printed the secret before it failed: the redactor is to know it.
        for line in done.stdout.decode("utf-8", "replace").splitlines():
            Secret(line.strip())
        said = printable(done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2], limit=160)
        raise StoreError(
            f"`{key}` (`{name}`) failed with status {done.returncode}" + (f": {said}" if said else ""),
            hint="run it by hand: it must print the secret and end with status 0",
        )
    return done.stdout


def refuse_foreign_target(key: str, settings: Settings) -> None:
    """Refuse a client or URL that the environment names: the profile's command prints the profile's own secret.

    Raises:
        BindingChanged: The environment names one.
    """
    for setting, what in (
        (settings.client_id, "client ID"),
        (settings.token_url, "token URL"),
        (settings.api_url, "API URL"),
    ):
        replaced = any(other.startswith("profile ") for other in setting.passed_over)
        if setting.source.startswith("environment ") and replaced:
            name = setting.source.removeprefix("environment ")
            way = "`EGAIN_CLIENT_SECRET`" if key == "client_secret_command" else "`EGAIN_SUBJECT_TOKEN`"
            raise BindingChanged(
                f"`{name}` names another {what} than the profile, whose `{key}` is not used for it",
                hint=f"unset `{name}`, or give what it prints by {way}",
            )
