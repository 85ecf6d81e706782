"""Running a command with a token: its environment, its program, and putting it in this process's place."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from egain_auth_cli.errors import EgainError, ExitCode
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.environment import without_choice
from egain_auth_cli.settings.environment_token import API_URL, EXPIRY, NAME, TOKEN, TOKEN_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from egain_auth_cli.models.token import TokenSet


class CommandNotFound(EgainError):
    """There is no such command."""

    code = "command-not-found"
    exit_code = ExitCode.NOT_FOUND


class CommandNotRun(EgainError):
    """The command is there and cannot be run."""

    code = "command-not-run"
    exit_code = ExitCode.NOT_RUN


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to run.

    Attributes:
        command: Program and arguments.
        name: The token's variable.
        api_url: For the child's ``EGAIN_API_URL``; None if it is not known.
        refresh_file: A file to keep the token in while the command runs, or None.
        watch_expiry: Whether to warn when the token is about to end.
    """

    command: Sequence[str]
    name: str
    api_url: str | None
    refresh_file: Path | None = None
    watch_expiry: bool = False


def child_environment(environ: Mapping[str, str], job: Job, token: TokenSet) -> dict[str, str]:
    """Return the child's environment: ours without what holds or chooses another token, with this one and its API.

    So an ``egain call`` within it acts as this token does.
    """
    child = without_choice(environ)
    if "LC_CTYPE" in child and not _was_given("LC_CTYPE"):
        del child["LC_CTYPE"]  # the interpreter's own doing, for itself (PEP 538)
    child[job.name] = token.access_token.reveal()
    child[EXPIRY] = str(token.expires_at)
    if job.api_url:
        child[API_URL] = job.api_url
        child |= {NAME: job.name} if job.name != TOKEN else {}
    if job.refresh_file is not None:
        child[TOKEN_FILE] = str(job.refresh_file)
    return child


def _was_given(name: str) -> bool:
    """Return whether this process was started with the variable in its environment; True where nothing tells."""
    try:
        given = Path("/proc/self/environ").read_bytes()
    except OSError:
        return True
    return f"{name}=".encode() in {line.partition(b"=")[0] + b"=" for line in given.split(b"\0")}


def find_program(name: str, environ: Mapping[str, str]) -> str:
    """Find the program as the shell would.

    Raises:
        CommandNotFound: There is none (exit status 127).
        CommandNotRun: It is there, but not executable (126).
    """
    found = shutil.which(name, path=environ.get("PATH"))
    if found is not None:
        return found
    # `which` passes over what is not executable; 126 and 127 are as POSIX has them for the shell and `env`.
    folders = [""] if os.sep in name else environ.get("PATH", os.defpath).split(os.pathsep)
    if any(Path(folder, name).exists() for folder in folders):
        by = "name the program that runs it, too" if sys.platform == "win32" else "make it executable: `chmod +x`"
        raise CommandNotRun(f"`{printable(name)}` cannot be run", hint=by)
    raise CommandNotFound(f"there is no command `{printable(name)}`", hint="check its name and `PATH`")


def replace_process(program: str, job: Job, environment: Mapping[str, str]) -> NoReturn:
    """Replace this process by the command: signals and exit status are then its own.

    Raises:
        CommandNotFound: The script's interpreter is not there.
        CommandNotRun: The system refused.
    """
    # SIG_IGN survives execve, unlike a handler: the command would inherit what Python ignores.
    former = [(number, signal.signal(number, signal.SIG_DFL)) for number in _ignored_signals()]
    try:
        os.execve(program, list(job.command), dict(environment))  # noqa: S606  the person's own command, no shell
    except (OSError, ValueError) as exc:
        for number, handler in former:
            signal.signal(number, handler)
        raise not_run_error(job, exc) from exc


def _ignored_signals() -> list[int]:
    """Return what the interpreter ignores for itself; a program that inherits that never ends at a closed pipe."""
    return [getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name)]


def not_run_error(job: Job, exc: Exception) -> CommandNotRun | CommandNotFound:
    """Return the error of a command that the system did not start."""
    if isinstance(exc, FileNotFoundError):
        return CommandNotFound(
            f"`{printable(job.command[0])}` cannot be run: the interpreter that it names is not there",
            hint="check its first line",
        )
    reason = (getattr(exc, "strerror", None) or "invalid argument").lower()
    return CommandNotRun(f"`{printable(job.command[0])}` cannot be run: {reason}", hint="check the file and its rights")


def with_exec_status(error: EgainError) -> EgainError:
    """Change an error's exit status to 125, as `env` has it, so that it is not taken for the command's own."""
    error.exit_code = ExitCode.EXEC_FAILED
    return error


def with_refresh_file(job: Job, path: Path | None) -> Job:
    """Return the job with the file's absolute name, since the command may change its folder."""
    return job if path is None else replace(job, refresh_file=Path(os.path.abspath(path)))  # noqa: PTH100  no link is followed
