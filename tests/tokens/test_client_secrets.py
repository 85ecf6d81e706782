"""Where the client secret comes from."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.profiles import ACME, altered
from fakes.secret_store import locked_store, missing_store
from fakes.systems import make_fifo

from egain_auth_cli.errors import ConfigError, EgainError, KeyringLocked, KeyringMissing, SettingMissing, StoreError
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.sanitize import redact
from egain_auth_cli.tokens import client_secrets as secret_source
from egain_auth_cli.tokens import secret_command

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.tokens.client_secrets import FoundSecret

WEB = {"flow": Flow.CLIENT_CREDENTIALS}


def command(tmp_path: Path, text: str) -> str:
    path = tmp_path / "vault"
    path.write_text(f"#!{sys.executable}\nimport os, sys\n{text}\n")
    path.chmod(stat.S_IRWXU)
    return f'["{path}", "read", "$(id)"]'


def found(bench: Bench, **options: Any) -> FoundSecret:
    return bench.client_secrets.find(bench.settings(**(WEB | options)))


def everywhere(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path, text=altered(client_secret_command=command(tmp_path, "print('made-up-of-command')")))
    bench.client_secret("made-up-of-store")
    (tmp_path / "file").write_text("made-up-of-file\n")
    bench.environ |= {"EGAIN_CLIENT_SECRET": "made-up-of-variable", "EGAIN_CLIENT_SECRET_FILE": str(tmp_path / "file")}
    return bench


def test_order_is_variable_file_command_store(tmp_path: Path) -> None:
    bench = everywhere(tmp_path)
    seen = [found(bench)]
    del bench.environ["EGAIN_CLIENT_SECRET"]
    seen.append(found(bench))
    del bench.environ["EGAIN_CLIENT_SECRET_FILE"]
    seen.append(found(bench))
    bench.text = ACME
    seen.append(found(bench))

    expected = [
        ("made-up-of-variable", "environment EGAIN_CLIENT_SECRET"),
        ("made-up-of-file", "environment EGAIN_CLIENT_SECRET_FILE"),
        ("made-up-of-command", "client_secret_command"),
        ("made-up-of-store", "memory"),
    ]
    assert expected == [(one.secret.reveal(), one.source) for one in seen]


def test_profile_named_by_option_is_asked_before_the_environment(tmp_path: Path) -> None:
    bench = everywhere(tmp_path)
    by_command = found(bench, profile="acme")
    bench.text = ACME
    by_store = found(bench, profile="acme")
    bench.store.items.clear()
    by_environment = found(bench, profile="acme")

    assert [one.secret.reveal() for one in (by_command, by_store, by_environment)] == [
        "made-up-of-command",
        "made-up-of-store",
        "made-up-of-variable",
    ]


@pytest.mark.parametrize("variable", ["EGAIN_CLIENT_ID", "EGAIN_TOKEN_URL"])
def test_secret_of_the_profiles_command_is_not_sent_to_a_target_of_the_environment(
    tmp_path: Path, variable: str
) -> None:
    bench = Bench(tmp_path, text=altered(client_secret_command=command(tmp_path, "print('made-up-of-command')")))
    bench.environ[variable] = "https://evil.test/x"

    with pytest.raises(ConfigError):
        found(bench)


def test_no_secret_anywhere_names_the_ways(tmp_path: Path) -> None:
    with pytest.raises(SettingMissing, match="no client secret for client ID `acme-client`") as caught:
        found(Bench(tmp_path))

    ways = ("egain -p acme secret set", "EGAIN_CLIENT_SECRET_FILE", "client_secret_command")
    assert [way for way in ways if way not in (caught.value.hint or "")] == []


@pytest.mark.parametrize(("store", "kind"), [(missing_store(), KeyringMissing), (locked_store(), KeyringLocked)])
def test_keyring_that_cannot_be_reached_is_the_answer_where_nothing_else_has_one(
    tmp_path: Path, store: Any, kind: type[EgainError]
) -> None:
    bench = Bench(tmp_path)
    bench.store = store

    with pytest.raises(kind):
        found(bench)


def test_missing_keyring_does_not_hide_the_environment_of_a_named_profile(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.store = missing_store()
    bench.environ["EGAIN_CLIENT_SECRET"] = "made-up-of-variable"

    assert found(bench, profile="acme").secret.reveal() == "made-up-of-variable"


def test_environments_client_has_nothing_stored(tmp_path: Path) -> None:
    bench = Bench(tmp_path, text="")
    bench.environ |= {"EGAIN_CLIENT_ID": "c", "EGAIN_TOKEN_URL": "https://env.test/t"}

    with pytest.raises(SettingMissing):
        found(bench)
    assert bench.store.calls == []


@pytest.mark.parametrize(
    "raw", [b"made-up-secret", b"made-up-secret\n", b"made-up-secret\r\n", b"\xef\xbb\xbfmade-up-secret\n"]
)
def test_file_holds_the_secret_and_perhaps_a_line_end(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "file").write_bytes(raw)
    bench = Bench(tmp_path)
    bench.environ["EGAIN_CLIENT_SECRET_FILE"] = str(tmp_path / "file")

    assert found(bench).secret.reveal() == "made-up-secret"


BAD = [b"", b"\n", b"two\nlines", b"made-up\xff", "é".encode(), b"tab\there", b"\x1b[2J", b"x" * 70000]


@pytest.mark.parametrize("raw", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("place", ["variable", "file", "command"])
def test_what_is_no_secret_is_refused_and_not_shown(tmp_path: Path, raw: bytes, place: str) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "file").write_bytes(raw)
    if place == "variable":
        if not raw:
            return  # an empty variable counts as unset
        bench.environ["EGAIN_CLIENT_SECRET"] = raw.decode("utf-8", "surrogateescape")
        if raw == BAD[-1]:
            return  # a long variable is still a secret
    elif place == "file":
        bench.environ["EGAIN_CLIENT_SECRET_FILE"] = str(tmp_path / "file")
    else:
        text = f"sys.stdout.buffer.write(open({str(tmp_path / 'file')!r}, 'rb').read())"
        bench.text = altered(client_secret_command=command(tmp_path, text))

    with pytest.raises(ConfigError, match="is no client secret") as caught:
        found(bench)
    assert "made-up" not in caught.value.message


@pytest.mark.parametrize("kind", ["missing", "folder", "NUL"])
def test_unreadable_file_is_a_configuration_error(tmp_path: Path, kind: str) -> None:
    bench = Bench(tmp_path)
    (tmp_path / "folder").mkdir()
    bench.environ["EGAIN_CLIENT_SECRET_FILE"] = {
        "missing": "/nowhere\x1b",
        "folder": str(tmp_path / "folder"),
        "NUL": "a\0b",
    }[kind]

    with pytest.raises(ConfigError, match="EGAIN_CLIENT_SECRET_FILE") as caught:
        found(bench)
    assert caught.value.message.isprintable()


def test_command_gets_its_words_without_a_shell_and_no_secret(tmp_path: Path) -> None:
    checks = "assert sys.argv[1:] == ['read', '$(id)']\nassert 'EGAIN_ACCESS_TOKEN' not in os.environ"
    text = f"{checks}\nprint('made-up-secret')"
    bench = Bench(tmp_path, text=altered(client_secret_command=command(tmp_path, text)))
    bench.environ |= {"EGAIN_ACCESS_TOKEN": "made-up-token", "PATH": os.environ["PATH"]}

    assert found(bench).secret.reveal() == "made-up-secret"


def test_command_that_fails_is_told_with_its_last_line_and_its_output_is_masked(tmp_path: Path) -> None:
    text = "print('made-up-secret'); print('first\\n\\x1b[2Jlast made-up-secret', file=sys.stderr); sys.exit(3)"
    bench = Bench(tmp_path, text=altered(client_secret_command=command(tmp_path, text)))

    with pytest.raises(StoreError, match="failed with status 3") as caught:
        found(bench)
    assert caught.value.message.isprintable()
    assert "made-up-secret" not in redact(caught.value.message)


def test_command_that_says_nothing_when_it_fails_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path, text=altered(client_secret_command=command(tmp_path, "sys.exit(1)")))

    with pytest.raises(StoreError, match=r"failed with status 1\n"):
        found(bench)


def test_command_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_command, "_SECONDS", 0.2)
    bench = Bench(
        tmp_path, text=altered(client_secret_command=command(tmp_path, "import threading; threading.Event().wait()"))
    )

    with pytest.raises(StoreError, match="did not end within"):
        found(bench)


@pytest.mark.parametrize("argv", ['["/nowhere/at/all"]', '["a\\u0000b"]'])
def test_command_that_cannot_be_started_is_told(tmp_path: Path, argv: str) -> None:
    with pytest.raises(ConfigError, match="cannot be started"):
        found(Bench(tmp_path, text=altered(client_secret_command=argv)))


def test_pipe_that_gives_the_secret_is_read(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"made-up-of-pipe\n")
    os.close(writing)
    bench = Bench(tmp_path)
    bench.environ["EGAIN_CLIENT_SECRET_FILE"] = f"/dev/fd/{reading}"

    assert found(bench).secret.reveal() == "made-up-of-pipe"
    os.close(reading)


def test_pipe_that_nobody_writes_to_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_source, "_FILE_SECONDS", 0.1)
    make_fifo(tmp_path / "pipe")
    bench = Bench(tmp_path)
    bench.environ["EGAIN_CLIENT_SECRET_FILE"] = str(tmp_path / "pipe")

    with pytest.raises(ConfigError, match="cannot be read: nothing came within 0 s"):
        found(bench)
