"""Signals put off while something must not be left half done."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HELD = ("SIGINT", "SIGTERM", "SIGHUP")


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and SIGHUP take effect when the ``with`` statement has ended, and not before.

    In the main thread alone: Python handles signals nowhere else.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    former = {}
    for number in (getattr(signal, name) for name in _HELD if hasattr(signal, name)):
        if signal.getsignal(number) not in (signal.SIG_IGN, None):  # None: a handler that Python did not set
            former[number] = signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)
