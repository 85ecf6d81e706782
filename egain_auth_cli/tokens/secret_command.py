"""Running a command of the profile that prints a secret: a secret manager's, or one that gives a CI job's identity."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from subprocess import PIPE
from typing import IO, TYPE_CHECKING

from egain_auth_cli.errors import BindingChanged, ConfigError, StoreError
from egain_auth_cli.models.command_words import program_on_windows
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.environment import without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from egain_auth_cli.settings.settings import Settings

_SECONDS = 30.0
_LINGER = 1.0
"""Seconds for what the command has printed to be read, after its end."""
_PIECE = 16 * 1024
LIMIT = 64 * 1024
"""Bytes that a secret may have."""


def run_secret_command(key: str, argv: Sequence[str], settings: Settings, environ: Mapping[str, str]) -> bytes:
    """Run a command, without a shell and without our own secrets, and return what it printed.

    More than ``LIMIT`` bytes are no secret: the command is ended then, and what came is for the caller to refuse.

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
    program = program_on_windows(argv[0], environ) if sys.platform == "win32" else argv[0]
    try:
        child = subprocess.Popen(  # noqa: S603  the user's own argv, no shell
            [program, *argv[1:]], stdin=subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, env=without_secrets(environ)
        )
    except (OSError, ValueError) as exc:
        reason = (getattr(exc, "strerror", None) or "invalid").lower()
        raise ConfigError(f"`{key}` (`{name}`) cannot be started: {reason}", hint="correct it in the profile") from None
    printed, said = _Reader(child, child.stdout), _Reader(child, child.stderr)
    try:
        status = child.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        raise StoreError(
            f"`{key}` (`{name}`) did not end within {_SECONDS:.0f} s",
            hint="run it by hand: it must print what is wanted without asking",
        ) from None
    finally:
        child.kill()  # Ctrl-C too: nobody would read what it prints
        child.wait()
        output, words = printed.finish(), said.finish()
    if status != 0 and len(output) <= LIMIT:
        # It may have printed the secret before it failed: the redactor is to know it.
        for line in output.decode("utf-8", "replace").splitlines():
            Secret(line.strip())
        reason = printable(words.decode("utf-8", "replace").strip().rpartition("\n")[2], limit=160)
        raise StoreError(
            f"`{key}` (`{name}`) failed with status {status}" + (f": {reason}" if reason else ""),
            hint="run it by hand: it must print what is wanted and end with status 0",
        )
    return output


class _Reader:
    """Reads a stream of a command as it comes, to a bound; a command that prints more is ended.

    NOTE: the stream may stay open after the command's end, in the hands of an agent that it has left behind.
    """

    def __init__(self, child: subprocess.Popen[bytes], stream: IO[bytes] | None) -> None:
        self._child = child
        self._stream = stream
        self._data = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while self._stream is not None and (piece := os.read(self._stream.fileno(), _PIECE)):
            self._data += piece
            if len(self._data) > LIMIT:
                self._child.kill()
                return

    def finish(self) -> bytes:
        """Return what came, once the command has ended."""
        self._thread.join(_LINGER)
        if not self._thread.is_alive() and self._stream is not None:
            self._stream.close()
        return bytes(self._data)


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
