"""What a stored credential belongs to: it is used for nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Client, token endpoint origins and API origin that a credential was stored for.

    A client secret is bound to the origins of all token endpoints of its profile, a login to one.

    Attributes:
        client_id: The client application.
        token_origins: Scheme, host and port of each token endpoint.
        api_origin: Likewise of the API; empty where none is known.
    """

    client_id: str
    token_origins: tuple[str, ...]
    api_origin: str

    def changed_from(self, stored: Binding) -> str | None:
        """Name what differs between a use and what was stored, or None if the credential may be used."""
        if self.client_id != stored.client_id:
            return "client ID"
        if not set(self.token_origins) <= set(stored.token_origins):
            return "token URL"
        if self.api_origin != stored.api_origin:
            return "API URL"
        return None

    def as_dict(self) -> dict[str, object]:
        """Return the binding as JSON-able values."""
        return {
            "client_id": self.client_id,
            "token_origins": list(self.token_origins),
            "api_origin": self.api_origin,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, object]) -> Binding:
        """Read what ``as_dict`` returned; where something is missing, the binding matches nothing."""
        origins = value.get("token_origins")
        return cls(
            client_id=str(value.get("client_id")),
            token_origins=tuple(map(str, origins)) if isinstance(origins, list) else (),
            api_origin=str(value.get("api_origin")),
        )
