"""The profiles of ``config.toml``: each one client application of eGain with its endpoints, and the default one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from egain_auth_cli.errors import ConfigError, ProfileMissing
from egain_auth_cli.models.grants import Flow
from egain_auth_cli.sanitize import printable
from egain_auth_cli.settings.keys import check_profile_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, SecretStoreKind, TokenCacheKind

PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
VERSION = 1
"""Of the file's format; a newer one is refused, since an edit could harm what this release does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where one persona signs in and gets tokens.

    Attributes:
        authorization_url: None where nobody signs in.
        token_url: None where the table does not give it.
        revocation_url: RFC 7009, where the server has one.
        issuer: What an ``iss`` in the redirect must equal (RFC 9207), where known.
    """

    authorization_url: str | None = None
    token_url: str | None = None
    revocation_url: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowTable:
    """What a profile says of one flow; None where it says nothing.

    Attributes:
        scopes: What is asked for, without prefix.
        client_auth: How the client secret is sent.
        registration_id: The other provider's registration, for the token exchange.
        subject_token_command: What prints that provider's token.
    """

    scopes: tuple[str, ...] | None = None
    client_auth: ClientAuth | None = None
    registration_id: str | None = None
    subject_token_command: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One ``[profiles.NAME]`` table, checked; None where it says nothing: the settings apply the defaults.

    Attributes:
        name: Its name, or empty for a client that the environment alone describes.
        endpoints: By the name of their table.
        flows: What it says of each flow.
    """

    name: str
    deployment: Deployment | None = None
    client_id: str | None = None
    flow: Flow | None = None
    actor: Actor | None = None
    api_url: str | None = None
    metadata_url: str | None = None
    scope_prefix: str | None = None
    domain_hint: str | None = None
    language: str | None = None
    redirect_uris: tuple[str, ...] | None = None
    client_secret_command: tuple[str, ...] | None = None
    token_cache: TokenCacheKind | None = None
    secret_store: SecretStoreKind | None = None
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    flows: Mapping[Flow, FlowTable] = field(default_factory=dict)


def check_profile_name(name: str) -> str:
    """Return the name if a profile may have it.

    Raises:
        ConfigError: The name is empty, too long, or has a character beyond letters, digits and ``. _ -``.
    """
    if not PROFILE_NAME.fullmatch(name):
        raise ConfigError(
            f"`{printable(name, limit=80)}` cannot be a profile's name: that has letters, digits, `.`, `_` and `-`, "
            "64 at most, and begins with a letter or digit",
            hint="choose a name such as `acme-prod`",
        )
    return name


def parse_profile(name: str, table: Mapping[str, object]) -> Profile:
    """Check a ``[profiles.NAME]`` table and return it as a value. Unknown keys are left alone.

    Raises:
        ConfigError: A known key holds what it must not; the message names the dotted key.
    """
    values = check_profile_table(f"profiles.{name}", table)
    endpoints = {key: Endpoint(**inner) for key, inner in values.pop("endpoints").items()}
    flows = {Flow(key): FlowTable(**inner) for key, inner in values.pop("flows").items()}
    return Profile(name=name, endpoints=endpoints, flows=flows, **values)


class Config:
    """The document of ``config.toml``; a profile is checked when it is asked for, so a broken one harms no other.

    Args:
        document: The parsed TOML.
        path: The file, for messages.

    Attributes:
        default_profile: The profile used when none is named, or None.
        names: The profiles in the file's order.

    Raises:
        ConfigError: It is of a newer version, or of the wrong shape.
    """

    def __init__(self, document: Mapping[str, object], path: Path) -> None:
        self._path = path
        self._tables = self._table(document, "profiles")
        version = document.get("version", VERSION)
        # TOML's `true` is Python's True, which is an int.
        if not isinstance(version, int) or isinstance(version, bool) or version > VERSION:
            raise ConfigError(
                f"`{printable(str(path))}` has version `{printable(str(version), limit=40)}`, not {VERSION}",
                hint="update `egain`; the file was left as it is",
            )
        default = document.get("default_profile")
        if default is not None and not isinstance(default, str):
            raise ConfigError("`default_profile` must be a text", hint=f"edit `{printable(str(path))}`")
        self.default_profile: str | None = default or None
        self.names = tuple(self._tables)

    def profile(self, name: str) -> Profile:
        """Return a profile, checked.

        Raises:
            ProfileMissing: There is none of this name.
            ConfigError: It holds something invalid.
        """
        table = self._tables.get(name)
        if table is None:
            raise profile_missing(name, self.names)
        if not isinstance(table, dict):
            raise ConfigError(
                f"`profiles.{printable(name)}` must be a table", hint=f"edit `{printable(str(self._path))}`"
            )
        return parse_profile(check_profile_name(name), table)

    def notes(self, name: str) -> list[str]:
        """Return in words which keys of a profile are not known: they stay, and nothing reads them."""
        from egain_auth_cli.settings.key_paths import unknown_keys

        table = self._tables.get(name)
        return [
            f"unknown key `{printable(key, limit=80)}` of profile `{printable(name)}`"
            + (f"; did you mean `{meant}`?" if meant else "")
            for key, meant in (unknown_keys(table) if isinstance(table, dict) else ())
        ]

    def _table(self, document: Mapping[str, object], key: str) -> Mapping[str, object]:
        value = document.get(key, {})
        if not isinstance(value, dict):
            raise ConfigError(f"`{key}` must be a table", hint=f"edit `{printable(str(self._path))}`")
        return value


def profile_missing(name: str, names: tuple[str, ...]) -> ProfileMissing:
    """Return the error of a missing profile, which names those that there are."""
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    if close:
        hint = f"did you mean `{printable(close[0])}`? `egain profile list` shows all"
    elif names:
        hint = f"there are {', '.join(f'`{printable(known)}`' for known in names[:8])}; `egain profile add` makes one"
    else:
        hint = "make one with `egain profile add`, or try `egain sandbox`"
    return ProfileMissing(f"there is no profile `{printable(name, limit=80)}`", hint=hint)
