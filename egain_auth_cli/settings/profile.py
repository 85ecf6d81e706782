"""A profile: one client application of eGain with its endpoints, as ``config.toml`` describes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, Flow, SecretStoreKind, TokenCacheKind


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
    """One ``[profiles.NAME]`` table, checked; None where it says nothing.

    ``language``, ``actor``, ``token_cache`` and ``secret_store`` have their defaults applied by the settings.
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
