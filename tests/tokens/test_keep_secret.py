"""Keeping a client secret, and saying where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.bench import Bench
from fakes.secret_store import locked_store

from egain_auth_cli.errors import ConfigError, ProfileMissing, SettingMissing
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.models.secret import Secret
from egain_auth_cli.tokens.keep_secret import delete_secret, keep_secret, locate_secret

if TYPE_CHECKING:
    from pathlib import Path

    from egain_auth_cli.tokens.client_secrets import FoundSecret

WEB = {"flow": Flow.CLIENT_CREDENTIALS}


def found(bench: Bench, **options: Any) -> FoundSecret:
    return bench.client_secrets.find(bench.settings(**(WEB | options)))


def test_kept_secret_is_found_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)

    secret = Secret("made-up-secret")
    where = keep_secret(bench.credentials, bench.settings(), secret, seconds=1, recheck=lambda: None)

    assert where == "memory"
    assert found(bench).secret.reveal() == "made-up-secret"
    assert locate_secret(bench.credentials, bench.settings(**WEB)) == ("memory", None)


@pytest.mark.parametrize("value", ["", "a\nb", "é", "\x1b", "a\tb"])
def test_what_is_no_secret_is_not_kept(tmp_path: Path, value: str) -> None:
    bench = Bench(tmp_path)

    with pytest.raises(ConfigError):
        keep_secret(bench.credentials, bench.settings(), Secret(value), seconds=1, recheck=lambda: None)
    assert bench.store.items == {}


def test_secret_of_nothing_is_not_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path, text='default_profile = "x"\n[profiles.x]\nclient_id = "c"\n')

    with pytest.raises(SettingMissing, match="no token URL"):
        keep_secret(bench.credentials, bench.settings(), Secret("made-up-secret"), seconds=1, recheck=lambda: None)


def test_secret_without_a_profile_is_not_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path, text="")
    bench.environ |= {"EGAIN_CLIENT_ID": "c", "EGAIN_TOKEN_URL": "https://env.test/t"}

    with pytest.raises(ProfileMissing):
        keep_secret(bench.credentials, bench.settings(), Secret("made-up-secret"), seconds=1, recheck=lambda: None)
    with pytest.raises(ProfileMissing):
        delete_secret(bench.credentials, bench.settings(), seconds=1)


def test_secret_that_cannot_be_used_is_located_with_the_reason(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.store = locked_store()

    place = locate_secret(bench.credentials, bench.settings(**WEB))
    assert (place.source, place.problem.code if place.problem else None) == (None, "keyring-locked")
