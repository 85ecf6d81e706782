"""What a person, or another program's settings, say of a client application."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from egain_auth_cli.sanitize import without_blanks

if TYPE_CHECKING:
    from egain_auth_cli.models.grants import Actor, ClientAuth, Deployment, Flow, SecretStoreKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFields:
    """What ``profile add`` is given, under the names of its options; None or empty where nothing.

    Attributes:
        domain: A commercial instance's host.
        gateway: The GUID in a commercial instance's URLs.
        token_url: Of the actor, or of the flow where that has another.
    """

    deployment: Deployment | None = None
    tenant: str | None = None
    domain: str | None = None
    gateway: str | None = None
    client_id: str | None = None
    flow: Flow | None = None
    actor: Actor | None = None
    scopes: tuple[str, ...] = ()
    scope_prefix: str | None = None
    client_auth: ClientAuth | None = None
    redirect_uris: tuple[str, ...] = ()
    domain_hint: str | None = None
    authorization_url: str | None = None
    token_url: str | None = None
    client_token_url: str | None = None
    anonymous_token_url: str | None = None
    revocation_url: str | None = None
    api_url: str | None = None
    secret_store: SecretStoreKind | None = None

    def without_blanks(self) -> ProfileFields:
        """Return a copy without the blanks that pasting leaves around a value."""
        trimmed: dict[str, Any] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            # An enumeration's member is a text too, and would come back as a bare one.
            if type(value) is str:
                trimmed[one.name] = without_blanks(value)
        uris = tuple(without_blanks(uri) for uri in self.redirect_uris)
        return replace(self, **trimmed, redirect_uris=uris)
