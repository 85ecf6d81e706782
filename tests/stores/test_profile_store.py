"""``config.toml``: read strictly, edited without losing a comment."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Any

import pytest
from fakes.systems import IS_ROOT, make_fifo

from egain_auth_cli.errors import ConfigError, ProfileMissing
from egain_auth_cli.profiles.document import new_table
from egain_auth_cli.stores.profile_store import ProfileStore

if TYPE_CHECKING:
    from pathlib import Path

KEPT = """# my own words
version = 1  # the schema
default_profile = "acme"
future = { x = 1 }

[profiles.acme]  # the test tenant
client_id = "acme-client"
unknown = "kept"

  [profiles.acme.endpoints.user]
  token_url = "https://login.acme.test/token"

# the end
"""


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(tmp_path / "config" / "config.toml")


def put(store: ProfileStore, content: str | bytes) -> None:
    store.path.parent.mkdir(exist_ok=True)
    store.path.write_bytes(content.encode() if isinstance(content, str) else content)


def set_flow(document: dict[str, Any]) -> None:
    document["profiles"]["acme"]["flow"] = "pkce"


def test_missing_file_is_an_empty_configuration(store: ProfileStore) -> None:
    config = store.load()

    assert (config.names, config.default_profile) == ((), None)


def test_comments_order_and_unknown_keys_survive_an_edit(store: ProfileStore) -> None:
    put(store, KEPT)

    store.edit(set_flow)

    expected = KEPT.replace('unknown = "kept"\n', 'unknown = "kept"\nflow = "pkce"\n')
    assert expected == store.path.read_text()


def test_edit_that_changes_nothing_keeps_every_byte(store: ProfileStore) -> None:
    put(store, KEPT)

    store.edit(lambda _: None)

    assert store.path.read_text() == KEPT


BROKEN = {
    "utf-16": "version = 1".encode("utf-16"),
    "bad utf-8": b'version = 1\n\nx = "\xff"\n',
    "doubled key": b"version = 1\nversion = 1\n",
    "doubled table": b"[a]\n[b]\n[a]\n",
    "NUL": b"version = 1\nx = \x00\n",
    "bare carriage return": b"version = 1\rx = 2",
    "no TOML": b"version = 1\n<html>\n",
    "unicode bare key": "version = 1\ncafé = 1\n".encode(),
    "half a file": b'version = 1\n[profiles.acme]\nclient_id = "x',
    "control character": b'version = 1\nx = "\x1b[2J"\n',
    "deep array": b"version = 1\nx = " + b"[" * 20000 + b"\n",
    "long integer": b"version = 1\nx = " + b"9" * 5000 + b"\n",
    "long line": b"version = 1\nx = " + b"a" * 100000 + b"\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_refused_naming_file_and_line_and_left_alone(store: ProfileStore, name: str) -> None:
    put(store, BROKEN[name])

    with pytest.raises(ConfigError) as caught:
        store.load()
    with pytest.raises(ConfigError):
        store.edit(lambda document: document.update(x=1))

    assert caught.value.exit_code == 3
    assert str(store.path) in caught.value.message
    assert re.search(r"line \d+|end of document", caught.value.message)
    assert caught.value.message.isprintable()
    assert store.path.read_bytes() == BROKEN[name]


@pytest.mark.parametrize(
    "content", [b"x" * (1024 * 1024 + 1), b"# " + b"x" * 100 * 1024 * 1024], ids=["1 MiB", "100 MiB"]
)
def test_file_over_the_limit_is_refused(store: ProfileStore, content: bytes) -> None:
    put(store, content)

    with pytest.raises(ConfigError, match=r"(?i)1 mib"):
        store.load()


@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_file_of_the_wrong_kind_is_refused(store: ProfileStore, kind: str) -> None:
    store.path.parent.mkdir()
    if kind == "folder":
        store.path.mkdir()
    else:
        make_fifo(store.path)

    with pytest.raises(ConfigError, match=r"not a regular file|is a directory"):
        store.load()


@pytest.mark.parametrize("empty", [b"", b"\n", b"\xef\xbb\xbf", b"# only words\n"])
def test_empty_file_has_no_profiles(store: ProfileStore, empty: bytes) -> None:
    put(store, empty)

    assert store.load().names == ()


@pytest.mark.parametrize("version", ["2", "99", '"1"', "true", "1.5", "[]"])
def test_newer_or_unknown_version_is_refused_and_not_rewritten(store: ProfileStore, version: str) -> None:
    put(store, f"version = {version}\n")

    with pytest.raises(ConfigError, match="version"):
        store.load()
    with pytest.raises(ConfigError, match="version"):
        store.edit(set_flow)

    assert store.path.read_text() == f"version = {version}\n"


@pytest.mark.parametrize("text", ["profiles = 5", "default_profile = 5", "profiles = []"])
def test_wrong_shape_is_refused(store: ProfileStore, text: str) -> None:
    put(store, text)

    with pytest.raises(ConfigError, match="must be a"):
        store.load()


def test_broken_profile_harms_no_other(store: ProfileStore) -> None:
    put(store, 'profiles.good.client_id = "x"\nprofiles.bad.client_id = 5\nprofiles.odd = 5\n')
    config = store.load()

    assert config.profile("good").client_id == "x"
    for name in ("bad", "odd"):
        with pytest.raises(ConfigError, match=f"profiles.{name}"):
            config.profile(name)


@pytest.mark.parametrize("name", ["../x", "a b", "é", ""])
def test_profile_with_an_impossible_name_is_refused(store: ProfileStore, name: str) -> None:
    put(store, f'[profiles."{name}"]\nclient_id = "x"\n')

    with pytest.raises(ConfigError, match="cannot be a profile's name"):
        store.load().profile(name)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "egain profile add"),
        ("profiles.acme.flow = 'pkce'", "did you mean `acme`"),
        ("profiles.other.flow = ''", "there are `other`"),
    ],
)
def test_missing_profile_says_which_there_are(store: ProfileStore, text: str, hint: str) -> None:
    put(store, text)

    with pytest.raises(ProfileMissing) as caught:
        store.load().profile("acm")

    assert hint in (caught.value.hint or "")


def test_first_edit_makes_folder_and_file_private(store: ProfileStore) -> None:
    former = os.umask(0)
    try:
        store.edit(lambda document: document.update(default_profile="acme"))
    finally:
        os.umask(former)

    modes = [stat.S_IMODE(one.stat().st_mode) for one in (store.path.parent, store.path)]
    assert modes == [0o700, 0o600]
    assert store.path.read_text().startswith("version = 1\n")


def test_edit_makes_an_open_file_private(store: ProfileStore) -> None:
    put(store, KEPT)
    store.path.chmod(0o664)
    store.path.parent.chmod(0o775)

    store.edit(set_flow)

    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) & 0o022 == 0


def test_dangling_link_is_written_through(store: ProfileStore, tmp_path: Path) -> None:
    store.path.parent.mkdir()
    store.path.symlink_to(tmp_path / "later.toml")

    store.edit(lambda document: document.update(default_profile="acme"))

    assert store.path.is_symlink()
    assert 'default_profile = "acme"' in (tmp_path / "later.toml").read_text()


def test_change_that_fails_leaves_the_file_alone(store: ProfileStore) -> None:
    put(store, KEPT)

    def fail(document: dict[str, Any]) -> None:
        document["default_profile"] = "other"
        raise ConfigError("no")

    with pytest.raises(ConfigError, match="no"):
        store.edit(fail)

    assert store.path.read_text() == KEPT


@pytest.mark.skipif(IS_ROOT, reason="root may read and write everything")
def test_file_that_cannot_be_read_is_a_configuration_error(store: ProfileStore) -> None:
    put(store, KEPT)
    store.path.chmod(0)

    with pytest.raises(ConfigError, match="permission denied"):
        store.load()


def test_full_disk_leaves_the_file_alone(store: ProfileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put(store, KEPT)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ConfigError, match="no space left") as caught:
        store.edit(set_flow)

    assert store.path.read_text() == KEPT
    assert "free some space" in (caught.value.hint or "")


def test_edit_that_would_change_other_values_is_refused(store: ProfileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    import tomlkit

    put(store, KEPT)
    monkeypatch.setattr(tomlkit, "dumps", lambda _: "version = 1\n")

    with pytest.raises(ConfigError, match="without harm"):
        store.edit(set_flow)

    assert store.path.read_text() == KEPT


def test_profile_that_does_not_fit_on_the_line_of_all_profiles_is_refused(store: ProfileStore) -> None:
    on_one_line = 'profiles = {acme = {client_id = "x"}}\n'
    put(store, on_one_line)

    def add_endpoints(document: dict[str, Any]) -> None:
        document["profiles"]["acme"]["endpoints"] = new_table()

    with pytest.raises(ConfigError, match="without harm"):
        store.edit(add_endpoints)

    assert store.path.read_text() == on_one_line


def test_edit_gives_up_in_its_own_words_where_another_process_holds_the_file(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path / "config" / "config.toml", seconds=lambda: 0.1)
    put(store, KEPT)

    def edit_within(document: dict[str, Any]) -> None:
        with pytest.raises(ConfigError, match="changing the profiles") as caught:
            store.edit(set_flow)
        assert "EGAIN_TIMEOUT" in (caught.value.hint or "")
        set_flow(document)

    store.edit(edit_within)


def test_edit_sweeps_what_a_killed_one_left(store: ProfileStore) -> None:
    put(store, KEPT)
    left = store.path.with_name(".config.toml.0123456789ab.tmp")
    left.write_text("half")

    store.edit(set_flow)

    assert not left.exists()
