"""The small file that answers the next ``egain token``."""

from __future__ import annotations

import os
import stat
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from fakes.profiles import ACME
from fakes.tokens import make_token

from egain_auth_cli import _fastpath
from egain_auth_cli.flows import RECORDS
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.runtime import Runtime
from egain_auth_cli.settings.settings import FlowOptions
from egain_auth_cli.stores.atomic import read_private
from egain_auth_cli.stores.login_marks import LoginMark
from egain_auth_cli.stores.paths import Paths
from egain_auth_cli.stores.token_cache import FileTokenCache
from egain_auth_cli.terminal import Terminal
from egain_auth_cli.tokens.logins import Logins

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform not in _fastpath.SYSTEMS, reason="it has no fast path")


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
        self.header = self.runtime.fast_files.header(None, RECORDS[flow].option)
        self.settings = self.runtime.settings(FlowOptions(flow=flow))
        self.credentials = self.runtime.credentials(self.settings)
        self.mark: Path | None = None
        if RECORDS[flow].signs_in:
            item = Logins.item(self.settings)
            self.credentials.place.marks.write(item, LoginMark("made-up-login", "alice"))
            self.mark = self.credentials.place.marks.path_of(item)
        self.key = self.credentials.key_of(self.settings)
        self.token = make_token("made-up-token", lives=lives, obtained_at=time.time())
        self.cache = self.runtime.token_cache(self.settings.token_cache.value)
        self.cache.save(self.key, self.token)
        self.keep()

    def keep(self) -> None:
        """Write the file, as ``egain token`` does at its end."""
        assert isinstance(self.cache, FileTokenCache)
        if self.header is not None:
            path = self.cache.path_of(self.key)
            self.runtime.fast_files.write(self.header, lambda: path, self.token, mark=self.mark)

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


def test_file_is_private(kept: Kept) -> None:
    assert [stat.S_IMODE(one.stat().st_mode) for one in (kept.file, kept.file.parent)] == [0o600, 0o700]


def test_nothing_is_kept_where_the_two_would_name_other_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EGAIN_CACHE_DIR", "relative")
    monkeypatch.chdir(tmp_path)

    assert Runtime(os.environ, Terminal(os.environ)).fast_files.header(None, "--pkce") is None


@pytest.mark.parametrize("part", ["st_mtime_ns", "st_ctime_ns", "st_size", "st_ino", "st_dev"])
def test_stamp_tells_a_file_by_each_part_of_it(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    found = dict.fromkeys(["st_mtime_ns", "st_ctime_ns", "st_size", "st_ino", "st_dev"], 1)
    stamps = []
    for now in (found, found | {part: 2}):
        with monkeypatch.context() as patch:
            patch.setattr(os, "stat", lambda _, now=now: SimpleNamespace(**now))
            stamps.append(_fastpath.stamp("made-up"))

    assert stamps[0] != stamps[1]


@pytest.mark.parametrize(
    ("argv", "question"),
    [
        ("token", ("", "")),
        ("token --pkce", ("", "--pkce")),
        ("token --output raw", ("", "")),
        ("-p acme token --pkce --output raw", ("acme", "--pkce")),
        ("--profile acme token", ("acme", "")),
        *(
            (argv, None)
            for argv in ("", "-p", "-p acme", "-p a/b token", "status", "token pkce", "token --a/b", "token --pkce x")
        ),
        *((argv, None) for argv in ("token --output", "token --output json", "token --output raw --pkce")),
    ],
)
def test_question_is_read_as_the_full_program_reads_it_or_left_to_it(
    argv: str, question: tuple[str, str] | None
) -> None:
    assert _fastpath.parse(argv.split()) == question


@pytest.mark.parametrize(("error", "status"), [(None, 0), (BrokenPipeError(), 141), (OSError(), 1)])
def test_token_is_written_whole_or_told_by_the_status(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, error: OSError | None, status: int
) -> None:
    write = os.write
    written: list[bytes] = []

    def write_a_little(handle: int, data: bytes) -> int:
        if written and error is not None:
            raise error
        written.append(data)
        return write(handle, data[:5])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_a_little)
        found = _fastpath.answer(["token", "--pkce"])

    assert (found, kept.capfd.readouterr().out) == (status, "made-up-token\n" if error is None else "made-")


