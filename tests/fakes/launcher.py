"""Starts a program under conditions that a test cannot give it by arguments: ``launcher.py CONDITION... -- ARGV``.

``tty`` makes standard input its controlling terminal; ``plain-user`` takes away root's right to pass over the modes of
files; ``full-disk`` fails every write to a file; ``no-stdin``, ``no-stdout`` and ``no-stderr`` close a stream.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

assert sys.platform == "linux"

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


def main() -> None:
    split = sys.argv.index("--")
    for condition in sys.argv[1:split]:
        _CONDITIONS[condition]()
    os.execv(sys.argv[split + 1], sys.argv[split + 1 :])  # noqa: S606  a test's own words


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _become_plain() -> None:
    library = ctypes.CDLL(None, use_errno=True)
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH) if os.geteuid() == 0 else ():
        if library.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def _fill_disk() -> None:
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


_CONDITIONS: dict[str, Callable[[], None]] = {
    "tty": _take_terminal,
    "plain-user": _become_plain,
    "full-disk": _fill_disk,
    "no-stdin": lambda: os.close(0),
    "no-stdout": lambda: os.close(1),
    "no-stderr": lambda: os.close(2),
}

if __name__ == "__main__":
    main()
