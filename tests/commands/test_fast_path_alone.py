"""The fast path against the full program: the same answer, or none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from egain_auth_cli import _fastpath, cli
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import TokenSet
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.stores.token_cache import FileTokenCache
from egain_auth_cli.terminal import Terminal
from egain_auth_cli.tokens.acquire import cache_key

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = 1_900_000_000
ARGV = ["token", "--client-credentials"]
CONFIG = """version = 1
default_profile = "one"
[profiles.one]
client_id = "id-one"
flow = "client-credentials"
api_url = "http://127.0.0.1:9"
secret_store = "none"
[profiles.one.endpoints.client]
token_url = "http://127.0.0.1:9/token"
[profiles.one.flows.client-credentials]
scopes = ["a.read"]
[profiles.two]
client_id = "id-two"
flow = "anonymous"
secret_store = "none"
[profiles.two.endpoints.anonymous]
token_url = "http://127.0.0.1:9/anonymous"
"""


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, isolated_environment: dict[str, str]) -> Path:
    """Two profiles, a clock that stands still, and tokens of an hour in the cache."""
    monkeypatch.setattr("time.time", lambda: float(NOW))
    file = Path(isolated_environment["EGAIN_CONFIG_DIR"]) / "config.toml"
    file.parent.mkdir(mode=0o700)
    file.write_text(CONFIG, encoding="utf-8")
    cache("one", "made-up-token-one")
    cache("two", "made-up-token-two")
    return file


def runtime() -> Runtime:
    return Runtime(os.environ, Terminal(os.environ), clock=lambda: float(NOW))


def cache(profile: str, text: str, *, life: int = 3600) -> Path:
    """Put a token into the cache, as a grant would."""
    program = runtime()
    program.profile = profile
    chosen = program.settings(FlowOptions())
    token = TokenSet(access_token=Secret(text), expires_at=NOW + life, obtained_at=NOW)
    kept = program.token_cache(chosen.token_cache.value)
    kept.save(cache_key(chosen), token)
    assert isinstance(kept, FileTokenCache)
    return kept.path_of(cache_key(chosen))


def full(capfd: pytest.CaptureFixture[str], argv: list[str]) -> tuple[int, str]:
    capfd.readouterr()
    status = cli.execute(argv)
    return status, capfd.readouterr().out


def fast(capfd: pytest.CaptureFixture[str], argv: list[str]) -> tuple[int, str] | None:
    capfd.readouterr()
    status = _fastpath.answer(argv)
    printed = capfd.readouterr().out
    return None if status is None else (status, printed)


def test_answer_is_that_of_the_full_program(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = fast(capfd, ARGV)
    told = full(capfd, ARGV)

    assert (None, (0, "made-up-token-one\n"), (0, "made-up-token-one\n")) == (before, told, fast(capfd, ARGV))


CHANGES: dict[str, Callable[[Path], object]] = {
    "an edited scope": lambda file: file.write_text(CONFIG.replace("a.read", "b.read")),
    "a touched file": lambda file: os.utime(file, ns=(1, 1)),
    "another default": lambda file: file.write_text(
        CONFIG.replace('default_profile = "one"', 'default_profile = "two"')
    ),
    "another client": lambda file: file.write_text(CONFIG.replace("id-one", "id-odd")),
    "another endpoint": lambda file: file.write_text(CONFIG.replace(":9/token", ":9/other")),
    "no configuration": lambda file: file.unlink(),
    "a renewed token": lambda _: cache("one", "made-up-token-new"),
    "a token in its last minute": lambda _: cache("one", "made-up-token-one", life=59),
    "a variable": lambda _: os.environ.update(EGAIN_SCOPE="c.read"),
    "another API": lambda _: os.environ.update(EGAIN_API_URL="http://127.0.0.1:10"),
    "another profile": lambda _: os.environ.update(EGAIN_PROFILE="two"),
    "another flow": lambda _: os.environ.update(EGAIN_FLOW="anonymous"),
    "another cache": lambda _: os.environ.update(EGAIN_CACHE_DIR=os.environ["HOME"] + "/elsewhere"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_world_is_never_answered_from_a_stale_file(
    config: Path, capfd: pytest.CaptureFixture[str], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EGAIN_SCOPE", "EGAIN_API_URL", "EGAIN_PROFILE", "EGAIN_FLOW", "EGAIN_CACHE_DIR"):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # put back at the end
        if not os.environ[name]:
            monkeypatch.delenv(name)
    full(capfd, ARGV)
    CHANGES[change](config)

    assert fast(capfd, ARGV) is None


def test_logging_out_leaves_nothing_to_answer_from(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    full(capfd, ARGV)
    cli.execute(["logout", "--no-revoke"])
    folder = Path(os.environ["EGAIN_CACHE_DIR"])

    assert (None, []) == (
        fast(capfd, ARGV),
        [path for path in folder.rglob("*") if b"made-up-token-one" in content(path)],
    )


def content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def spoil_file(file: Path, how: str) -> None:
    whole = file.read_bytes()
    match how:
        case "readable by others":
            file.chmod(0o644)
        case "a second name":
            os.link(file, file.with_name("other"))
        case "a link":
            file.rename(file.with_name("real"))
            file.symlink_to(file.with_name("real"))
        case "a pipe":
            file.unlink()
            os.mkfifo(file, 0o600)
        case "a folder":
            file.unlink()
            file.mkdir(0o700)
        case _:
            file.write_bytes(SPOILT[how](whole))


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda whole: whole[:-20],
    "empty": lambda _: b"",
    "garbage": lambda _: b"\xff\x00" * 300,
    "another format": lambda whole: whole.replace(b"egain-fast 1", b"egain-fast 2"),
    "too long": lambda whole: whole + b"x" * 200_000,
}


@pytest.mark.parametrize("spoil", ["readable by others", "a second name", "a link", "a pipe", "a folder", *SPOILT])
def test_spoilt_file_is_passed_over(config: Path, capfd: pytest.CaptureFixture[str], spoil: str) -> None:
    full(capfd, ARGV)
    (file,) = (Path(os.environ["EGAIN_CACHE_DIR"]) / "fast").iterdir()
    spoil_file(file, spoil)

    assert (None, (0, "made-up-token-one\n")) == (fast(capfd, ARGV), full(capfd, ARGV))


def test_environment_alone_is_answered_and_its_secret_kept_nowhere(
    isolated_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("time.time", lambda: float(NOW))
    given_ = {
        "EGAIN_CLIENT_ID": "id",
        "EGAIN_TOKEN_URL": "http://127.0.0.1:9/t",
        "EGAIN_CLIENT_SECRET": "made-up-secret-77",
    }
    for name, value in given_.items():
        monkeypatch.setenv(name, value)
    program = runtime()
    chosen = program.settings(FlowOptions(flow=Flow.CLIENT_CREDENTIALS))
    token = TokenSet(access_token=Secret("made-up-token-ci"), expires_at=NOW + 3600, obtained_at=NOW)
    program.token_cache(chosen.token_cache.value).save(cache_key(chosen), token)
    told = full(capfd, ARGV)
    (file,) = (Path(isolated_environment["EGAIN_CACHE_DIR"]) / "fast").iterdir()

    assert ((0, "made-up-token-ci\n"), (0, "made-up-token-ci\n")) == (told, fast(capfd, ARGV))
    assert b"made-up-secret-77" not in file.read_bytes()


WORDS = st.sampled_from(
    [
        "-p",
        "--profile",
        "one",
        "two",
        "nope",
        "token",
        "--client-credentials",
        "--anonymous",
        "--pkce",
        "--output",
        "raw",
        "json",
        "--no-store",
        "--scope",
        "a.read",
        "--quiet",
        "-v",
        "--min-valid",
        "3700",
        "--help",
    ]
)
VARIABLES = st.dictionaries(
    st.sampled_from(["EGAIN_PROFILE", "EGAIN_FLOW", "EGAIN_SCOPE", "EGAIN_API_URL", "EGAIN_ODD"]),
    st.sampled_from(["", "one", "two", "anonymous", "client-credentials", "a.read", "http://127.0.0.1:9"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(questions=st.lists(st.tuples(st.lists(WORDS, max_size=6), VARIABLES), min_size=1, max_size=4))
def test_any_command_line_gets_the_full_program_s_answer_or_none(
    config: Path, capfd: pytest.CaptureFixture[str], questions: list[tuple[list[str], dict[str, str]]]
) -> None:
    usual: list[tuple[list[str], dict[str, str]]] = [(["token"], {}), (["-p", "two", "token"], {}), (ARGV, {})]
    for argv, variables in (*questions, *usual):
        os.environ.update(variables)
        try:
            quick = fast(capfd, argv)
            told = full(capfd, argv)
        finally:
            for name in variables:
                os.environ.pop(name, None)

        assert quick in (None, told)


def test_fast_path_loads_next_to_nothing(config: Path, capfd: pytest.CaptureFixture[str]) -> None:
    full(capfd, ARGV)
    code = (
        "import sys; before = set(sys.modules); from egain_auth_cli import _fastpath; _fastpath.answer(['token']); "
        "sys.stderr.write(' '.join(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert set(done.stderr.split()) <= {"egain_auth_cli", "egain_auth_cli._fastpath", "time"}
