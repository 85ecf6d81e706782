"""``egain exec`` that becomes its command: environment, streams, signals and exit status are the command's own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from signal import SIGTERM
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import refusal
from fakes.process import ended
from fakes.systems import NEEDS_LINUX
from fakes.world import cache_token, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakes.world import World

TOKEN = "canary.made-up-token_1~A/B+C=="
SECRETS = {
    "EGAIN_CLIENT_SECRET": "canary-secret-1",
    "EGAIN_CLIENT_SECRET_FILE": "/nowhere/canary-secret-2",
    "EGAIN_SUBJECT_TOKEN": "canary-subject-3",
    "EGAIN_ACCESS_TOKEN": "canary-former-4",
    "EGAIN_ACCESS_TOKEN_FILE": "/nowhere/canary-former-5",
}
STAYS = ((), ("--watch-expiry",))
"""Options without which ``exec`` becomes the command, and with which it stays its parent."""


@pytest.fixture
def ready(world: World) -> World:
    """A profile whose flow needs nobody, and a token of it in the cache."""
    world.add_profile(flow="client-credentials")
    cache_token(world.egain, TOKEN)
    return world


def expiry(world: World) -> int:
    """When the token in the cache ends."""
    runtime, settings = settings_of(world.egain)
    credentials = runtime.credentials(settings)
    token = credentials.cache.load(credentials.key_of(settings))
    assert token is not None
    return token.expires_at


def variables(printed: bytes) -> dict[bytes, bytes]:
    """What ``env -0`` printed, but for what the measuring of these tests adds."""
    pairs = dict(line.partition(b"=")[::2] for line in printed.split(b"\0") if line)
    return {name: value for name, value in pairs.items() if not name.startswith(b"COVERAGE_")}


def own(environ: Mapping[str, str]) -> dict[bytes, bytes]:
    """An environment as bytes, without what the measuring adds."""
    pairs = {name.encode(): value.encode(errors="surrogateescape") for name, value in environ.items()}
    return {name: value for name, value in pairs.items() if not name.startswith(b"COVERAGE_")}


def command_lines() -> bytes:
    """The command lines of every process."""
    if sys.platform != "linux":
        pytest.skip(NEEDS_LINUX)
    lines = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines += path.read_bytes()
        except OSError:
            continue
    return lines


# --- what the command gets ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "name"), [((), b"EGAIN_ACCESS_TOKEN"), (("--name", "API_TOKEN", "--watch-expiry"), b"API_TOKEN")]
)
def test_command_gets_the_documented_variables_and_no_secret_of_ours(
    ready: World, options: tuple[str, ...], name: bytes
) -> None:
    given = {
        "LC_ALL": "C.UTF-8",
        "ODD": "a\udcff=b\n",
        "EGAIN_FLOW": "client-credentials",
        "EGAIN_PROFILE": "acme",
        "EGAIN_API_URL": "http://[::1]",
    }
    ends_at = str(expiry(ready)).encode()
    ready.egain.environ |= given
    chosen = {"EGAIN_FLOW", "EGAIN_PROFILE"}  # what would choose another token than the job's
    expected = own({name: value for name, value in ready.egain.environ.items() if name not in chosen}) | {
        name: TOKEN.encode(),
        b"EGAIN_TOKEN_EXPIRES_AT": ends_at,
        b"EGAIN_API_URL": ready.server.url.encode(),
    }
    if options:
        expected[b"EGAIN_ACCESS_TOKEN_NAME"] = name

    done = ready.egain.run("-p", "acme", "exec", *options, "--", "env", "-0", env=SECRETS)

    assert (0, b"") == (done.status, done.stderr)
    assert expected == variables(done.stdout)


def test_interpreter_s_own_change_of_the_locale_does_not_reach_the_command(ready: World) -> None:  # PEP 538
    locale = dict.fromkeys(("LANG", "LC_ALL", "LC_CTYPE"))

    done = ready.egain.run("exec", "--", "env", "-0", env=locale)

    assert b"LC_CTYPE" not in variables(done.stdout)


def signals(told: str) -> dict[str, int]:
    """Which signals are blocked and ignored, as bits, but for the two that the C library keeps for itself.

    Python 3.13 starts processes by posix_spawn, which leaves those as it likes.
    """
    lines = (line.split(":\t") for line in told.splitlines())
    return {name: int(bits, 16) & ~(0b11 << 31) for name, bits in lines}


@pytest.mark.skipif(sys.platform != "linux", reason=NEEDS_LINUX)
@pytest.mark.parametrize("options", STAYS)
def test_command_starts_with_the_signals_that_it_has_without_us(ready: World, options: tuple[str, ...]) -> None:
    look = ("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status")
    expected = subprocess.run(look, capture_output=True, check=True, text=True).stdout

    done = ready.egain.run("exec", *options, "--", *look)

    assert done.status == 0
    assert signals(expected) == signals(done.out)
    assert len(signals(done.out)) == 2


@pytest.mark.skipif(sys.platform != "linux", reason=NEEDS_LINUX)
@pytest.mark.parametrize("options", STAYS)
def test_command_ignores_the_signals_that_we_were_started_ignoring(ready: World, options: tuple[str, ...]) -> None:
    look = "grep ^SigIgn /proc/self/status"

    done = ready.egain.shell(f"trap '' HUP INT QUIT; {look}; egain exec {' '.join(options)} -- {look}")  # as by nohup

    expected, shown = done.out.splitlines()
    assert signals(expected) == signals(shown)
    assert 0b111 == signals(shown)["SigIgn"] & 0b111


@pytest.mark.skipif(sys.platform != "linux", reason=NEEDS_LINUX)
@pytest.mark.parametrize("options", STAYS)
def test_command_gets_input_folder_and_no_file_of_ours(ready: World, options: tuple[str, ...]) -> None:
    script = "ls /proc/self/fd; umask; pwd; cat; echo told >&2; exit 7"
    direct = subprocess.run(
        ["sh", "-c", script], input=b"a\0\xff\n\n", cwd=ready.egain.home, capture_output=True, check=False
    )

    done = ready.egain.run("exec", *options, "--", "sh", "-c", script, stdin=b"a\0\xff\n\n")

    assert (direct.returncode, direct.stdout, direct.stderr) == (done.status, done.stdout, done.stderr)
    assert (7, b"told\n") == (done.status, done.stderr)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (("--", "printf", "%s|", "--", "-p", "x", "--help", "", "a b", "--quiet"), "--|-p|x|--help||a b|--quiet|"),
        (("sh", "-c", 'printf "%s|" "$@"', "sh", "--name", "-", "--"), "--name|-|--|"),
    ],
)  # fmt: skip
def test_words_after_the_command_are_the_command_s(ready: World, line: tuple[str, ...], shown: str) -> None:
    assert (0, shown, "") == ready.egain.run("exec", *line).shown


# --- becoming the command -----------------------------------------------------------------------------------------


def test_process_becomes_the_command_and_a_signal_is_the_command_s(ready: World) -> None:
    script = "import os, signal, sys; print(f'[{os.getpid()}]', file=sys.stderr, flush=True); signal.pause()"
    command = [sys.executable, "-I", "-S", "-c", script]
    with ended(ready.egain.start("exec", "--", *command)) as running:
        shown = running.read_error_until("]")
        lines = command_lines()
        line = Path(f"/proc/{running.pid}/cmdline").read_bytes()
        running.signal(SIGTERM)
        done = running.finish()

    assert f"[{running.pid}]\n" == shown
    assert [word.encode() for word in command] == line.split(b"\0")[:-1]
    assert TOKEN.encode() not in lines
    assert -SIGTERM == done.status


@pytest.mark.parametrize(
    "kind", ["missing", "missing path", "not executable", "not executable by name", "folder", "broken interpreter"]
)
def test_command_that_cannot_be_started_ends_as_env_ends(ready: World, kind: str) -> None:
    folder = ready.egain.home / "tools"
    folder.mkdir()
    path = folder / "made-up-tool"
    path.write_text("#!/nowhere/at-all\n")
    path.chmod(0o700 if kind == "broken interpreter" else 0o600)
    names = {"missing": "no-such-tool", "missing path": f"{folder}/gone", "folder": str(folder)}
    command = path.name if kind == "not executable by name" else names.get(kind, str(path))
    environ = {"PATH": f"{folder}:{os.environ['PATH']}"}
    expected = subprocess.run(["env", command], env=environ, capture_output=True, check=False).returncode

    done = ready.egain.run("exec", "--", command, env=environ)

    assert (expected, b"") == (done.status, done.stdout)
    assert expected in {126, 127}
    assert command in done.err


# --- failing before the command -----------------------------------------------------------------------------------


@pytest.mark.parametrize("failing", ["no secret", "refused", "network down", "nobody signed in", "no profile"])
@pytest.mark.parametrize("option", [(), ("--refresh-file", "token")])
def test_without_a_token_the_command_is_not_started(world: World, failing: str, option: tuple[str, ...]) -> None:
    secret = {} if failing == "no secret" else {"EGAIN_CLIENT_SECRET": "canary-secret-1"}
    flow = "pkce" if failing == "nobody signed in" else "client-credentials"
    world.server.on("/token", refusal("invalid_client", status=401))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1] if failing == "network down" else world.server.port
        endpoint = {"token_url": f"http://127.0.0.1:{port}/token"}
        world.add_profile(flow=flow, endpoints={"client": endpoint, "user": endpoint})
        which = ("-p", "nobody") if failing == "no profile" else ()
        done = world.egain.run(*which, "exec", *option, "--", "touch", "started", "token", env=secret)

    assert (125, "") == (done.status, done.out)
    assert done.err.startswith("error: ")
    assert {"config", "cache"} >= {path.name for path in world.egain.home.iterdir()}


@pytest.mark.parametrize(
    "words", [(), ("--",), ("--name", "LD_PRELOAD", "--", "touch", "started"), ("--wrong", "--", "ls")]
)
def test_wrong_use_starts_no_command_and_asks_for_no_token(world: World, words: tuple[str, ...]) -> None:
    world.add_profile(flow="client-credentials")

    done = world.egain.run("exec", *words, env={"EGAIN_CLIENT_SECRET": "canary-secret-1"})

    assert (2, "") == (done.status, done.out)
    assert not (world.egain.home / "started").exists()
    assert 0 == world.server.connections


def test_token_that_ends_before_the_job_is_told(world: World) -> None:
    world.add_profile(flow="client-credentials")
    world.give_tokens(TOKEN, expires_in=600)
    secret = {"EGAIN_CLIENT_SECRET": "canary-secret-1"}

    warned = world.egain.run("exec", "--expect", "1800", "--", "echo", "started", env=secret)
    enough = world.egain.run("exec", "--expect", "300", "--", "echo", "started", env=secret)

    assert (0, "started\n") == warned.shown[:2]
    assert warned.err.startswith("warning: ")
    assert "1800 s" in warned.err
    assert (0, "started\n", "") == enough.shown
