"""Core dumps: none of a process that holds a secret, which would lie in them (core(5), prctl(2))."""

from __future__ import annotations

import contextlib
import sys

_PR_SET_DUMPABLE = 4
_NO_CORE = 1
"""Bytes: too few for a core, and what Linux takes for "none" even where a program catches them."""

_former: tuple[int, int] | None = None


def forbid_core_dumps() -> None:
    """Let the system write no core of this process from now on; on Linux no other program of the user reads it, too."""
    global _former  # noqa: PLW0603  the process has one limit
    if sys.platform == "win32" or _former is not None:
        return
    import resource

    _former = resource.getrlimit(resource.RLIMIT_CORE)
    hard = _former[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(
            resource.RLIMIT_CORE, (_NO_CORE if hard == resource.RLIM_INFINITY else min(_NO_CORE, hard), hard)
        )
    _set_dumpable(dumpable=False)


def allow_core_dumps() -> None:
    """Undo that for a command that takes this process's place, or is started by it: its crashes are its own."""
    global _former  # noqa: PLW0603
    if sys.platform == "win32" or _former is None:
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, _former)
    _former = None
    _set_dumpable(dumpable=True)


def _set_dumpable(*, dumpable: bool) -> None:
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, int(dumpable), 0, 0, 0)
