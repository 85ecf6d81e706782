"""Standard streams: the token's bytes, closed and full outputs, no terminal, no locale."""

from __future__ import annotations

import os
import signal
import string
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes.hostile_server import refusal, token_answer
from fakes.process import TAKEN_AWAY
from fakes.world import CLIENT_SECRET, World, add_profile, api_answer, cache_token
from figures import amount

from egain_auth_cli.models.grants import Flow

if TYPE_CHECKING:
    from fakes.process import Egain

ALPHABET = string.ascii_letters + string.digits + "-._~+/"
POWERS = sorted({2**power + beside for power in range(17) for beside in (-1, 0, 1)} & set(range(1, 65_537)))
LENGTHS = amount([1, 2, 79, 80, 81, 4095, 4096, 4097, 65_535, 65_536], POWERS)
EXACT = pytest.mark.figure("tokens of 1 to 65,536 characters", "exact to a pipe, a file, a terminal, cached or not")
SECRET = {"EGAIN_CLIENT_SECRET": CLIENT_SECRET}


def token_of_length(length: int) -> str:
    return (ALPHABET * (length // len(ALPHABET) + 1))[:length]


def warmed(world: World, token: str) -> None:
    """Let the server give a token, and every cache hold it."""
    world.give_tokens(token)
    assert world.client_token().out == f"{token}\n"


@EXACT
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("cached", [False, True])
def test_token_goes_to_a_pipe_byte_for_byte(world: World, length: int, cached: bool) -> None:
    token = token_of_length(length)
    world.give_tokens(token)
    if cached:
        world.client_token()

    done = world.client_token(env={"COLUMNS": "10", "FORCE_COLOR": "1", "TERM": "dumb"})

    assert (done.status, done.stdout, done.stderr) == (0, f"{token}\n".encode(), b"")


@EXACT
@pytest.mark.parametrize("length", amount([80, 65_536], POWERS))
@pytest.mark.parametrize("cached", [False, True])
def test_token_goes_to_a_file_byte_for_byte(world: World, length: int, cached: bool) -> None:
    token = token_of_length(length)
    world.give_tokens(token)
    if cached:
        world.client_token()
    path = world.egain.home / "out"
    with path.open("wb") as file:
        argv = ("token", "--client-credentials")
        done = world.egain.start(*argv, stdout=file.fileno(), piped=False, env=SECRET).finish()

    assert (done.status, done.stderr) == (0, b"")
    assert path.read_bytes() == f"{token}\n".encode()


@EXACT
@pytest.mark.parametrize("length", amount([1, 80, 200, 65_536], POWERS))
@pytest.mark.parametrize("cached", [False, True])
def test_token_goes_to_a_terminal_byte_for_byte(world: World, length: int, cached: bool) -> None:
    # no wrapping, no colour, no progress left behind
    token = token_of_length(length)
    world.give_tokens(token)
    if cached:
        world.client_token()
    environ = {"TERM": "xterm-256color", "NO_COLOR": None, "COLUMNS": None, **SECRET}
    with world.egain.on_terminal("token", "--client-credentials", exact=True, env=environ) as terminal:
        done = terminal.finish()

    assert (done.status, done.stdout) == (0, f"{token}\n".encode())


def test_token_with_markup_in_it_is_printed_as_it_is(world: World) -> None:
    # brackets are no token's characters, these are
    token = "tok.abc~def+ghi/jkl-mno_pqr=="
    warmed(world, token)

    assert world.client_token().stdout == f"{token}\n".encode()


@pytest.mark.parametrize("argv", [("token", "--client-credentials"), ("status",), ("profile", "list"), ("--version",)])
@pytest.mark.parametrize("cached", [False, True])
def test_full_output_is_a_failure_without_a_traceback(world: World, argv: tuple[str, ...], cached: bool) -> None:
    world.add_profile(flow="client-credentials")
    world.give_tokens("at-canary-full")
    if cached:
        world.client_token()
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        done = world.egain.start(*argv, stdout=full, piped=False, env=SECRET).finish()
    finally:
        os.close(full)

    assert done.status == 1
    assert done.err.startswith("error: standard output cannot be written: no space left on device\n\nhint: ")
    assert "at-canary-full" not in done.err


@pytest.mark.parametrize(
    "argv",
    [
        ("token", "--client-credentials"), ("status",), ("call", "GET", "/things"), ("--version",), ("--help",),
        ("token", "--help"), ("help", "profile", "set"), ("profile",),
    ],
)  # fmt: skip
@pytest.mark.parametrize("cached", [False, True])
def test_closed_output_is_a_failure_without_a_traceback(world: World, argv: tuple[str, ...], cached: bool) -> None:
    world.add_profile(flow="client-credentials")
    world.give_tokens("at-canary-closed")
    world.server.on("/things", api_answer())
    if cached:
        world.client_token()

    done = world.egain.run(*argv, under=["no-stdout"], env=SECRET)

    assert done.status == 1
    assert done.err.startswith("error: standard output ")
    assert "at-canary-closed" not in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("length", [10, 60_000, 65_536])
@pytest.mark.parametrize("cached", [False, True])
def test_reader_that_goes_away_ends_the_program_quietly(world: World, length: int, cached: bool) -> None:
    # `egain token | head -c0`, and a token longer than a pipe
    world.give_tokens(token_of_length(length))
    if cached:
        world.client_token()
    reading, writing = os.pipe()
    running = world.egain.start("token", "--client-credentials", stdout=writing, piped=False, env=SECRET)
    os.close(writing)
    if length > 65_536:
        os.read(reading, 1)
    os.close(reading)
    done = running.finish()

    assert done.status == 141  # as a program that SIGPIPE ends
    assert "Traceback" not in done.err
    assert len(done.err) < 400


def test_head_c0_in_a_shell_leaves_no_traceback(world: World) -> None:
    warmed(world, "at-1")

    done = world.egain.shell("egain token --client-credentials | head -c0", env=SECRET)

    assert "Traceback" not in done.err
    assert "Exception ignored" not in done.err


@pytest.mark.parametrize(
    ("argv", "status", "out"), [(("token", "--client-credentials"), 0, "at-1\n"), (("token", "--pkce"), 4, "")]
)
def test_closed_error_stream_changes_neither_status_nor_token(
    world: World, argv: tuple[str, ...], status: int, out: str
) -> None:
    world.give_tokens()

    done = world.egain.run(*argv, under=["no-stderr"], env=SECRET)

    assert (done.status, done.out) == (status, out)


@pytest.mark.parametrize("argv", [("token", "--client-credentials"), ("status",), ("profile", "list")])
def test_closed_standard_input_changes_nothing(world: World, argv: tuple[str, ...]) -> None:
    world.add_profile(flow="client-credentials")
    world.give_tokens()

    done = world.egain.run(*argv, under=["no-stdin"], stdin=None, env=SECRET)

    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize(
    ("argv", "status", "said"),
    [
        (("profile", "add", "new"), 2, "--client-id"),
        (("secret", "set"), 3, "client secret"),
        (("login",), 3, "authorization_url` (flow `pkce` needs it)"),
    ],
)
@pytest.mark.parametrize("stdin", ["null", "empty", "closed"])
def test_missing_value_without_a_person_fails_at_once(
    egain: Egain, argv: tuple[str, ...], status: int, said: str, stdin: str
) -> None:
    endpoints = {"user": {"token_url": "http://127.0.0.1:9/token"}}
    given = {"flow": "pkce", "client_id": "c", "endpoints": endpoints, "secret_store": "file"}
    add_profile(egain, "acme", given)
    under = ["no-stdin"] if stdin == "closed" else []
    done = egain.run(*argv, stdin=b"" if stdin == "empty" else None, under=under, env={"CI": "true"})

    assert (done.status, done.out) == (status, "")
    assert said in done.err
    assert done.seconds < 5


@pytest.mark.parametrize("argv", [("secret", "set"), ("token", "--token-exchange", "--subject-token-file", "-")])
def test_prompt_is_refused_on_a_terminal_where_input_is_switched_off(egain: Egain, argv: tuple[str, ...]) -> None:
    endpoints = {"user": {"token_url": "http://127.0.0.1:9/token"}}
    add_profile(egain, "acme", {"client_id": "c", "endpoints": endpoints, "secret_store": "file"})
    with egain.on_terminal(*argv, env={"EGAIN_NO_INPUT": "1"}) as terminal:
        done = terminal.finish()

    assert done.status == 2
    assert "is needed, and nobody is here to be asked" in done.out
    assert done.seconds < 5


def test_hint_for_a_secret_never_offers_the_command_line(egain: Egain) -> None:
    add_profile(
        egain,
        "acme",
        {"client_id": "c", "secret_store": "file", "endpoints": {"user": {"token_url": "http://127.0.0.1:9/token"}}},
    )
    with egain.on_terminal("secret", "set", env={"EGAIN_NO_INPUT": "1"}) as terminal:
        done = terminal.finish()

    assert "hint: " in done.out
    assert "command line" not in done.out


@pytest.mark.parametrize(
    "environ",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"},
    ],
)
def test_no_encoding_of_the_terminal_ends_the_program(world: World, environ: dict[str, str]) -> None:
    world.server.on("/token", refusal("invalid_request", error_description="caf\u00e9 \u2603 \U0001f600"))
    failed = world.client_token(env=environ)
    asked = [world.egain.run(*argv, env=environ) for argv in (("--help",), ("status",), ("profile", "show"))]
    named = world.egain.run("-p", "caf\u00e9-\U0001f600", "status", env=environ)

    assert (failed.status, failed.out) == (4, "")
    assert failed.stderr.isascii() or b"caf" in failed.stderr
    assert [b"Traceback" in one.stderr + one.stdout for one in (failed, named, *asked)] == [False] * 5
    assert named.status == 3


@pytest.mark.parametrize("name", ["sh", "bash", "dash"])
def test_exported_token_comes_back_from_a_shell_byte_for_byte(world: World, name: str) -> None:
    token = ALPHABET * 3 + "=="
    warmed(world, token)
    script = 'eval "$(egain export sh --client-credentials)"; printf %s "$EGAIN_ACCESS_TOKEN"'

    done = world.egain.shell(script, program=name, env=SECRET)

    assert done.shown == (0, token, "")


@pytest.mark.parametrize("name", ["sh", "bash"])
@pytest.mark.parametrize(
    "failing",
    ["export sh --pkce", "export sh --client-credentials --name PATH", "export sh -p nobody", "export nothing"],
)
def test_failed_export_leaves_a_shell_as_it_was(world: World, name: str, failing: str) -> None:
    world.give_tokens()
    script = (
        "EGAIN_ACCESS_TOKEN=before; export EGAIN_ACCESS_TOKEN; before=$(export -p); "
        f'out=$(egain {failing} 2>/dev/null); status=$?; eval "$out"; '
        '[ "$before" = "$(export -p)" ] || echo changed; echo "$status:$out"'
    )

    done = world.egain.shell(script, program=name, env=SECRET)

    assert done.out in {"2:\n", "3:\n", "4:\n"}


@pytest.mark.parametrize(
    ("failing", "status"),
    [
        ("token --pkce", 4),
        ("token --no-such-option", 2),
        ("token -p nobody", 3),
        ("token --client-credentials --force-refresh", 5),
        ("token --output nothing", 2),
        ("token --token-exchange", 3),
    ],
)
def test_failed_token_leaves_a_variable_empty_and_the_status_told(world: World, failing: str, status: int) -> None:
    world.server.on("/token", token_answer("with space"))

    done = world.egain.shell(f'TOKEN=$(egain {failing} 2>/dev/null); echo "$?[$TOKEN]"', env=SECRET)

    assert done.out == f"{status}[]\n"


HOMELESS = {"HOME": None, "EGAIN_CONFIG_DIR": None, "EGAIN_CACHE_DIR": None, "XDG_RUNTIME_DIR": "relative"}
UNKNOWN_USER = (
    sys.executable,
    "-c",
    "import pwd; pwd.getpwuid = lambda uid: {}[uid]; from egain_auth_cli.__main__ import main; main()",
)


def test_no_home_folder_is_one_clear_line(world: World) -> None:
    done = world.egain.start("status", program=UNKNOWN_USER, piped=False, env=HOMELESS).finish()

    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("error: this user has no home folder, so there is no config folder\n\nhint: ")


def test_environment_alone_needs_no_home_folder(world: World) -> None:
    world.give_tokens()
    argv = ("token", "--client-credentials", "--no-store")
    environ = {**HOMELESS, **world.environment_client()}

    done = world.egain.start(*argv, program=UNKNOWN_USER, piped=False, env=environ).finish()

    assert done.shown == (0, "at-1\n", "")


@pytest.mark.parametrize("home", ["", "/nonexistent/home"])
def test_unusable_home_is_told_and_environment_alone_still_works(world: World, home: str) -> None:
    world.give_tokens()
    environ = {**HOMELESS, "HOME": home, **world.environment_client()}

    done = world.egain.run("token", "--client-credentials", "--no-store", env=environ)

    assert done.shown == (0, "at-1\n", "")


def test_hostile_modules_in_the_working_folder_are_not_imported(world: World) -> None:
    for name in ("httpx", "keyring", "typer", "json", "tomllib"):
        (world.egain.home / f"{name}.py").write_text("raise SystemExit('imported from the working folder')\n")
    world.give_tokens()
    script = Path(sys.executable).parent / "egain"

    done = subprocess.run(
        [script, "token", "--client-credentials"], env=world.egain.with_env(SECRET), cwd=world.egain.home,
        capture_output=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (0, b"at-1\n", b"")


def test_progress_is_shown_on_a_terminal_alone_and_taken_away_again(world: World) -> None:
    released = threading.Event()
    world.server.on("/token", replace(token_answer(), until=released))
    with world.egain.on_terminal("token", "--client-credentials", env=SECRET) as terminal:
        terminal.read_until("asking for a token")
        released.set()
        done = terminal.finish()

    assert done.status == 0
    assert done.out.endswith(f"{TAKEN_AWAY}at-1\r\n")


def test_quiet_says_nothing_but_errors(world: World) -> None:
    world.give_tokens(scope="something.else")
    cache_token(world.egain, "at-0", left=-1, flow=Flow.CLIENT_CREDENTIALS)

    done = world.client_token("--quiet")
    failed = world.egain.run("token", "--quiet")

    assert done.shown == (0, "at-1\n", "")
    assert failed.err.startswith("error: ")


def test_interrupt_while_the_program_loads_ends_it_as_the_signal_does_and_says_nothing(egain: Egain) -> None:
    # The first thing that is imported for the command line; the signal comes while it is.
    (egain.home / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")

    done = egain.run("profile", "list", env={"PYTHONPATH": str(egain.home)})

    assert (done.status, done.out, done.err) == (-signal.SIGINT, "", "")