@pytest.mark.parametrize(
    ("at", "given"), [(-60, True), (-61, False), (3600 - 60, True), (3600 - 59, False), (3600 + 1, False)]
)
def test_token_is_given_from_its_receipt_to_its_last_minute(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, at: int, given: bool
) -> None:
    now = kept.token.obtained_at + at
    monkeypatch.setattr("egain_auth_cli._fastpath.time", SimpleNamespace(time=lambda: now))

    assert (kept.answer() is not None) == given


def test_profile_of_the_environment_is_answered_from_a_file_of_its_own(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EGAIN_PROFILE", "acme")
    kept.header = kept.runtime.fast_files.header(None, "--pkce")
    before = kept.answer()
    kept.keep()

    assert (before, kept.answer()) == (None, "made-up-token\n")


@pytest.mark.parametrize("variable", ["EGAIN_CONFIG_DIR", "EGAIN_CACHE_DIR"])
def test_folder_that_takes_more_thought_is_left_to_the_full_program(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "relative")

    assert kept.answer() is None


@pytest.mark.parametrize("more", [b"x", b"\n", b"\nx"])
def test_file_that_goes_on_after_its_end_is_not_answered_from(kept: Kept, more: bytes) -> None:
    before = kept.answer()
    with kept.file.open("ab") as file:
        file.write(more)

    assert (before, kept.answer()) == ("made-up-token\n", None)


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        (0o700, True),
        (0o755, True),
        (0o720, False),
        (0o702, False),
        ("another's", False),
        ("missing", False),
        ("file", False),
        ("relative", False),
    ],
)
def test_runtime_folder_that_others_can_change_is_not_taken_by_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int | str, taken: bool
) -> None:
    folder = tmp_path / "run"
    if kind == "file":
        folder.touch()
    elif kind != "missing":
        folder.mkdir()
        folder.chmod(kind if isinstance(kind, int) else 0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EGAIN_CACHE_DIR")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "run" if kind == "relative" else str(folder))
    if kind == "another's":
        monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1)

    named = _fastpath.cache_dir()

    assert named == str(Paths(os.environ).cache_dir)
    assert (named == f"{folder}/egain") == (taken and sys.platform == "linux")


@pytest.mark.parametrize(
    ("platform", "given", "home", "config", "cache"),
    [
        ("linux", "/x", "/h", "/x/egain", "/x/egain"),
        ("linux", "", "/h", "/h/.config/egain", "/h/.cache/egain"),
        ("linux", "x", "/h", None, None),
        ("linux", "", "h", None, None),
        ("linux", "", "", None, None),
        ("darwin", "", "/h", "/h/Library/Application Support/egain", "/h/Library/Caches/egain"),
        ("darwin", "/x", "/h", None, None),
        ("darwin", "", "", None, None),
    ],
)
def test_folder_of_each_system_is_named_or_left_to_the_full_program(
    monkeypatch: pytest.MonkeyPatch, platform: str, given: str, home: str, config: str | None, cache: str | None
) -> None:
    for name in ("EGAIN_CONFIG_DIR", "EGAIN_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, given)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere/at-all")
    monkeypatch.setenv("HOME", home)
    monkeypatch.setattr(sys, "platform", platform)

    assert _fastpath.config_file() == (config and f"{config}/config.toml")
    assert _fastpath.cache_dir() == cache


def test_file_that_cannot_be_written_is_of_no_consequence(kept: Kept) -> None:
    for path in (kept.file, kept.file.parent):
        path.unlink() if path.is_file() else path.rmdir()
    (kept.runtime.paths.cache_dir / "fast").write_text("in the way")
    assert kept.header is not None

    kept.keep()
    assert kept.answer() is None


def test_token_that_another_process_replaced_meanwhile_is_not_kept(kept: Kept) -> None:
    kept.cache.save(kept.key, make_token("made-up-others", obtained_at=time.time()))
    assert kept.header is not None

    kept.keep()

    assert kept.answer() is None


