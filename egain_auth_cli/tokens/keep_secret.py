"""Keeping, removing and locating a profile's client secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from egain_auth_cli.errors import ConfigError, EgainError, ProfileMissing, SettingMissing
from egain_auth_cli.stores.secret_store import client_secret_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from egain_auth_cli.models.grants import SecretStoreKind
    from egain_auth_cli.models.secret import Secret
    from egain_auth_cli.settings.resolve import Settings
    from egain_auth_cli.stores.secret_store import BoundSecrets
    from egain_auth_cli.tokens.client_secrets import ClientSecrets


class SecretPlace(NamedTuple):
    """Where a client secret comes from.

    Attributes:
        source: In words; None where there is none.
        problem: Why one that may exist cannot be used; None otherwise.
    """

    source: str | None
    problem: EgainError | None


class SecretService:
    """The client secret of a profile.

    Args:
        secrets: Gives the secrets of a kind of store.
        client_secrets: Gives the finder of client secrets.
    """

    def __init__(
        self,
        *,
        secrets: Callable[[SecretStoreKind], BoundSecrets],
        client_secrets: Callable[[Settings], ClientSecrets],
    ) -> None:
        self._secrets = secrets
        self._client_secrets = client_secrets

    def set(self, settings: Settings, secret: Secret) -> str:
        """Store the secret for the profile's client, token endpoints and API; where it is now, in words.

        Raises:
            ConfigError: The secret is empty or not one line of printable ASCII, or there is no profile.
            StoreError: It could not be stored.
        """
        profile = _profile(settings)
        text = secret.reveal()
        if not text or not text.isascii() or not text.isprintable():
            why = "nothing was given" if not text else "it is not one line of printable ASCII"
            raise ConfigError(
                f"the client secret is not stored: {why}",
                hint="pipe it in: `egain secret set < FILE`, or type it at the prompt",
            )
        binding = settings.secret_binding()
        if not binding.token_origins:
            raise SettingMissing(
                f"profile `{profile}` has no token URL, so the secret would belong to nothing",
                hint=f"set one first: `egain profile set {profile} endpoints.client.token_url URL`",
            )
        kept = self._secrets(settings.secret_store.value)
        kept.set(client_secret_item(profile), secret, use=binding)
        return kept.store.describe()

    def delete(self, settings: Settings) -> bool:
        """Forget the stored secret; whether there was one.

        Raises:
            StoreError: The store failed.
        """
        return self._secrets(settings.secret_store.value).delete(client_secret_item(_profile(settings)))

    def locate(self, settings: Settings) -> SecretPlace:
        """Find where the secret would come from, without giving it away."""
        try:
            found = self._client_secrets(settings).find_if_any(settings)
        except EgainError as exc:
            return SecretPlace(None, exc)
        return SecretPlace(found.source if found else None, None)


def _profile(settings: Settings) -> str:
    if settings.profile.value is None:
        raise ProfileMissing(
            "there is no profile to keep a secret for",
            hint="name one by `-p`, or give the secret by `EGAIN_CLIENT_SECRET`",
        )
    return settings.profile.value
