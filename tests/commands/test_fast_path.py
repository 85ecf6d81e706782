"""The fast path of ``egain token`` against the full program: the same answer, or none."""

from __future__ import annotations

import base64
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes.fast_world import FastWorld, Shown, captured, profile, spoil
from fakes.systems import NEEDS_LINUX, make_fifo

from egain_auth_cli import _fastpath
from egain_auth_cli.models.grants import Flow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakes.process import Egain
    from fakes.world import World

    from egain_auth_cli.sandbox.server import SandboxServer

if sys.platform != "linux":
    pytest.skip(NEEDS_LINUX, allow_module_level=True)

ARGV = ("token", "--client-credentials")
NOTHING = Shown(None, b"", b"")
FIRST = Shown(0, b"made-up-token-1\n", b"")
SECRET = "made-up-secret-canary"
CLIENT = {"EGAIN_CLIENT_SECRET": "made-up-client-secret"}
UNMEASURED = {"COVERAGE_PROCESS_START": None, "COVERAGE_PROCESS_CONFIG": None}


@pytest.fixture(params=_fastpath.SYSTEMS)
def lived(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[FastWorld]:
    """A world with two profiles, in which the fast path has an answer for ``ARGV``."""
    with FastWorld.lived_in(monkeypatch, request.param) as one:
        assert one.full(*ARGV) == FIRST
        assert one.fast(*ARGV) == FIRST
        yield one


def replace_by_twin(path: Path) -> None:
    """Replace a file by one of the same bytes and times."""
    twin = path.with_name("twin")
    twin.write_bytes(path.read_bytes())
    found = path.stat()
    os.utime(twin, ns=(found.st_atime_ns, found.st_mtime_ns))
    twin.replace(path)


CHANGES: dict[str, Callable[[FastWorld], object]] = {
    "client id": lambda one: one.change(client_id="id-changed"),
    "scopes": lambda one: one.change(flows={"client-credentials": {"scopes": ["z.read"]}}),
    "endpoint": lambda one: one.change(endpoints=profile("http://127.0.0.1:13/token")["endpoints"]),
    "actor": lambda one: one.change(actor="customer"),
    "API": lambda one: one.change(api_url="http://127.0.0.1:12"),
    "token cache": lambda one: one.change(token_cache="none"),
    "default profile": lambda one: one.write(default_profile="two", profiles=one.document["profiles"]),
    "profile set": lambda one: one.full("profile", "set", "one", "client_id", "id-set"),
    "profile use": lambda one: one.full("profile", "use", "two"),
    "profile rename": lambda one: one.full("profile", "rename", "one", "three"),
    "profile remove": lambda one: one.full("profile", "remove", "one"),
    "touched": lambda one: os.utime(one.config, ns=(1, one.config.stat().st_mtime_ns + 1)),
    "same text again": lambda one: one.config.write_bytes(one.config.read_bytes()),
    "replaced": lambda one: replace_by_twin(one.config),
    "config gone": lambda one: one.config.unlink(),
    "config is no TOML": lambda one: one.config.write_text("["),
    "renewed": lambda one: one.full("token", "--client-credentials", "--force-refresh"),
    "renewed by export": lambda one: one.full("export", "json", "--client-credentials", "--force-refresh"),
    "logout": lambda one: one.full("logout", "--no-revoke"),
    "logout of all": lambda one: one.full("logout", "--all", "--no-revoke"),
    "expired": lambda one: setattr(one, "now", one.now + 3600),
    "59 s left": lambda one: setattr(one, "now", one.now + 3600 - 59),
    "obtained in the future": lambda one: setattr(one, "now", one.now - 61),
}


@pytest.mark.parametrize("change", CHANGES)
def test_anything_that_could_change_the_answer_is_left_to_the_full_program(lived: FastWorld, change: str) -> None:
    # A forced renewal keeps a copy of its own where its question has one; this question's is old then.
    CHANGES[change](lived)

    assert lived.fast(*ARGV) == NOTHING


VARIABLES = {
    "EGAIN_PROFILE": "one",
    "EGAIN_FLOW": "anonymous",
    "EGAIN_CLIENT_ID": "id-env",
    "EGAIN_TOKEN_URL": "http://127.0.0.1:14/token",
    "EGAIN_API_URL": "http://127.0.0.1:15",
    "EGAIN_AUTHORIZATION_URL": "http://127.0.0.1:15/authorize",
    "EGAIN_SCOPE": "c.read",
    "EGAIN_SCOPE_PREFIX": "p.",
    "EGAIN_CLIENT_AUTH": "body",
    "EGAIN_REDIRECT_URI": "http://127.0.0.1/callback",
    "EGAIN_DOMAIN_HINT": "hint",
    "EGAIN_REGISTRATION_ID": "other",
    "EGAIN_CLIENT_SECRET_FILE": "/nowhere",
    "EGAIN_SUBJECT_TOKEN": "made-up",
    "EGAIN_ACCESS_TOKEN": "made-up",
    "EGAIN_TIMEOUT": "never",
    "EGAIN_CACHE_DIR": "/nowhere",
    "EGAIN_NOT_YET_INVENTED": "1",
}


@pytest.mark.parametrize("name", VARIABLES)
def test_variable_that_is_set_afterwards_is_left_to_the_full_program(
    lived: FastWorld, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, VARIABLES[name])

    assert lived.fast(*ARGV) == NOTHING


@pytest.mark.parametrize("name", ["XDG_CONFIG_HOME", "XDG_CACHE_HOME"])
def test_folder_that_is_moved_afterwards_is_left_to_the_full_program(
    lived: FastWorld, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(lived.home / "elsewhere"))
    monkeypatch.delenv("XDG_RUNTIME_DIR")

    assert lived.fast(*ARGV) == NOTHING


def test_changed_variable_is_left_to_the_full_program_and_answered_the_next_time(
    lived: FastWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for scope in ("c.read", "d.read", "c.read"):
        monkeypatch.setenv("EGAIN_SCOPE", scope)
        seen += [lived.fast(*ARGV), lived.full(*ARGV), lived.fast(*ARGV)]
    second, third = Shown(0, b"made-up-token-2\n", b""), Shown(0, b"made-up-token-3\n", b"")

    assert [NOTHING, second, second, NOTHING, third, third, NOTHING, second, second] == seen


def test_changed_secret_drops_no_valid_token(lived: FastWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EGAIN_CLIENT_SECRET", "another-made-up-secret")

    assert lived.fast(*ARGV) == FIRST
    assert lived.full(*ARGV) == FIRST


def test_sixty_seconds_of_life_are_enough(lived: FastWorld) -> None:
    lived.now += 3600 - 60

    assert lived.fast(*ARGV) == FIRST
    assert lived.full(*ARGV) == FIRST


def test_each_question_has_a_file_of_its_own(lived: FastWorld) -> None:
    questions = [("token", "--anonymous"), ("-p", "two", "token"), ("-p", "two", "token", "--anonymous"), ("token",)]
    full = [lived.full(*argv) for argv in questions]
    fast = [lived.fast(*argv) for argv in questions]

    assert full == fast
    assert lived.fast(*ARGV) == FIRST
    assert len(questions) + 1 == len(lived.fast_files)


def test_stored_login_is_answered_until_somebody_signs_out(lived: FastWorld) -> None:
    lived.sign_in(Flow.PKCE)
    full = lived.full("token", "--pkce")
    fast = lived.fast("token", "--pkce")
    lived.full("logout", "--no-revoke")

    assert full == fast == Shown(0, b"made-up-token-2\n", b"")
    assert lived.fast("token", "--pkce") == NOTHING
    assert [] == lived.fast_files


def put_fifo(path: Path) -> None:
    path.unlink()
    make_fifo(path)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir(mode=0o700)


SPOILT: dict[str, Callable[[Path], object]] = {
    "mode 0644": lambda path: path.chmod(0o644),
    "mode 0620": lambda path: path.chmod(0o620),
    "set-uid": lambda path: path.chmod(0o4600),
    "link": lambda path: spoil(path, "link", 0),
    "second name": lambda path: os.link(path, path.with_name("second")),
    "FIFO": put_fifo,
    "folder": make_folder,
    "too large": lambda path: path.write_bytes(path.read_bytes() + b"\n" * 100_000),
    "empty": lambda path: path.write_bytes(b""),
    "binary": lambda path: path.write_bytes(bytes(range(256))),
    "one byte short": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "one line more": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "newlines alone": lambda path: path.write_bytes(b"\n" * 12),
    "no expiry": lambda path: path.write_bytes(path.read_bytes().replace(b"1900003600", b"soon")),
    "another format": lambda path: path.write_bytes(path.read_bytes().replace(b"egain-fast ", b"egain-fast x")),
    "not there": lambda path: path.unlink(),
}


@pytest.mark.parametrize("how", SPOILT)
def test_file_that_is_not_as_it_was_written_is_passed_over(lived: FastWorld, how: str) -> None:
    (path,) = lived.fast_files
    SPOILT[how](path)

    assert lived.fast(*ARGV) == NOTHING
    assert lived.full(*ARGV).out == FIRST.out


def test_somebody_else_s_file_is_passed_over(lived: FastWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("os.geteuid", lambda: os.getuid() + 1)
        shown = lived.fast(*ARGV)

    assert shown == NOTHING


def test_another_question_s_file_is_passed_over(lived: FastWorld) -> None:
    (path,) = lived.fast_files
    lived.full("token", "--anonymous")
    path.with_name("@--anonymous").write_bytes(path.read_bytes())

    assert lived.fast("token", "--anonymous") == NOTHING
    assert lived.full("token", "--anonymous").out == b"made-up-token-2\n"


def test_ci_environment_is_answered_and_its_secret_is_in_no_file(
    lived: FastWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    lived.config.unlink()
    monkeypatch.setenv("EGAIN_CLIENT_ID", "id-ci")
    monkeypatch.setenv("EGAIN_TOKEN_URL", "http://127.0.0.1:9/token")
    full, fast = lived.full(*ARGV), lived.fast(*ARGV)
    kept = b"".join(path.read_bytes() for path in lived.home.rglob("*") if path.is_file())
    plain = SECRET.encode()
    forms = [plain, base64.b64encode(plain).rstrip(b"="), plain.hex().encode(), plain[:12], plain[::-1]]

    assert full == fast == Shown(0, b"made-up-token-2\n", b"")
    assert [] == [one for one in forms if one in kept]


@pytest.mark.parametrize(
    "argv",
    [
        ("token", "--client-credentials", "--scope", "a.read"),
        ("token", "--client-credentials", "--output", "json"),
        ("token", "--client-credentials", "--min-valid", "60"),
        ("token", "--client-credentials", "--no-store"),
        ("token", "--client-credentials", "--force-refresh"),
        ("token", "--client-credentials", "--anonymous"),
        ("token", "--actor", "customer", "--client-credentials"),
        ("-p", "../one", "token", "--client-credentials"),
        ("-p", "", "token", "--client-credentials"),
        ("--quiet", "token", "--client-credentials"),
        ("token", "--client-credentials", "--"),
        ("token", "--help"),
        (),
    ],
)
def test_command_line_with_more_to_it_is_left_to_the_full_program(lived: FastWorld, argv: tuple[str, ...]) -> None:
    assert lived.fast(*argv) == NOTHING


def test_fast_path_opens_no_socket_and_writes_no_file(lived: FastWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    flags: list[int] = []
    real = os.open

    def watched(path: Any, given: int, *more: Any, **named: Any) -> int:
        flags.append(given)
        return real(path, given, *more, **named)

    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("the fast path opened a socket")

    def asked() -> int | None:
        with monkeypatch.context() as patched:
            patched.setattr(socket, "socket", forbidden)
            patched.setattr(os, "open", watched)
            return _fastpath.answer(list(ARGV))

    before = lived.kept()
    shown = captured(asked)

    assert shown == FIRST
    assert before == lived.kept()
    assert {os.O_RDONLY} == {one & os.O_ACCMODE for one in flags}


def test_processes_answer_alike_with_and_without_the_fast_path(egain: Egain, acme_sandbox: SandboxServer) -> None:
    first = egain.run(*ARGV)
    before = {path: path.stat().st_mtime_ns for path in egain.files()}
    fast = egain.run(*ARGV)
    after = {path: path.stat().st_mtime_ns for path in egain.files()}
    full = egain.run("--quiet", *ARGV)

    assert first.shown == fast.shown == full.shown
    assert before == after


def test_process_that_is_answered_at_once_loads_next_to_nothing(egain: Egain, acme_sandbox: SandboxServer) -> None:
    egain.run(*ARGV)
    script = Path(sys.executable).with_name("egain")
    plain = imported(egain, "-c", "pass")
    fast = imported(egain, str(script), *ARGV) - plain

    assert {"egain_auth_cli", "egain_auth_cli.__main__", "egain_auth_cli._fastpath"} == fast


def imported(egain: Egain, *argv: str) -> set[str]:
    """Run Python, and give the modules that were imported."""
    running = egain.start(*argv, program=[sys.executable, "-X", "importtime"], piped=False, env=UNMEASURED)
    lines = [line for line in running.finish().err.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines[1:]}


def test_token_of_one_person_is_never_answered_for_another(world: World) -> None:
    world.add_profile(flows={"token-exchange": {"registration_id": "okta-1"}})
    world.give_tokens("at-alice")
    alice = world.egain.run("token", "--token-exchange", env={"EGAIN_SUBJECT_TOKEN": "a.l.ice", **CLIENT})
    world.give_tokens("at-bob")
    bob = world.egain.run("token", "--token-exchange", env={"EGAIN_SUBJECT_TOKEN": "b.o.b", **CLIENT})

    assert ("at-alice\n", "at-bob\n") == (alice.out, bob.out)
    assert [path for path in world.egain.files() if path.parent.name == "fast"] == []
