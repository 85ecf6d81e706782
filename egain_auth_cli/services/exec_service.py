"""Running a command with a token: becoming it, or staying its parent to keep a file of the token current."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from egain_auth_cli.errors import EgainError, ExitCode, StoreError
from egain_auth_cli.models.environment import without_secrets
from egain_auth_cli.sanitize import printable
from egain_auth_cli.stores.atomic import file_errors, remove_file, write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

    from egain_auth_cli.models.token import TokenSet

_RENEW_BEFORE = 120.0
"""Seconds before its end at which the file's token is renewed."""
_TRY_AGAIN = 15.0
_SHORTEST = 0.2
_FORWARDED = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH")
_FROM_TERMINAL = ("SIGINT", "SIGQUIT")
_BY_SIGNAL = 128


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
    """Give the child's environment: ours without its secrets, with the token, its expiry and the API's URL."""
    child = without_secrets(environ)
    if "LC_CTYPE" in child and not _was_given("LC_CTYPE"):
        del child["LC_CTYPE"]  # the interpreter's own doing, for itself (PEP 538)
    child[job.name] = token.access_token.reveal()
    child["EGAIN_TOKEN_EXPIRES_AT"] = str(token.expires_at)
    if job.api_url:
        child["EGAIN_API_URL"] = job.api_url
    if job.refresh_file is not None:
        child["EGAIN_ACCESS_TOKEN_FILE"] = str(job.refresh_file)
    return child


def _was_given(name: str) -> bool:
    """Whether a variable was in the environment that this process was started with, as far as the system tells."""
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
    folders = [""] if os.sep in name else environ.get("PATH", os.defpath).split(os.pathsep)
    if any(Path(folder, name).exists() for folder in folders):
        raise CommandNotRun(f"`{printable(name)}` cannot be run", hint="make it executable: `chmod +x`")
    raise CommandNotFound(f"there is no command `{printable(name)}`", hint="check its name and `PATH`")


def become(program: str, job: Job, environment: Mapping[str, str]) -> NoReturn:
    """Replace this process by the command: signals and exit status are then its own.

    Raises:
        CommandNotFound: The script's interpreter is not there.
        CommandNotRun: The system refused.
    """
    former = [(number, signal.signal(number, signal.SIG_DFL)) for number in _ignored_signals()]
    try:
        os.execve(program, list(job.command), dict(environment))  # noqa: S606  the person's own command, no shell
    except (OSError, ValueError) as exc:
        for number, handler in former:
            signal.signal(number, handler)
        raise _not_run(job, exc) from exc


def _ignored_signals() -> list[int]:
    """Give what the interpreter ignores for itself; a program that inherits that never ends at a closed pipe."""
    return [getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name)]


class Parent:
    """Runs the command as a child, and keeps the token's file current meanwhile.

    Args:
        renew: Gives a token with at least so many seconds of life.
        clock: Epoch seconds.
        warn: Tells the person.
    """

    def __init__(
        self, renew: Callable[[float], TokenSet], *, clock: Callable[[], float], warn: Callable[[str], None]
    ) -> None:
        self._renew = renew
        self._clock = clock
        self._warn = warn
        self._over = threading.Event()

    def run(self, program: str, job: Job, environment: Mapping[str, str], token: TokenSet) -> int:
        """Run the command; give its exit status, or 128 and the signal that ended it.

        Raises:
            CommandNotRun: It cannot be started.
            StoreError: The file cannot be written.
        """
        if job.refresh_file is not None and os.path.lexists(job.refresh_file):
            raise StoreError(
                f"`{printable(str(job.refresh_file))}` is there already and is not overwritten",
                hint="name a new file by `--refresh-file`; it is removed at the end",
            )
        with _Forwarding() as forwarding:
            self._write(job, token)
            try:
                child = subprocess.Popen([program, *job.command[1:]], env=dict(environment))  # noqa: S603  no shell
            except (OSError, ValueError) as exc:
                self._remove(job)
                raise _not_run(job, exc) from exc
            forwarding.start(child)
            keeper = threading.Thread(target=self._keep, args=(job, token), daemon=True)
            keeper.start()
            try:
                status = _wait_for(child)
            finally:
                self._over.set()
                keeper.join(1.0)
                self._remove(job)
        return _BY_SIGNAL - status if status < 0 else status

    def _keep(self, job: Job, token: TokenSet) -> None:
        pause = max(_SHORTEST, self._to_margin(token))
        while not self._over.wait(pause):
            if job.refresh_file is None:
                if job.watch_expiry:
                    self._warn("the token of the running command is about to expire")
                return
            try:
                token = self._renew(_margin(token) + 1)
                if not self._over.is_set():
                    self._write(job, token)
            except EgainError as exc:
                self._warn(f"the token's file is not current: {exc.message}; trying again")
            # What came may be the old one, which could not be renewed and is good for a while still.
            again = max(_SHORTEST, min(_TRY_AGAIN, (token.expires_at - token.obtained_at) / 4))
            pause = max(again, self._to_margin(token))

    def _to_margin(self, token: TokenSet) -> float:
        return token.remaining(self._clock()) - _margin(token)

    def _write(self, job: Job, token: TokenSet) -> None:
        if job.refresh_file is not None:
            with file_errors(job.refresh_file, "write", StoreError):
                write_private(job.refresh_file, f"{token.access_token.reveal()}\n".encode("ascii"))

    def _remove(self, job: Job) -> None:
        if job.refresh_file is not None:
            with contextlib.suppress(OSError):
                remove_file(job.refresh_file)


