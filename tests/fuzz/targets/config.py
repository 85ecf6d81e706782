"""``config.toml``: whatever stands there, an error that says so, or profiles whose URLs two parsers read alike."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from egain_auth_cli.errors import ConfigError
from egain_auth_cli.stores.config_file import read_document
from egain_auth_cli.stores.profile_store import ProfileStore, check_document
from fuzz.words import check_words

if TYPE_CHECKING:
    from egain_auth_cli.settings.profile import Config, Profile

LOOPBACK = ("127.0.0.1", "::1", "localhost")
ADDRESSES = ("authorization_url", "token_url", "revocation_url", "issuer")


def check(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.toml"
        path.write_bytes(data)
        check_file(path)


def check_file(path: Path) -> None:
    try:
        config = ProfileStore(path).load()
    except ConfigError as exc:
        check_words(exc)
        return
    sound = [profile for name in config.names if (profile := checked(config, name)) is not None]
    for profile in sound:
        check_profile(profile)
    if len(sound) == len(config.names) and config.default_profile in (None, *config.names):
        check_document(read_document(path), path)


def checked(config: Config, name: str) -> Profile | None:
    assert all(note.isprintable() for note in config.notes(name))
    try:
        return config.profile(name)
    except ConfigError as exc:
        check_words(exc)
        return None


def check_profile(profile: Profile) -> None:
    urls = [profile.api_url, profile.metadata_url, *(profile.redirect_uris or ())]
    urls += [getattr(endpoint, name) for endpoint in profile.endpoints.values() for name in ADDRESSES]
    for url in filter(None, urls):
        parts = urlsplit(url)
        assert parts.scheme == "https" or (parts.scheme, parts.hostname in LOOPBACK) == ("http", True)
        assert "@" not in parts.netloc
        assert parts.hostname
    assert not urlsplit(profile.api_url or "").query
    for flow in profile.flows.values():
        assert all(scope and scope.isascii() and not set(scope) & set(' "\\') for scope in flow.scopes or ())
