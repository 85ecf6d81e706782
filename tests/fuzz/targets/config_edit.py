"""A change of ``config.toml``: it is made and nothing else is, or it is refused and the file is as it was."""

from __future__ import annotations

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.profiles.document import merge, new_table, profiles_of
from egain_auth_cli.stores.profile_store import ProfileStore
from fuzz.words import check_words

ADDED = {"client_id": "x", "endpoints": {"user": {"token_url": "https://a.test/t"}}}


def check(data: bytes) -> None:
    try:
        before = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(data)
        try:
            ProfileStore(path).edit(change)
        except ConfigError as exc:
            check_words(exc)
            assert path.read_bytes() == data
            return
        after = tomllib.loads(path.read_text("utf-8"))
    profiles = after.pop("profiles")

    assert {name: profiles["added"][name] for name in ADDED} == ADDED
    assert profiles | {"added": None} == before.pop("profiles", {}) | {"added": None}
    assert after == {"version": 1} | before


def change(document: dict[str, Any]) -> None:
    merge(profiles_of(document).setdefault("added", new_table()), ADDED)