def _margin(token: TokenSet) -> float:
    """Seconds before the end at which a token is renewed: half of a short life."""
    return min(_RENEW_BEFORE, (token.expires_at - token.obtained_at) / 2)


class _Forwarding:
    """Passes signals on to the child while the body runs; one that comes before the child is kept for it.

    What a terminal sends goes to its whole process group, so the child has it already; it is passed on only
    where no terminal is shared.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._former: dict[int, object] = {}

    def __enter__(self) -> Self:
        shares_terminal = _in_foreground()
        if hasattr(signal, "SIGCHLD"):
            self._former[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _ignore)  # wakes the wait
        for name in (*_FORWARDED, *_FROM_TERMINAL):
            number = getattr(signal, name, None)
            if number is None:
                continue
            passed_on = name in _FORWARDED or not shares_terminal
            self._former[number] = signal.signal(number, self._pass_on if passed_on else _ignore)
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)  # type: ignore[arg-type]  # what signal.signal gave

    def start(self, child: subprocess.Popen[bytes]) -> None:
        """Pass signals on to this child, those that came before it first."""
        self._child = child
        for number in self._early:
            self._pass_on(number, None)

    def _pass_on(self, number: int, _: object) -> None:
        if self._child is None:
            self._early.append(number)
            return
        with contextlib.suppress(OSError):
            self._child.send_signal(number)


def _in_foreground() -> bool:
    """Whether a terminal sends its signals to this process's group, the child within it."""
    try:
        handle = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, AttributeError):
        return False
    try:
        return os.tcgetpgrp(handle) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(handle)


def _wait_for(child: subprocess.Popen[bytes]) -> int:
    """Wait for the child's end, and for no signal: one that comes just before a plain wait would be passed on late."""
    if not hasattr(signal, "SIGCHLD"):
        return child.wait()
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    former = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        while (status := child.poll()) is None:
            select.select([reading], [], [])
            with contextlib.suppress(BlockingIOError):
                os.read(reading, 4096)
        return status
    finally:
        signal.set_wakeup_fd(former)
        os.close(reading)
        os.close(writing)


def _ignore(_: int, __: object) -> None:
    """Do nothing; unlike SIG_IGN this is not inherited by the child."""


def _not_run(job: Job, exc: Exception) -> CommandNotRun | CommandNotFound:
    if isinstance(exc, FileNotFoundError):
        return CommandNotFound(
            f"`{printable(job.command[0])}` cannot be run: the interpreter that it names is not there",
            hint="check its first line",
        )
    reason = (getattr(exc, "strerror", None) or "invalid argument").lower()
    return CommandNotRun(f"`{printable(job.command[0])}` cannot be run: {reason}", hint="check the file and its rights")


def as_own_failure(error: EgainError) -> EgainError:
    """Give an error the exit status 125, so that it is not taken for the command's own."""
    error.exit_code = ExitCode.EXEC_FAILED
    return error


def with_file(job: Job, path: Path | None) -> Job:
    """Give the job with an absolute file name, since the child may change its folder."""
    return job if path is None else replace(job, refresh_file=Path(os.path.abspath(path)))  # noqa: PTH100  no link is followed
