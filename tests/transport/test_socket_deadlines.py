"""Sockets that are shut down when their time is over."""

from __future__ import annotations

import math
import os
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from fakes.systems import NEEDS_POSIX

from egain_auth_cli.transport.socket_deadlines import SocketDeadlines

if TYPE_CHECKING:
    from collections.abc import Iterator

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5)
        yield ours, theirs


def watchers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if "_watch" in one.name]


def until_nobody_watches() -> None:
    for one in watchers():
        one.join()  # the suite's own time limit ends a thread that stays


@pytest.fixture
def deadlines() -> SocketDeadlines:
    return SocketDeadlines()


def test_read_that_waits_ends_at_the_deadline(deadlines: SocketDeadlines, pair: Pair) -> None:
    before = time.monotonic()
    with pytest.raises(TimeoutError), deadlines.shut_down_after(0.2, pair[0]):
        assert pair[0].recv(1) == b""

    assert 0.2 <= time.monotonic() - before < 1


def test_error_after_the_deadline_is_a_time_out_without_the_error(deadlines: SocketDeadlines, pair: Pair) -> None:
    with pytest.raises(TimeoutError) as caught, deadlines.shut_down_after(0.0, pair[0]):  # noqa: PT012
        pair[0].recv(1)
        raise OSError("made-up")

    assert (caught.value.args, caught.value.__suppress_context__) == ((), True)


@pytest.mark.parametrize("seconds", [5.0, math.inf])
def test_socket_whose_use_has_ended_is_left_alone(deadlines: SocketDeadlines, pair: Pair, seconds: float) -> None:
    with deadlines.shut_down_after(seconds, pair[0]):
        pass
    with pytest.raises(ValueError, match="ours"), deadlines.shut_down_after(0.2, pair[0]):
        raise ValueError("ours")
    until_nobody_watches()

    pair[1].sendall(b"x")
    assert pair[0].recv(1) == b"x"


def test_each_socket_has_its_own_deadline(deadlines: SocketDeadlines, pair: Pair) -> None:
    with deadlines.shut_down_after(5.0, pair[1]), pytest.raises(TimeoutError):  # noqa: SIM117
        with deadlines.shut_down_after(0.1, pair[0]):
            pair[0].recv(1)

    assert pair[1].recv(1) == b""


def test_thread_ends_when_no_socket_is_in_use(deadlines: SocketDeadlines, pair: Pair) -> None:
    with deadlines.shut_down_after(5.0, pair[0]):
        assert watchers()
    until_nobody_watches()

    with pytest.raises(TimeoutError), deadlines.shut_down_after(0.1, pair[0]):
        pair[0].recv(1)


def test_fork_has_deadlines_too(deadlines: SocketDeadlines, pair: Pair) -> None:
    if sys.platform == "win32":
        pytest.skip(NEEDS_POSIX)
    with deadlines.shut_down_after(5.0, pair[1]):
        child = os.fork()
        if child == 0:
            try:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.alarm(20)
                pair[0].settimeout(None)
                with deadlines.shut_down_after(0.1, pair[0]):
                    pair[0].recv(1)
            except TimeoutError:
                os._exit(7)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 7
