"""What is stored for a profile: every command that reads, renews, moves or removes it works on the same objects."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from egain_auth_cli.models.grants import SecretStoreKind
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.settings.settings import Settings
    from egain_auth_cli.stores.lock import Locks
    from egain_auth_cli.stores.login_place import LoginPlace
    from egain_auth_cli.stores.secret_store import BoundSecrets, SecretStore
    from egain_auth_cli.stores.token_cache import CacheKey, TokenCache
    from egain_auth_cli.tokens.client_secrets import ClientSecrets
    from egain_auth_cli.tokens.logins import Logins


class Credentials:
    """The stores of a profile, and what finds and keeps credentials in them; a part is made when it is asked for.

    Args:
        environ: The environment, which may give a client secret.
        place: What lies beside its logins.
        locks: One lock a cached token of an application, across processes.
        cache: Access tokens.
        kind: The kind of its secret store.
        open_store: Returns the secret store of a kind, the same each time.
        say: Tells the person.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        place: LoginPlace,
        locks: Locks,
        cache: TokenCache,
        kind: SecretStoreKind,
        open_store: Callable[[SecretStoreKind], SecretStore],
        say: Callable[[str], None],
    ) -> None:
        self._environ = environ
        self._kind = kind
        self._open_store = open_store
        self._say = say
        self.place = place
        self.locks = locks
        self.cache = cache

    # The imports stand in the properties: a token from the cache needs neither secrets nor logins.
    @cached_property
    def secrets(self) -> BoundSecrets:
        """Client secrets and refresh tokens."""
        from egain_auth_cli.stores.secret_store import BoundSecrets

        return BoundSecrets(self._open_store(self._kind))

    @cached_property
    def client_secrets(self) -> ClientSecrets:
        """The finder of the client secret."""
        from egain_auth_cli.tokens.client_secrets import ClientSecrets

        return ClientSecrets(self._environ, self, say=self._say)

    @cached_property
    def logins(self) -> Logins:
        """The stored logins."""
        from egain_auth_cli.tokens.logins import Logins

        return Logins(self.secrets, self.client_secrets, self.place)

    def key_of(self, settings: Settings, subject_token: Secret | None = None) -> CacheKey:
        """Return what a token is found by now: a person's is found by the login that it belongs to.

        Raises:
            StoreError: The mark of the login cannot be read.
        """
        from egain_auth_cli.tokens.logins import Logins
        from egain_auth_cli.tokens.token_key import cache_key

        login = self.place.marks.read(Logins.item(settings)).id if settings.need_flow().signs_in else None
        return cache_key(settings, login=login, subject_token=subject_token)