@pytest.mark.parametrize("moment", ["before it is read", "once it is read"])
def test_token_that_another_process_replaces_while_it_is_copied_is_not_given(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    assert isinstance(kept.cache, FileTokenCache)
    assert kept.header is not None
    kept.file.unlink()
    path = kept.cache.path_of(kept.key)

    def replace_at(now: str) -> None:
        if now == moment:
            kept.cache.save(kept.key, make_token("made-up-others", obtained_at=time.time()))

    def find_entry() -> Path:
        replace_at("before it is read")
        return path

    def read_then_replace(path: Path, limit: int) -> bytes | None:
        held = read_private(path, limit=limit)
        replace_at("once it is read")
        return held

    monkeypatch.setattr("egain_auth_cli.stores.fast_file.read_private", read_then_replace)
    kept.runtime.fast_files.write(kept.header, find_entry, kept.token, mark=kept.mark)

    assert kept.answer() is None


@pytest.mark.parametrize("now", [LoginMark("made-up-other", "bob"), None])
def test_token_of_a_login_that_is_another_now_is_not_given(kept: Kept, now: LoginMark | None) -> None:
    marks, item = kept.credentials.place.marks, Logins.item(kept.settings)
    before = kept.answer()
    marks.write(item, now) if now else marks.remove(item)

    assert (before, kept.answer()) == ("made-up-token\n", None)


def test_token_of_a_login_that_is_replaced_meanwhile_is_not_kept(kept: Kept) -> None:
    assert isinstance(kept.cache, FileTokenCache)
    assert kept.header is not None
    kept.file.unlink()
    path = kept.cache.path_of(kept.key)

    def replace_login() -> Path:
        kept.credentials.place.marks.write(Logins.item(kept.settings), LoginMark("made-up-other", "bob"))
        return path

    kept.runtime.fast_files.write(kept.header, replace_login, kept.token, mark=kept.mark)

    assert kept.answer() is None


def test_profile_that_is_named_is_answered_from_a_file_of_its_own(kept: Kept) -> None:
    kept.header = kept.runtime.fast_files.header("acme", "--pkce")
    kept.keep()

    assert kept.answer("-p", "acme", "token", "--pkce") == "made-up-token\n"


def test_token_of_a_flow_in_which_nobody_signs_in_is_kept_too(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = Kept(tmp_path, capfd, flow=Flow.CLIENT_CREDENTIALS)

    assert kept.answer("token", "--client-credentials") == "made-up-token\n"


def test_token_of_a_login_without_a_mark_is_kept_too(kept: Kept) -> None:
    kept.credentials.place.marks.remove(Logins.item(kept.settings))
    kept.keep()

    assert kept.answer() == "made-up-token\n"


def test_files_that_are_forgotten_answer_no_more(kept: Kept) -> None:
    before = kept.answer()
    kept.runtime.fast_files.clear()
    after = kept.answer()
    (kept.runtime.paths.cache_dir / "fast").rmdir()
    kept.runtime.fast_files.clear()

    assert (before, after) == ("made-up-token\n", None)


@pytest.mark.parametrize("value", ["\xe9", "a\nb"])
def test_unusual_environment_is_left_to_the_full_program(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("EGAIN_SCOPE", value)

    assert kept.runtime.fast_files.header(None, "--pkce") is None


@pytest.mark.parametrize("variable", ["EGAIN_CONFIG_DIR", "EGAIN_CACHE_DIR"])
def test_nothing_is_kept_where_one_folder_is_another_by_now(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(kept.folder / "other"))

    assert kept.runtime.fast_files.header(None, "--pkce") is None


def test_nothing_is_kept_on_a_system_without_a_fast_path(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fastpath, "SYSTEMS", ())

    assert kept.runtime.fast_files.header(None, "--pkce") is None


@pytest.mark.parametrize("kind", ["missing", "link"])
def test_token_whose_own_file_cannot_be_looked_at_is_not_kept(kept: Kept, kind: str) -> None:
    assert isinstance(kept.cache, FileTokenCache)
    kept.file.unlink()
    path = kept.cache.path_of(kept.key).rename(kept.folder / "moved")
    if kind == "link":
        kept.cache.path_of(kept.key).symlink_to(path)

    kept.keep()

    assert kept.answer() is None


def test_plain_question_has_a_file_too_and_an_odd_one_has_none(kept: Kept) -> None:
    assert [kept.runtime.fast_files.header(None, flow) is None for flow in ("", "pkce")] == [False, True]


def test_unusual_names_are_left_to_the_full_program(kept: Kept) -> None:
    assert [kept.runtime.fast_files.header(name, "--pkce") for name in ("../x", "é", "")] == [None] * 3


def test_refresh_token_and_client_secret_never_reach_the_file(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EGAIN_CLIENT_SECRET", "made-up-client-secret")
    header = kept.runtime.fast_files.header(None, "--pkce")

    assert header is not None
    assert "made-up-client-secret" not in repr(header)
    assert "EGAIN_CLIENT_SECRET" in header
