from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.stores.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

posix_only = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="XDG folders")


def test_given_folders_win_and_every_file_has_its_place() -> None:
    paths = Paths({"EGAIN_CONFIG_DIR": "/c", "EGAIN_CACHE_DIR": "/k", "XDG_RUNTIME_DIR": "/tmp"})

    assert (str(paths.config_file), str(paths.secrets_dir())) == ("/c/config.toml", "/c/secrets")
    assert (str(paths.tokens_dir()), str(paths.locks_dir())) == ("/k/tokens", "/k/locks")


def test_relative_folder_is_taken_from_the_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert tmp_path / "conf" == Paths({"EGAIN_CONFIG_DIR": "x/../conf"}).config_dir


def test_link_in_a_given_folder_is_not_followed_away(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert tmp_path / "link" == Paths({"EGAIN_CACHE_DIR": str(tmp_path / "link")}).cache_dir


@pytest.mark.parametrize("name", ["EGAIN_CONFIG_DIR", "EGAIN_CACHE_DIR"])
def test_impossible_folder_is_refused(name: str) -> None:
    paths = Paths({name: "/a\0b"})

    with pytest.raises(ConfigError, match=name):
        _ = paths.config_dir if "CONFIG" in name else paths.cache_dir


@posix_only
def test_tokens_live_in_the_runtime_folder_where_there_is_one(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    assert tmp_path / "egain" == Paths({"XDG_RUNTIME_DIR": str(tmp_path)}).cache_dir


@posix_only
@pytest.mark.parametrize("mode", [0o770, 0o777, 0o702])
def test_runtime_folder_that_others_can_write_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir()
    runtime.chmod(mode)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert tmp_path / "cache" / "egain" == Paths({"XDG_RUNTIME_DIR": str(runtime)}).cache_dir


@posix_only
@pytest.mark.parametrize("folder", ["relative", "/nowhere/at/all", "/dev/null", "/a\0b"])
def test_unusable_runtime_folder_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert tmp_path / "cache" / "egain" == Paths({"XDG_RUNTIME_DIR": folder}).cache_dir


@posix_only
def test_runtime_folder_of_somebody_else_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(os, "geteuid", lambda: 54321)

    assert tmp_path / "cache" / "egain" == Paths({"XDG_RUNTIME_DIR": str(tmp_path)}).cache_dir


@posix_only
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_systems_where_the_runtime_folder_means_nothing_use_the_cache_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", platform)

    assert tmp_path / "cache" / "egain" == Paths({"XDG_RUNTIME_DIR": str(tmp_path)}).cache_dir


@posix_only
def test_configuration_is_in_the_users_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    assert tmp_path / "egain" / "config.toml" == Paths({}).config_file


@posix_only
@pytest.mark.parametrize("error", [RuntimeError("no home"), KeyError("uid"), OSError(2, "none")])
def test_user_without_a_home_gets_one_clear_line(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    import platformdirs

    def lookup(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr(platformdirs, "user_config_dir", lookup)

    with pytest.raises(ConfigError, match="no home folder") as caught:
        _ = Paths({}).config_file

    assert "EGAIN_CONFIG_DIR" in (caught.value.hint or "")


@posix_only
def test_home_that_is_not_absolute_is_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *_, **__: "~/.config/egain")

    with pytest.raises(ConfigError, match="no home folder"):
        _ = Paths({}).config_dir


def test_nothing_is_looked_up_before_it_is_asked_for() -> None:  # environment-only use
    assert Paths({"EGAIN_CONFIG_DIR": "/a\0b"}) is not None
