"""Runs ``egain`` many times at the cost of one start: forks from an interpreter that has loaded the program.

A line of JSON asks for a run, two lines answer: the process's id at once, its exit status at its end (negative for a
signal). An empty line then gives the id back to the system, so that until then a signal can meet nobody else. A list
asks for runs at once; one line answers with a list of their statuses.

A run may be given a fault: at its n-th call that makes, writes, syncs, moves or removes a file, or asks the keyring, it
is ended, or the call fails. New calls are covered by themselves: a test walks n from 1 until the program gets through.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

assert sys.platform == "linux"

_STREAMS = 2
_FAILURES = {
    "full": OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "broken": OSError(errno.EIO, os.strerror(errno.EIO)),
    "odd": LookupError("an error that nobody has thought of"),
}
_LOADED = ("egain_auth_cli.cli", "egain_auth_cli.transport.token_endpoint", "tomlkit", "keyring")


def main() -> None:
    for name in _LOADED:
        import_module(name)
    from egain_auth_cli.commands import COMMANDS

    for module, _ in COMMANDS.values():
        import_module(f"egain_auth_cli.commands.{module}")
    for line in sys.stdin:
        asked = json.loads(line)
        if isinstance(asked, list):
            print(json.dumps(_run_at_once(asked)), flush=True)  # noqa: T201
            continue
        pid = os.fork()
        if pid == 0:
            _become(asked)
        print(pid, flush=True)  # noqa: T201  the protocol
        end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        assert end is not None
        print(end.si_status if end.si_code == os.CLD_EXITED else -end.si_status, flush=True)  # noqa: T201
        sys.stdin.readline()
        os.waitpid(pid, 0)


def _run_at_once(asked: list[dict[str, Any]]) -> list[int]:
    """Fork for all of them, then wait; a killed one has the negative number of its signal."""
    pids = []
    for one in asked:
        pid = os.fork()
        if pid == 0:
            _become(one)
        pids.append(pid)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


def _become(asked: dict[str, Any]) -> None:
    """Be one run of the program, and end with its status."""
    status = 1
    try:
        os.umask(asked["umask"])
        for number, (path, flags) in enumerate(
            ((asked["stdin"], os.O_RDONLY), (asked["stdout"], os.O_WRONLY), (asked["stderr"], os.O_WRONLY))
        ):
            handle = os.open(path, flags)
            os.dup2(handle, number)
            os.close(handle)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  a file descriptor
        os.environ.clear()
        os.environ.update(asked["environ"])
        time.tzset()
        os.chdir(asked["folder"])
        if asked["unlocked"]:
            import fcntl

            fcntl.flock = lambda *_: None
        if asked["fault"]:
            mode, number, reached = asked["fault"]
            _arm(mode, int(number), Path(reached))
        from egain_auth_cli.__main__ import run

        status = run(asked["argv"])
        sys.stdout.flush()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  as an interpreter shows it
        traceback.print_exc()
    finally:
        os._exit(status)


def _arm(mode: str, number: int, reached: Path) -> None:
    """Let the n-th call strike: ``kill``, or a ``full`` disk, at one that writes; ``broken`` or ``odd`` at any."""
    import fcntl

    touch = os.open  # the real one, for the mark
    count = 0

    def strike() -> None:
        os.close(touch(reached, os.O_WRONLY | os.O_CREAT, 0o600))
        if mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise _FAILURES[mode]

    def guarded(real: Callable[..., Any], counts: Callable[..., bool]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            if counts(*args):
                count += 1
                if count == number:
                    strike()
            return real(*args, **kwargs)

        return call

    always = mode in {"broken", "odd"}
    os.open = guarded(os.open, lambda path, flags, *_: always or bool(flags & os.O_CREAT))
    os.write = guarded(os.write, lambda handle, *_: handle > _STREAMS)
    for name in ("fsync", "replace", "rename", "unlink", "mkdir", "ftruncate", "posix_fallocate"):
        setattr(os, name, guarded(getattr(os, name), lambda *_: True))
    fcntl.flock = guarded(fcntl.flock, lambda *_: always)
    if "PYTHON_KEYRING_BACKEND" in os.environ:
        keyring = import_module("fakes.shared_keyring").SharedKeyring
        for name in ("get_password", "set_password", "delete_password", "add_password"):
            setattr(keyring, name, guarded(getattr(keyring, name), lambda *_: True))


if __name__ == "__main__":
    main()
