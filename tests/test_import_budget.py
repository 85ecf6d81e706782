"""What each command may load: the lighter the start, the more often the program can be run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from fakes.tokens import keep_token

from egain_auth_cli.models.grants import Flow
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.models.token import TokenSet
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DUMP = (
    "import sys; before = set(sys.modules); from egain_auth_cli.__main__ import run; status = run(sys.argv[1:]); "
    "after = set(sys.modules); import json; print(json.dumps([status, sorted(after - before)]), file=sys.__stderr__)"
)
HEAVY = (
    "asyncio", "authlib", "click", "filelock", "flask", "httpcore", "httpx", "keyring", "pydantic", "pygments", "rich",
    "tomlkit", "werkzeug",
)  # fmt: skip
CONFIG = """\
default_profile = "acme"

[profiles.acme]
client_id = "client-1"
flow = "client-credentials"
secret_store = "file"

[profiles.acme.endpoints.client]
token_url = "{url}/token"
"""


class TokenHandler(BaseHTTPRequestHandler):
    """Gives a token to whoever asks."""

    def do_POST(self) -> None:
        body = json.dumps({"access_token": "at-1", "token_type": "Bearer", "expires_in": 3600}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def profile(isolated_environment: dict[str, str], tmp_path: Path) -> Iterator[None]:
    """A profile of client credentials whose token endpoint answers."""
    with HTTPServer(("127.0.0.1", 0), TokenHandler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        folder = tmp_path / "home" / "config"
        folder.mkdir(mode=0o700)
        (folder / "config.toml").write_text(CONFIG.format(url=f"http://127.0.0.1:{server.server_port}"))
        yield
        server.shutdown()
        thread.join()


@pytest.fixture
def cached(profile: None) -> None:
    """A token in the cache, but not where the fast path looks."""
    runtime = Runtime(os.environ, Terminal(os.environ))
    settings = runtime.settings(FlowOptions(flow=Flow.CLIENT_CREDENTIALS))
    now = int(time.time())
    token = TokenSet(access_token=Secret("at-0"), expires_at=now + 3000, obtained_at=now)
    keep_token(runtime, settings, token)


def loaded_by(*argv: str, status: int = 0, **env: str) -> set[str]:
    """The modules that a command line loads beyond what the interpreter has anyway."""
    done = subprocess.run(
        [sys.executable, "-c", _DUMP, *argv], env={**os.environ, **env}, capture_output=True, text=True, check=True,
        stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    ended_with, modules = json.loads(done.stderr.splitlines()[-1])
    assert ended_with == status, done.stderr
    return set(modules)


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_version_loads_nothing_but_its_own_number() -> None:
    modules = loaded_by("--version")

    assert {name for name in modules if not name.startswith("egain_auth_cli")} == set()
    assert "typer" not in packages(modules)
    assert "egain_auth_cli.cli" not in modules


def test_token_that_was_just_fetched_comes_without_the_command_line(profile: None) -> None:
    loaded_by("token", EGAIN_CLIENT_SECRET="secret-1")
    modules = loaded_by("token", EGAIN_CLIENT_SECRET="secret-1")

    assert {"typer", "json", "pathlib", "tomllib", "dataclasses"} & packages(modules) == set()
    assert "egain_auth_cli.cli" not in modules
    assert len(modules) <= 15


def test_cached_token_loads_no_library_but_the_command_line(cached: None) -> None:
    modules = loaded_by("token", "--min-valid", "61", EGAIN_CLIENT_SECRET="secret-1")

    assert set(HEAVY) & packages(modules) == set()
    assert {"platformdirs", "truststore", "ssl"} & packages(modules) == set()


def test_fresh_token_loads_the_http_library_and_no_other_heavy_one(profile: None) -> None:
    modules = loaded_by("token", EGAIN_CLIENT_SECRET="secret-1")

    assert set(HEAVY) & packages(modules) == {"httpx", "httpcore"}
    assert {"truststore", "httpx._main", "httpcore._sync.http2"} & {*modules, *packages(modules)} == set()


@pytest.mark.parametrize("argv", [("--help",), ("token", "--help"), ("profile", "--help"), ("nothing",)], ids=" ".join)
def test_help_and_usage_errors_load_no_heavy_library(argv: tuple[str, ...]) -> None:
    modules = loaded_by(*argv, status=2 if argv == ("nothing",) else 0)

    assert {*HEAVY, "platformdirs", "tomllib"} & packages(modules) == set()


@pytest.mark.parametrize("argv", [("status",), ("profile", "list"), ("profile", "show")], ids=" ".join)
def test_reading_commands_load_neither_the_http_library_nor_the_one_that_writes_toml(
    profile: None, argv: tuple[str, ...]
) -> None:
    modules = loaded_by(*argv)

    assert set(HEAVY) & packages(modules) == set()


CEILINGS = {
    ("--version",): 5,
    ("--help",): 185,
    ("token", "--help"): 200,
    ("status",): 215,
    ("profile", "list"): 200,
    ("secret", "status"): 210,
    ("logout",): 220,
    ("profile", "set", "acme", "domain_hint", "x.example"): 230,
    ("token", "--no-store"): 360,
}
"""Modules beyond the interpreter's own, with about a fifth to spare on 3.11; 3.14 has divided some of its own."""


@pytest.mark.parametrize("argv", CEILINGS, ids=" ".join)
def test_number_of_modules_stays_below_the_command_s_ceiling(profile: None, argv: tuple[str, ...]) -> None:
    modules = loaded_by(*argv, EGAIN_CLIENT_SECRET="secret-1")

    assert len(modules) <= CEILINGS[argv]
