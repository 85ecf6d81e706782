"""The program on Windows' rules for files: nothing that is open is moved, and a moment's refusal is waited out."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

import pytest
from fakes.command_line import CommandLine, Ran
from fakes.windows import Windows, WindowsError, left_over
from fakes.world import World, api_answer, cache_token, settings_of

from egain_auth_cli.commands import export
from egain_auth_cli.errors import KeyringMissing
from egain_auth_cli.stores import disk
from egain_auth_cli.stores.atomic import ensure_private_folder, read_private, remove_file, write_private
from egain_auth_cli.stores.keyring_store import KeyringStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from egain_auth_cli.sandbox.server import SandboxServer

pytest_plugins = ("fakes.windows",)


@pytest.fixture(autouse=True)
def export_of_this_system() -> Iterator[None]:
    """Load the command anew at the end, whose help says what holds of the system."""
    yield
    importlib.reload(export)


@pytest.fixture(params=[0, 3], ids=["alone", "scanned"])
def system(windows: Windows, request: pytest.FixtureRequest) -> Windows:
    """The system, without a virus scanner and with one."""
    windows.scanned = request.param
    return windows


@pytest.fixture
def here(world: World, program_line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line in this process, with the world's installation."""
    return of(world, program_line, monkeypatch)


def of(world: World, line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    for name, value in world.egain.environ.items():
        monkeypatch.setenv(name, value)
    return line


def settled(system: Windows, world: World) -> bool:
    """Whether nothing was ever done to an open file, and nothing is left."""
    return system.refused == 0 and left_over(world.egain.home) == []


def test_files_are_written_read_and_removed_without_posix_rights(system: Windows, tmp_path: Path) -> None:
    ensure_private_folder(tmp_path / "folder")
    path = tmp_path / "folder" / "kept"
    write_private(path, b"former")
    write_private(path, b"data")
    path.chmod(0o644)

    assert read_private(path, limit=100) == b"data"
    assert remove_file(path)
    assert (system.refused, list(path.parent.iterdir())) == (0, [])


def test_temporary_file_of_a_process_at_work_is_left_to_it(windows: Windows, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    with (tmp_path / ".file.0123.tmp").open("wb"):
        remove_file(path)

    assert [one.name for one in tmp_path.iterdir() if one.name.endswith("tmp")] == [".file.0123.tmp"]


@pytest.mark.parametrize("there", [True, False])
def test_answer_is_written_to_a_file(system: Windows, world: World, here: CommandLine, there: bool) -> None:
    world.add_profile(flow="client-credentials")
    cache_token(world.egain, "at-canary-0", flow=None)
    world.server.on("/things", api_answer(b'{"a": "body"}'))
    path = world.egain.home / "out.json"
    if there:
        path.write_bytes(b"former and longer than the body that comes")
    ran = here("call", "GET", "/things", "-o", str(path))

    assert ran == Ran(0, "", "")
    assert path.read_bytes() == b'{"a": "body"}'
    assert settled(system, world)


def test_token_is_acquired_cached_and_renewed(
    system: Windows, world: World, here: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = world.rotate()
    world.sign_in()
    runs = [here("token"), here("token"), here("token", "--force-refresh")]

    assert [(one.status, one.out, one.err) for one in runs] == [(0, "at-1\n", ""), (0, "at-1\n", ""), (0, "at-2\n", "")]
    assert (tokens.reused, settled(system, world)) == (0, True)


def test_token_that_cannot_be_kept_is_printed_with_a_warning(
    windows: Windows, world: World, here: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.give_tokens("at-fresh")
    monkeypatch.setenv("EGAIN_CLIENT_SECRET", "secret-canary-1")
    monkeypatch.setattr(disk, "_PATIENCE", 0.0)

    def taken(_: object, target: object) -> None:
        raise WindowsError(str(target))

    monkeypatch.setattr(os, "replace", taken)
    ran = here("token", "--client-credentials")

    assert (ran.status, ran.out) == (0, "at-fresh\n")
    assert "the token is not kept" in ran.err


def test_token_is_exported_to_a_file(system: Windows, world: World, here: CommandLine) -> None:
    world.add_profile(flow="client-credentials")
    cache_token(world.egain, "at-canary-0")
    path = world.egain.home / ".env"
    path.write_text("KEPT=1\n")
    runs = [here("export", "dotenv", "-o", str(path)) for _ in range(2)]

    assert [(one.status, one.out) for one in runs] == [(0, "")] * 2
    assert path.read_text().startswith("KEPT=1\n")
    assert "at-canary-0" in path.read_text()
    assert settled(system, world)


def test_line_ends_are_the_formats_own_in_a_file_that_is_appended_to(
    windows: Windows, world: World, here: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[int] = []
    real = os.open
    monkeypatch.setattr(os, "O_BINARY", 0x8000, raising=False)  # Windows' own number; elsewhere it means nothing

    def noted(path: str, flags: int, *rest: int) -> int:
        opened.append(flags)
        return real(path, flags & ~0x8000, *rest)

    world.add_profile(flow="client-credentials")
    cache_token(world.egain, "at-canary-0")
    path = world.egain.home / "github-env"
    path.write_bytes(b"")
    monkeypatch.setenv("GITHUB_ENV", str(path))
    monkeypatch.setattr(os, "open", noted)
    ran = here("export", "github-env")

    assert (ran.status, b"at-canary-0" in path.read_bytes()) == (0, True)
    assert any(flags & 0x8000 and flags & os.O_APPEND for flags in opened)


def test_profiles_are_changed_and_a_secret_kept(
    system: Windows, world: World, here: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.egain.home / "secret").write_text("made-up-secret\n")
    changed = here("profile", "set", "acme", "language", "de-DE")
    with (world.egain.home / "secret").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        kept = here("secret", "set")
    renamed = here("profile", "rename", "acme", "other")
    _, settings = settings_of(world.egain)

    assert [one.status for one in (changed, kept, renamed)] == [0, 0, 0]
    assert (settings.profile.value, settings.language.value) == ("other", "de-DE")
    assert here("secret", "delete").status == 0
    assert settled(system, world)


def test_person_signs_in_and_out(system: Windows, sandbox: SandboxServer, world: World, here: CommandLine) -> None:
    login = here("-p", "sandbox", "login", "--pkce")
    renewed = here("-p", "sandbox", "token", "--pkce", "--force-refresh")
    logout = here("-p", "sandbox", "logout")

    assert [(one.status, one.err if one.status else "") for one in (login, renewed, logout)] == [(0, "")] * 3
    assert settled(system, world)


def test_commands_file_with_its_token_is_kept_and_goes(
    system: Windows, world: World, here: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add_profile(flow="client-credentials")
    cache_token(world.egain, "at-canary-0")
    path, seen = world.egain.home / "token-file", world.egain.home / "seen"
    script = f"import shutil; shutil.copy({str(path)!r}, {str(seen)!r})"
    ran = here("exec", "--refresh-file", str(path), "--", sys.executable, "-c", script)

    assert (ran.status, seen.read_text(), path.exists()) == (0, "at-canary-0\n", False)
    assert settled(system, world)


def test_no_mode_is_promised(windows: Windows, world: World, here: CommandLine) -> None:
    importlib.reload(export)  # its help is made when it is loaded
    said = []
    for item in ("acme/tokens", "acme/login/pkce/user"):
        with pytest.raises(KeyringMissing) as caught:
            KeyringStore({"PYTHON_KEYRING_BACKEND": "nothing.Keyring"}).get(item)
        said.append(caught.value.hint or "")
    shown = [str(here(*argv)) for argv in (("status",), ("doctor", "--offline"), ("export", "--help"))]

    assert ["in files: `egain" in said[0], "in plain files: `egain" in said[1]] == [True, True]
    assert f"plain files in {world.egain.config_file.parent / 'secrets'}" in "".join(shown)
    assert [text for text in (*said, *shown) if "0600" in text] == []
