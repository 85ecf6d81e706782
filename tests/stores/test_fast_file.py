"""The small file that answers the next ``egain token``."""

from __future__ import annotations

import os
import stat
import sys
import time
from typing import TYPE_CHECKING

import pytest
from fakes.profiles import ACME
from fakes.tokens import make_token

from egain_auth_cli import _fastpath
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.terminal import Terminal
from egain_auth_cli.tokens.acquire import cache_key
from egain_auth_cli.tokens.request import TokenRequest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the fast path serves Linux alone")


class Kept:
    """A cached token of which the fast path knows."""

    def __init__(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str], *, lives: int = 3600, flow: Flow = Flow.PKCE
    ) -> None:
        self.capfd = capfd
        self.folder = tmp_path
        self.runtime = Runtime(os.environ, Terminal(os.environ))
        self.config = self.runtime.paths.config_file
        self.config.parent.mkdir(parents=True)
        self.config.write_text(ACME)
        self.header = self.runtime.fast_files.header(None, flow.option)
        self.settings = self.runtime.settings(FlowOptions(flow=flow))
        self.key = cache_key(self.settings)
        self.token = make_token("made-up-token", lives=lives, obtained_at=time.time())
        self.cache = self.runtime.token_cache(self.settings.token_cache.value)
        self.cache.save(self.key, self.token)
        self.runtime.keep_for_fast_path(self.header, TokenRequest(settings=self.settings), self.token)

    @property
    def file(self) -> Path:
        (path,) = (self.runtime.paths.cache_dir / "fast").iterdir()
        return path

    def answer(self, *argv: str) -> str | None:
        status = _fastpath.answer(list(argv) or ["token", "--pkce"])
        said = self.capfd.readouterr().out
        assert (status is None) == (said == "")
        return said or None


@pytest.fixture
def kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Kept:
    return Kept(tmp_path, capfd)


def test_kept_token_is_printed_exactly(kept: Kept) -> None:  # E01
    assert kept.answer() == "made-up-token\n"
    assert kept.answer("token", "--pkce", "--output", "raw") == "made-up-token\n"


@pytest.mark.parametrize(
    "argv",
    [["token"], ["token", "--auth-code"], ["-p", "acme", "token", "--pkce"], ["token", "--pkce", "-v"], ["status"], []],
)
def test_other_command_line_is_left_to_the_full_program(kept: Kept, argv: list[str]) -> None:
    assert kept.answer(*(argv or ["--help"])) is None


def test_file_is_private(kept: Kept) -> None:  # S08
    assert [stat.S_IMODE(one.stat().st_mode) for one in (kept.file, kept.file.parent)] == [0o600, 0o700]


@pytest.mark.parametrize(
    "variable", ["EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL", "EGAIN_API_URL", "EGAIN_SCOPE", "EGAIN_PROFILE", "EGAIN_NEW"]
)
def test_changed_environment_voids_the_file(kept: Kept, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:  # S13
    monkeypatch.setenv(variable, "acme")

    assert kept.answer() is None


@pytest.mark.parametrize("change", ["edited", "replaced", "removed", "touched"])
def test_changed_configuration_voids_the_file(kept: Kept, change: str) -> None:  # S13
    if change == "edited":
        kept.config.write_text(ACME.replace("acme-client", "evil-client"))
    elif change == "replaced":
        other = kept.config.with_name("other")
        other.write_text(ACME)
        other.replace(kept.config)
    elif change == "removed":
        kept.config.unlink()
    else:
        os.utime(kept.config, ns=(1, 1))

    assert kept.answer() is None


@pytest.mark.parametrize("change", ["renewed", "deleted", "cleared"])
def test_changed_cache_voids_the_file(kept: Kept, change: str) -> None:  # S12
    if change == "renewed":
        kept.cache.save(kept.key, make_token("made-up-new"))
    elif change == "deleted":
        kept.cache.delete(kept.key)
    else:
        kept.cache.clear("acme")
        assert list((kept.runtime.paths.cache_dir / "fast").iterdir()) == []

    assert kept.answer() is None


def test_token_that_ends_soon_is_left_to_the_full_program(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:  # T11
    assert Kept(tmp_path, capfd, lives=59).answer() is None


@pytest.mark.parametrize("kind", ["link", "hard link", "open", "fifo", "torn", "empty"])
def test_file_of_the_wrong_kind_is_left_alone(kept: Kept, kind: str) -> None:  # S08, S09
    path = kept.file
    if kind == "link":
        path.rename(kept.folder / "victim")
        path.symlink_to(kept.folder / "victim")
    elif kind == "hard link":
        (kept.folder / "second").hardlink_to(path)
    elif kind == "open":
        path.chmod(0o644)
    elif kind == "fifo":
        path.unlink()
        os.mkfifo(path, 0o600)
    else:
        path.write_bytes(path.read_bytes()[:-5] if kind == "torn" else b"")

    assert kept.answer() is None


@pytest.mark.parametrize("flow", [Flow.ON_BEHALF_OF, Flow.TOKEN_EXCHANGE])
def test_flow_that_names_a_person_is_never_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str], flow: Flow) -> None:
    kept = Kept(tmp_path, capfd, flow=flow)

    assert not (kept.runtime.paths.cache_dir / "fast").exists()


def test_nothing_is_kept_where_the_two_would_name_other_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EGAIN_CACHE_DIR", "relative")
    monkeypatch.chdir(tmp_path)

    assert Runtime(os.environ, Terminal(os.environ)).fast_files.header(None, "--pkce") is None


def test_file_that_cannot_be_written_is_of_no_consequence(kept: Kept) -> None:  # C08
    for path in (kept.file, kept.file.parent):
        path.unlink() if path.is_file() else path.rmdir()
    (kept.runtime.paths.cache_dir / "fast").write_text("in the way")
    assert kept.header is not None

    kept.runtime.keep_for_fast_path(kept.header, TokenRequest(settings=kept.settings), kept.token)
    assert kept.answer() is None


def test_unusual_names_are_left_to_the_full_program(kept: Kept) -> None:
    assert [kept.runtime.fast_files.header(name, "--pkce") for name in ("../x", "é", "")] == [None] * 3


def test_refresh_token_and_client_secret_never_reach_the_file(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:  # S11
    monkeypatch.setenv("EGAIN_CLIENT_SECRET", "made-up-client-secret")
    header = kept.runtime.fast_files.header(None, "--pkce")

    assert header is not None
    assert "made-up-client-secret" not in repr(header)
    assert "EGAIN_CLIENT_SECRET" in header
