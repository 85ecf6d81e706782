"""What is stored for a profile, together: whoever reads, renews, moves or removes it works on the same objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from egain_auth_cli.stores.journal import Journal
    from egain_auth_cli.stores.lock import Locks
    from egain_auth_cli.stores.secret_store import BoundSecrets
    from egain_auth_cli.stores.token_cache import TokenCache
    from egain_auth_cli.tokens.client_secrets import ClientSecrets
    from egain_auth_cli.tokens.logins import Logins


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The stores of a profile, and what finds and keeps credentials in them.

    Attributes:
        cache: Access tokens.
        secrets: Client secrets and refresh tokens.
        locks: One lock a credential, across processes.
        journal: Records of renewals under way.
        client_secrets: Finds the client secret.
        logins: Keeps and renews logins.
    """

    cache: TokenCache
    secrets: BoundSecrets
    locks: Locks
    journal: Journal
    client_secrets: ClientSecrets
    logins: Logins
