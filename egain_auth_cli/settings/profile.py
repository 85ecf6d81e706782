"""A profile: one client application of eGain with its endpoints, as a table of ``config.toml`` describes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from egain_auth_cli.models.grants import ENDPOINTS, Flow
from egain_auth_cli.settings.checkers import wrong
from egain_auth_cli.settings.keys import Place, keys_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, SecretStoreKind, TokenCacheKind


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
    """What a profile says of one flow; None where it says nothing."""

    scopes: tuple[str, ...] | None = None
    client_auth: ClientAuth | None = None
    registration_id: str | None = None


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


def parse_profile(name: str, table: Mapping[str, object]) -> Profile:
    """Check a ``[profiles.NAME]`` table and return it as a value. Unknown keys are left alone.

    Raises:
        ConfigError: A known key holds what it must not; the message names the dotted key.
    """
    root = f"profiles.{name}"
    endpoints = {
        key: Endpoint(**_checked(sub, f"{root}.endpoints.{key}", Place.ENDPOINT))
        for key, sub in _tables(table, "endpoints", root).items()
        if key in ENDPOINTS
    }
    flows = {
        Flow(key): FlowTable(**_checked(sub, f"{root}.flows.{key}", Place.FLOW))
        for key, sub in _tables(table, "flows", root).items()
        if key in set(Flow)
    }
    return Profile(name=name, endpoints=endpoints, flows=flows, **_checked(table, root, Place.PROFILE))


def _checked(table: Mapping[str, object], root: str, place: Place) -> dict[str, Any]:
    return {name: key.check(table[name], f"{root}.{name}") for name, key in keys_at(place).items() if name in table}


def _tables(table: Mapping[str, object], key: str, root: str) -> Mapping[str, Mapping[str, object]]:
    value = table.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(sub, dict) for sub in value.values()):
        raise wrong(f"{root}.{key}", "a table of tables")
    return value
