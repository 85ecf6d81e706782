"""The real program as a process: with pipes, under a pseudo-terminal, many at once."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fakes import passwd
from fakes.systems import NEEDS_LINUX, NEEDS_POSIX, pseudo_terminal, terminal_modes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, Self

Env = Mapping[str, str | None]
NOTHING: Env = {}
_HERE = Path(__file__).parent
_PROGRAM = (sys.executable, "-m", "egain_auth_cli")
_PATIENCE = 60.0
"""Seconds after which a test gives a process up; nothing should come near it."""
INTERRUPT = b"\x03"
TAKEN_AWAY = "\x1b[1A\x1b[2K"
"""How a terminal is told to remove the line of progress."""
_UNMEASURED: Env = {"COVERAGE_PROCESS_START": None, "COVERAGE_PROCESS_CONFIG": None}
"""Where no file can be written, coverage cannot keep its data either, and would say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a process came to.

    Attributes:
        status: Its exit status; negative where a signal ended it.
        seconds: How long it ran.
    """

    status: int
    stdout: bytes
    stderr: bytes
    seconds: float = 0.0

    @property
    def out(self) -> str:
        return self.stdout.decode()

    @property
    def err(self) -> str:
        return self.stderr.decode()

    @property
    def shown(self) -> tuple[int, str, str]:
        """Status and both streams, to be compared whole."""
        return self.status, self.out, self.err


class Running:
    """A process that has been started."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.child = child
        self._started = time.monotonic()
        self._seen = b""

    @property
    def pid(self) -> int:
        return self.child.pid

    def read_error_until(self, text: str) -> str:
        """Wait for a text on standard error; give all that was said so far."""
        assert self.child.stderr is not None
        self._seen += read_until(self.child.stderr.fileno(), text.encode(), self._seen)
        return self._seen.decode()

    def send(self, data: bytes) -> None:
        """Write to standard input, which stays open."""
        assert self.child.stdin is not None
        self.child.stdin.write(data)
        self.child.stdin.flush()

    def signal(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def finish(self) -> Finished:
        """Wait for the end."""
        try:
            stdout, stderr = self.child.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.communicate()
            raise
        return Finished(
            status=self.child.returncode,
            stdout=stdout or b"",
            stderr=self._seen + (stderr or b""),
            seconds=time.monotonic() - self._started,
        )


class OnTerminal:
    """A process whose three streams are one terminal."""

    def __init__(
        self, argv: Sequence[str], environ: Mapping[str, str], *, exact: bool = False, columns: int | None = None
    ) -> None:
        self._master, slave = pseudo_terminal(exact=exact, columns=columns)
        self._started = time.monotonic()
        self.shown = b""
        self._child = subprocess.Popen(
            [sys.executable, str(_HERE / "launcher.py"), "tty", "--", *argv],
            stdin=slave, stdout=slave, stderr=slave, env=dict(environ), start_new_session=True, close_fds=True,
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        os.close(self._master)

    @property
    def pid(self) -> int:
        return self._child.pid

    def read_until(self, text: str) -> str:
        """Wait until the screen shows a text; give the whole screen."""
        self.shown += read_until(self._master, text.encode(), self.shown)
        return self.shown.decode()

    def read_after(self, mark: str, text: str) -> str:
        """Wait until the screen shows ``text`` somewhere after ``mark``; give what is after the mark."""
        start = self.shown.index(mark.encode()) + len(mark)
        self.shown += read_until(self._master, text.encode(), self.shown[start:])
        return self.shown[start:].decode()

    def send(self, data: bytes) -> None:
        """Type."""
        while data:
            data = data[os.write(self._master, data) :]

    @property
    def modes(self) -> set[str]:
        """What of lines, echo and signals the terminal does at this moment."""
        return terminal_modes(self._master)

    def wait_for_modes(self, modes: set[str]) -> None:
        """Wait until the terminal does just these."""
        end = time.monotonic() + _PATIENCE
        while self.modes != modes:
            assert time.monotonic() < end, f"the terminal does {self.modes}"
            threading.Event().wait(0.01)

    def signal(self, number: signal.Signals) -> None:
        self._child.send_signal(number)

    def finish(self) -> Finished:
        """Read to the end and wait."""
        with contextlib.suppress(OSError):
            while piece := os.read(self._master, 65536):
                self.shown += piece
        status = self._child.wait(_PATIENCE)
        return Finished(status=status, stdout=self.shown, stderr=b"", seconds=time.monotonic() - self._started)


def read_until(handle: int, wanted: bytes, seen: bytes) -> bytes:
    """Read until ``seen`` and what is read hold ``wanted``; give what was read."""
    fresh = b""
    end = time.monotonic() + _PATIENCE
    while wanted not in seen + fresh:
        ready, _, _ = select.select([handle], [], [], max(0.0, end - time.monotonic()))
        piece = b""
        with contextlib.suppress(OSError):  # a terminal whose last process has ended reads as an error
            piece = os.read(handle, 65536) if ready else b""
        if not piece:
            raise AssertionError(f"{wanted!r} was not shown; this was: {(seen + fresh).decode(errors='replace')}")
        fresh += piece
    return fresh


@dataclass
class Egain:
    """An installation: folders of its own, an environment, and the program."""

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    @classmethod
    def in_folder(cls, folder: Path) -> Egain:
        """Take the test's environment, with home, configuration and cache in a folder of its own."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        own = {
            "HOME": str(folder),
            "EGAIN_CONFIG_DIR": str(folder / "config"),
            "EGAIN_CACHE_DIR": str(folder / "cache"),
            passwd.HERE: str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return cls(folder, {**os.environ, **own})

    @property
    def config_file(self) -> Path:
        return Path(self.environ["EGAIN_CONFIG_DIR"]) / "config.toml"

    @property
    def cache(self) -> Path:
        return Path(self.environ["EGAIN_CACHE_DIR"])

    def files(self) -> list[Path]:
        """Every file below the home folder, but for what merely marks a lock."""
        return sorted(path for path in self.home.rglob("*") if path.is_file() and path.suffix != ".lock")

    def run(self, *argv: str, stdin: bytes | None = b"", under: Sequence[str] = (), env: Env = NOTHING) -> Finished:
        """Run one command line to its end, in a process forked from a loaded program where nothing speaks against it.

        Args:
            argv: Without the program's name.
            stdin: What is piped in; None closes it at once without a pipe (``/dev/null``).
            under: Conditions of the launcher.
            env: Variables to set; None takes one away.
        """
        if sys.platform == "linux" and not under and not _shapes_the_interpreter(self.with_env(env)):
            return loaded_program().run(self, *argv, stdin=stdin, env=env)
        running = self.start(*argv, under=under, piped=stdin is not None, env=env)
        try:
            stdout, stderr = running.child.communicate(stdin, timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            running.child.kill()
            running.child.communicate()
            raise
        seconds = time.monotonic() - running._started
        return Finished(status=running.child.returncode, stdout=stdout, stderr=stderr, seconds=seconds)

    def start(
        self,
        *argv: str,
        under: Sequence[str] = (),
        piped: bool = True,
        stdout: int = subprocess.PIPE,
        program: Sequence[str] = _PROGRAM,
        env: Env = NOTHING,
    ) -> Running:
        """Start one command line and go on."""
        words = [*program, *argv]
        if "full-disk" in under:
            env = {**env, **_UNMEASURED}
        if under:
            if sys.platform != "linux":
                pytest.skip(NEEDS_LINUX)
            words = [sys.executable, str(_HERE / "launcher.py"), *under, "--", *words]
        child = subprocess.Popen(
            words, env=self.with_env(env), cwd=self.home, stdout=stdout, stderr=subprocess.PIPE,
            stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
        )  # fmt: skip
        return Running(child)

    def many(self, count: int, *argv: str, env: Env = NOTHING) -> list[Finished]:
        """Run one command line in so many processes at once."""
        started = [self.start(*argv, piped=False, env=env) for _ in range(count)]
        return [one.finish() for one in started]

    def on_terminal(
        self, *argv: str, exact: bool = False, columns: int | None = None, env: Env = NOTHING
    ) -> OnTerminal:
        """Start one command line on a terminal; ``exact`` keeps the terminal from changing newlines."""
        return OnTerminal([*_PROGRAM, *argv], self.with_env(env), exact=exact, columns=columns)

    def shell_on_terminal(self, *, env: Env = NOTHING) -> OnTerminal:
        """Start a shell with job control on a terminal, in which ``egain`` is the program."""
        start = f'egain() {{ {" ".join(_PROGRAM)} "$@"; }}; PS1="$ "'
        shell = OnTerminal(["/bin/sh", "-i"], {**self.with_env(env), "PS1": "", "ENV": "/dev/null"})
        shell.send(f"{start}\n".encode())
        return shell

    def shell(self, script: str, *, program: str = "sh", env: Env = NOTHING) -> Finished:
        """Run a shell script in which ``egain`` is the program."""
        if sys.platform == "win32":
            pytest.skip(NEEDS_POSIX)
        function = f'egain() {{ {" ".join(_PROGRAM)} "$@"; }}\n'
        done = subprocess.run(
            [program, "-c", function + script], env=self.with_env(env), cwd=self.home, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=_PATIENCE, check=False,
        )  # fmt: skip
        return Finished(status=done.returncode, stdout=done.stdout, stderr=done.stderr)

    def with_env(self, changes: Env) -> dict[str, str]:
        merged = {**self.environ, **changes}
        return {name: value for name, value in merged.items() if value is not None}


def _shapes_the_interpreter(environ: Mapping[str, str]) -> bool:
    """Whether a variable is read when the interpreter starts, so that a loaded one would pass it over."""
    usual = {"PYTHONDONTWRITEBYTECODE", "PYTHON_KEYRING_BACKEND", "PYTHONPATH"}
    return any(name.startswith(("PYTHON", "LC_")) for name in environ.keys() - usual) or any(
        environ.get(name) != os.environ.get(name) for name in ("LANG", "PYTHONPATH")
    )


_loaded: list[LoadedProgram] = []


def loaded_program() -> LoadedProgram:
    """Return the program that all of this process's tests fork from."""
    if sys.platform != "linux":
        pytest.skip(NEEDS_LINUX)
    if not _loaded:
        kept = contextlib.ExitStack()
        folder = kept.enter_context(tempfile.TemporaryDirectory(prefix="egain-streams-"))
        _loaded.append(kept.enter_context(LoadedProgram(Path(folder))))
        atexit.register(kept.close)
    return _loaded[0]


class LoadedProgram:
    """The program, loaded once and forked for each run; see ``fork_server.py``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._child = subprocess.Popen(
            [sys.executable, str(_HERE / "fork_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._answered = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._child.communicate(timeout=_PATIENCE)

    def start(
        self, egain: Egain, argv: Sequence[str], *, stdin: bytes | None, env: Env, fault: Fault | None
    ) -> ForkedRun:
        """Fork for one run; the next one can be started when it has been waited for."""
        pipe = None if stdin is None else _filled_pipe(stdin)
        asked = self._asked(egain, argv, env=env)
        if fault is not None:
            asked["fault"] = [fault.mode, fault.number, str(fault.reached)]
        if pipe is not None:
            asked["stdin"] = f"/proc/{os.getpid()}/fd/{pipe}"
        started = time.monotonic()
        self.tell(json.dumps(asked).encode() + b"\n")
        return ForkedRun(int(self.answer(_PATIENCE)), self, _streams_of(asked), pipe, started)

    def run_at_once(
        self,
        egain: Egain,
        command_lines: Sequence[Sequence[str]],
        *,
        meanwhile: Callable[[Sequence[Path]], object] = lambda _: None,
        unlocked: bool = False,
    ) -> list[Finished]:
        """Fork for all of these at once, and wait for all.

        Args:
            egain: The installation.
            command_lines: Without the program's name; none reads its standard input.
            meanwhile: Called while they run, with the standard errors in the same order.
            unlocked: Take every file lock for granted.
        """
        asked = [self._asked(egain, argv, env={}) | {"unlocked": unlocked} for argv in command_lines]
        self.tell(json.dumps(asked).encode() + b"\n")
        meanwhile([_streams_of(one)[1] for one in asked])
        statuses = json.loads(self.answer(2 * _PATIENCE))
        done = []
        for status, one in zip(statuses, asked, strict=True):
            stdout, stderr = (path.read_bytes() for path in _streams_of(one))
            done.append(Finished(status=status, stdout=stdout, stderr=stderr))
            for path in _streams_of(one):
                path.unlink()
        return done

    def _asked(self, egain: Egain, argv: Sequence[str], *, env: Env) -> dict[str, Any]:
        self._count += 1
        umask = os.umask(0)
        os.umask(umask)
        asked: dict[str, Any] = {
            "argv": argv,
            "environ": egain.with_env(env),
            "folder": str(egain.home),
            "umask": umask,
            "fault": None,
            "unlocked": False,
            "stdin": os.devnull,
            **{name: str(self._folder / f"{self._count}.{name}") for name in ("stdout", "stderr")},
        }
        for path in _streams_of(asked):
            path.write_bytes(b"")
        return asked

    def tell(self, line: bytes) -> None:
        """Send a line to the server."""
        assert self._child.stdin is not None
        self._child.stdin.write(line)

    def answer(self, seconds: float) -> bytes:
        """Wait for a line of the server.

        Raises:
            TimeoutError: None came.
        """
        assert self._child.stdout is not None
        end = time.monotonic() + seconds
        while b"\n" not in self._answered:
            if not select.select([self._child.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError
            piece = os.read(self._child.stdout.fileno(), 4096)
            assert piece, "the server of runs has ended"
            self._answered += piece
        line, _, self._answered = self._answered.partition(b"\n")
        return line

    def run(
        self, egain: Egain, *argv: str, stdin: bytes | None = b"", env: Env = NOTHING, fault: Fault | None = None
    ) -> Finished:
        """Run one command line to its end."""
        return self.start(egain, argv, stdin=stdin, env=env, fault=fault).finish()


def _streams_of(asked: Mapping[str, Any]) -> list[Path]:
    return [Path(asked[name]) for name in ("stdout", "stderr")]


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls a run at its n-th call to disk, lock or keyring: see ``fork_server.py``."""

    mode: str
    number: int
    reached: Path

    @property
    def struck(self) -> bool:
        """Whether the run got as far as that."""
        return self.reached.exists()


@dataclass(frozen=True, slots=True)
class ForkedRun:
    """A run that has been forked."""

    pid: int
    server: LoadedProgram
    streams: list[Path]
    pipe: int | None
    started: float

    @property
    def over(self) -> bool:
        """Whether it has come to its end."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"

    def read_error_until(self, text: str) -> str:
        """Wait for a text on standard error; give all that was said so far."""
        while text not in (said := self.streams[1].read_text()):
            assert not self.over, said
            time.sleep(0.002)
        return said

    def kill(self) -> None:
        """End it at once."""
        if sys.platform != "win32":
            os.kill(self.pid, signal.SIGKILL)

    def finish(self) -> Finished:
        """Wait for the end; a run that does not come to one is killed."""
        try:
            status = int(self.server.answer(_PATIENCE))
        except TimeoutError:
            self.kill()
            self.server.answer(_PATIENCE)
            raise AssertionError("a run did not end") from None
        finally:
            self.server.tell(b"\n")
            if self.pipe is not None:
                os.close(self.pipe)
        seconds = time.monotonic() - self.started
        stdout, stderr = (path.read_bytes() for path in self.streams)
        for path in self.streams:
            path.unlink()
        return Finished(status=status, stdout=stdout, stderr=stderr, seconds=seconds)


def _filled_pipe(data: bytes) -> int:
    """Return the reading end of a pipe that holds ``data`` and nothing after it."""
    reading, writing = os.pipe()

    def fill() -> None:
        with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb") as file:
            file.write(data)

    if sys.platform != "win32" and len(data) <= select.PIPE_BUF:
        fill()
    else:
        threading.Thread(target=fill, daemon=True).start()
    return reading


@contextlib.contextmanager
def ended(running: Running) -> Iterator[Running]:
    """Kill a process at the end of a block if it is still there."""
    try:
        yield running
    finally:
        if running.child.poll() is None:
            running.child.kill()
        with contextlib.suppress(ValueError):
            running.child.communicate()
