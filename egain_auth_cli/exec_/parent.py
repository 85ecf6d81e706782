"""Staying a command's parent: each signal passed on to it, and the file with its token kept current."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from egain_auth_cli.errors import EgainError, StoreError
from egain_auth_cli.exec_.child import not_run_error
from egain_auth_cli.models.core_dump import forbid_core_dumps
from egain_auth_cli.sanitize import printable
from egain_auth_cli.stores.atomic import remove_file, write_private
from egain_auth_cli.stores.file_errors import file_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from egain_auth_cli.exec_.child import Job
    from egain_auth_cli.models.token import TokenSet

_RENEW_BEFORE = 120.0
"""Seconds before its end at which the file's token is renewed."""
_TRY_AGAIN = 15.0
"""Seconds between two tries of a renewal that failed."""
_SHORTEST = 0.2
"""Seconds between two tries at least, however short a token lives."""
_FORWARDED = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH")
_FROM_TERMINAL = ("SIGINT", "SIGQUIT")
_BY_SIGNAL = 128
"""Added to a signal's number for the exit status, as the shell does."""


class Parent:
    """Runs the command as a child, and keeps the token's file current meanwhile.

    Args:
        renew: Acquires a token with at least so many seconds of life.
        clock: Epoch seconds.
        warn: Tells the person.
    """

    def __init__(
        self, renew: Callable[[float], TokenSet], *, clock: Callable[[], float], warn: Callable[[str], None]
    ) -> None:
        self._renew = renew
        self._clock = clock
        self._warn = warn
        self._ended = threading.Event()

    def run(self, program: str, job: Job, environment: Mapping[str, str], token: TokenSet) -> int:
        """Run the command and wait for its end.

        Returns:
            Its exit status, or 128 and the signal that ended it.

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
                raise not_run_error(job, exc) from exc
            forbid_core_dumps()  # again: the child began with the limit that the person has
            # NOTE: a signal between Popen and this line is not lost: it waits in `forwarding`.
            forwarding.start(child)
            keeper = threading.Thread(target=self._keep_current, args=(job, token), daemon=True)
            keeper.start()
            try:
                status = _wait_for(child)
            finally:
                self._ended.set()
                keeper.join(1.0)  # it may be in a renewal, which is not worth waiting for
                self._remove(job)
        return _BY_SIGNAL - status if status < 0 else status

    def _keep_current(self, job: Job, token: TokenSet) -> None:
        pause = max(_SHORTEST, self._seconds_to_renewal(token))
        while not self._ended.wait(pause):
            if job.refresh_file is None:
                if job.watch_expiry:
                    self._warn("the token of the running command is about to expire")
                return
            try:
                token = self._renew(_margin(token) + 1)
                if not self._ended.is_set():  # else the file would come back after its removal
                    self._write(job, token)
            except EgainError as exc:
                self._warn(f"the token's file is not current: {exc.message}; trying again")
            # What came may be the old one, which could not be renewed and is good for a while still.
            again = max(_SHORTEST, min(_TRY_AGAIN, (token.expires_at - token.obtained_at) / 4))
            pause = max(again, self._seconds_to_renewal(token))

    def _seconds_to_renewal(self, token: TokenSet) -> float:
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
    """Return the seconds before its end at which a token is renewed: half of a short life."""
    return min(_RENEW_BEFORE, (token.expires_at - token.obtained_at) / 2)


class _Forwarding:
    """Passes signals on to the child while the body runs; one that comes before the child is kept for it.

    What a terminal sends goes to its whole process group, so the child has it already; it is passed on only
    where no terminal is shared. On Windows nothing is: Ctrl-C and Ctrl-Break go to every process of the console.
    """

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self._former: dict[int, object] = {}

    def __enter__(self) -> Self:
        if sys.platform == "win32":
            for number in (signal.SIGINT, signal.SIGBREAK):
                self._former[number] = signal.signal(number, _ignore)
            return self
        shares_terminal = _in_foreground()
        self._former[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _ignore)  # wakes the wait
        for name in (*_FORWARDED, *_FROM_TERMINAL):
            number = getattr(signal, name, None)
            if number is None or signal.getsignal(number) is signal.SIG_IGN:  # as under nohup: the command's too
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
    """Return whether a terminal sends its signals to this process's group, the child within it."""
    if sys.platform == "win32":
        return False
    try:
        handle = os.open("/dev/tty", os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(handle) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(handle)


def _wait_for(child: subprocess.Popen[bytes]) -> int:
    """Wait for the child's end, and for no signal: one that comes just before a plain wait would be passed on late."""
    if sys.platform == "win32":
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
